/* The loop of the actor: takes events from the mailbox, passes them to the session, and sleeps
 * until the next event or until the session has something to do. */
#include "registry/zookeeper/actor.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

#define STOP_MS 2000

/* --- the thread */

/* Handles a copy of the command, because handling it may free the object that contains it. */
static void actor_handle_command(zk_actor *self, const zk_event *event)
{
    zk_event command = *event;
    zk_session_handle(self->session, &command, clock_now_ns());
}

/* If STOP is among the events, *give_up_ns is set to the time at which the thread gives up closing
 * the session and ends. */
static void actor_handle_events(zk_actor *self, zk_event *events, int64_t *give_up_ns)
{
    while (events != NULL) {
        zk_event *event = events;
        events = event->next;
        if (event->kind == ZK_EVENT_STOP)
            *give_up_ns = deadline_in_ms(STOP_MS);
        if (event->kind >= ZK_EVENT_REGISTER) {
            actor_handle_command(self, event);
        } else {
            zk_session_handle(self->session, event, clock_now_ns());
            zk_event_free(event);
        }
    }
}

/* Copies the reason for other threads, which must not use the session. */
static void actor_publish_trouble(zk_actor *self)
{
    mutex_lock(&self->trouble_lock);
    snprintf(self->trouble, sizeof self->trouble, "%s", zk_session_trouble(self->session));
    mutex_unlock(&self->trouble_lock);
}

static void *actor_run(void *arg)
{
    zk_actor *self = arg;
    int64_t give_up_ns = DEADLINE_NEVER;
    zk_session_tick(self->session, clock_now_ns());
    while (!zk_session_is_finished(self->session) && !deadline_is_over(give_up_ns)) {
        bool missed;
        int64_t next_ns = deadline_min(zk_session_next_ns(self->session), give_up_ns);
        zk_event *events = zk_mailbox_take(self->mailbox, next_ns, &missed);
        if (missed)
            zk_session_missed(self->session, clock_now_ns());
        actor_handle_events(self, events, &give_up_ns);
        zk_session_tick(self->session, clock_now_ns());
        actor_publish_trouble(self);
    }
    actor_handle_events(self, zk_mailbox_close(self->mailbox), &give_up_ns);
    return NULL;
}

/* --- life */

dubboc_status zk_actor_open(zk_actor *self, const zk_actor_settings *settings,
    const zk_session_out *out, void *out_arg, dubboc_error *err)
{
    mutex_init(&self->trouble_lock, MUTEX_RANK_ZK_TROUBLE);
    self->mailbox = zk_mailbox_new();
    if (self->mailbox != NULL)
        self->port = zk_port_new(settings->servers, settings->session.timeout_ms,
            settings->username, settings->password, self->mailbox);
    if (self->port != NULL)
        self->session = zk_session_new(&settings->session, self->port, out, out_arg);
    return self->session != NULL ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status zk_actor_start(zk_actor *self, dubboc_error *err)
{
    return thread_start(&self->thread, actor_run, self, "zk-actor", err);
}

void zk_actor_stop(zk_actor *self)
{
    zk_actor_post(self, &self->stop, ZK_EVENT_STOP, NULL, NULL);
    pthread_join(self->thread, NULL);
}

void zk_actor_close(zk_actor *self)
{
    zk_session_free(self->session);
    if (self->port != NULL)
        self->port->ops->free(self->port);
    zk_mailbox_unref(self->mailbox);
    mutex_fini(&self->trouble_lock);
}

/* --- for callers */

dubboc_status zk_actor_post(
    zk_actor *self, zk_event *event, zk_event_kind kind, void *object, dubboc_error *err)
{
    event->kind = kind;
    event->object = object;
    if (!zk_mailbox_put(self->mailbox, event))
        return error_set(err, DUBBOC_E_CLOSED, "the registry is being freed");
    return DUBBOC_OK;
}

void zk_actor_trouble(zk_actor *self, char text[REGISTRY_TROUBLE_SIZE])
{
    mutex_lock(&self->trouble_lock);
    memcpy(text, self->trouble, REGISTRY_TROUBLE_SIZE);
    mutex_unlock(&self->trouble_lock);
}

static void actor_free_event(zk_event *event)
{
    free(event);
}

void zk_actor_seek_trouble(zk_actor *self, int64_t deadline_ns)
{
    zk_event *event = MEM_NEW(zk_event);
    if (event == NULL)
        return;
    event->kind = ZK_EVENT_AWAITED;
    event->release = actor_free_event;
    event->deadline_ns = deadline_ns;
    zk_mailbox_deliver(self->mailbox, event);
}

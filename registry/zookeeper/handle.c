/* The library's callbacks run on its own threads; they only convert what happens to events. */
#include "registry/zookeeper/handle.h"

#include <pthread.h>

#include "base/condition.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

struct zk_handle {
    /* The last event, which also carries the keeper's reference. A part of the handle, so that it
     * cannot be lost for lack of memory. */
    zk_event closed;
    atomic_uint refs; /* the port and the keeper hold one reference each */
    zk_mailbox *mailbox;
    char *servers;
    char *credentials; /* "user:password", NULL: none */
    int timeout_ms;
    uint64_t generation;
    _Atomic(zhandle_t *) zh; /* the library's handle; NULL: not opened yet */
    zk_calls calls;
    mutex lock;
    /* Under lock: */
    bool is_given_up;
    condition given_up; /* signalled when is_given_up becomes true */
    /* Authentication has been sent, so the news of the session may be posted now. */
    bool is_prepared;
    zk_event *held_up; /* news that arrived before is_prepared */
    clientid_t session;
};

static void handle_unref(zk_handle *self)
{
    if (self == NULL || atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    if (self->held_up != NULL)
        zk_event_free(self->held_up);
    zk_calls_fini(&self->calls);
    zk_mailbox_unref(self->mailbox);
    condition_fini(&self->given_up);
    mutex_fini(&self->lock);
    free(self->servers);
    free(self->credentials);
    free(self);
}

static void handle_release_closed(zk_event *event)
{
    handle_unref((zk_handle *)(void *)event);
}

static zk_handle *handle_new(const zk_handle_settings *settings, uint64_t generation)
{
    zk_handle *self = MEM_NEW(zk_handle);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    atomic_init(&self->zh, NULL);
    mutex_init(&self->lock, MUTEX_RANK_ZK_HANDLE);
    condition_init(&self->given_up);
    self->mailbox = zk_mailbox_ref(settings->mailbox);
    zk_calls_init(&self->calls, self->mailbox, generation);
    self->timeout_ms = settings->timeout_ms;
    self->generation = generation;
    self->closed = (zk_event){
        .kind = ZK_EVENT_CLOSED, .release = handle_release_closed, .generation = generation};
    self->servers = mem_dup(settings->servers);
    self->credentials = settings->credentials != NULL ? mem_dup(settings->credentials) : NULL;
    if (self->servers == NULL || (settings->credentials != NULL && self->credentials == NULL)) {
        handle_unref(self);
        return NULL;
    }
    return self;
}

/* --- events */

static void handle_event_free(zk_event *event)
{
    free(event->path);
    free(event);
}

/* Creates an event. NULL: no memory; zk_mailbox_miss() has then noted that an event was lost. */
static zk_event *handle_event_new(zk_handle *self, zk_event_kind kind)
{
    zk_event *event = MEM_NEW(zk_event);
    if (event == NULL) {
        zk_mailbox_miss(self->mailbox);
        return NULL;
    }
    event->kind = kind;
    event->release = handle_event_free;
    event->generation = self->generation;
    return event;
}

/* --- the library's log */

static const char *library_log_text(const char *message)
{
    const char *at =
        strchr(message, '@'); /* "<date>:<pid>(<thread>):ZOO_WARN@<function>@<line>: <text>" */
    const char *text = at != NULL ? strstr(at, ": ") : NULL;
    return text != NULL ? text + 2 : message;
}

/* The library's log is too verbose (the library tries a refused connection 60 times per session
 * time-out, docs/libraries.md Z9) and the log does not tell reasons, so its lines are only
 * throttled debug lines. away.c logs what a person needs to know. */
static void library_take_log_line(const char *message)
{
    LOG_THROTTLED(DUBBOC_LOG_DEBUG, "registry", "zookeeper client message", "text=\"%s\"",
        library_log_text(message));
}

/* --- session news */

static zk_session_news session_news_of_state(int state)
{
    if (state == ZOO_CONNECTED_STATE)
        return ZK_SESSION_UP;
    if (state == ZOO_READONLY_STATE)
        return ZK_SESSION_READ_ONLY;
    if (state == ZOO_EXPIRED_SESSION_STATE)
        return ZK_SESSION_EXPIRED;
    if (state == ZOO_AUTH_FAILED_STATE)
        return ZK_SESSION_AUTH_FAILED;
    return ZK_SESSION_DOWN;
}

/* The connection may be established before authentication has been sent. The news is held back
 * until then, so that no request is sent before the authentication. */
static void handle_post_session(zk_handle *self, zk_event *event)
{
    zk_event *replaced = NULL;
    mutex_lock(&self->lock);
    bool is_held = !self->is_prepared;
    if (is_held) {
        replaced = self->held_up;
        self->held_up = event;
    }
    mutex_unlock(&self->lock);
    if (replaced != NULL)
        zk_event_free(replaced);
    if (!is_held)
        zk_mailbox_deliver(self->mailbox, event);
}

static void handle_take_session_news(zk_handle *self, zhandle_t *zh, int state)
{
    zk_event *event = handle_event_new(self, ZK_EVENT_SESSION);
    if (event == NULL)
        return;
    event->session = session_news_of_state(state);
    const clientid_t *session = zoo_client_id(zh);
    event->session_id = session->client_id;
    event->timeout_ms = zoo_recv_timeout(zh);
    /* zookeeper_init2() may not have returned yet (docs/libraries.md Z1) */
    atomic_store(&self->zh, zh);
    mutex_lock(&self->lock);
    self->session = *session;
    mutex_unlock(&self->lock);
    handle_post_session(self, event);
}

static void handle_take_change(zk_handle *self, int type, const char *path)
{
    zk_event *event = handle_event_new(self, ZK_EVENT_CHANGE);
    if (event == NULL)
        return;
    /* a watch for a list may also be set on a directory that does not exist yet */
    event->of_children = type != ZOO_CHANGED_EVENT;
    event->of_data = type != ZOO_CHILD_EVENT;
    event->path = mem_dup(path != NULL ? path : "");
    if (event->path != NULL) {
        zk_mailbox_deliver(self->mailbox, event);
        return;
    }
    zk_event_free(event);
    zk_mailbox_miss(self->mailbox);
}

void zk_handle_watcher(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    zk_handle *self = context;
    if (type == ZOO_SESSION_EVENT)
        handle_take_session_news(self, zh, state);
    else
        handle_take_change(self, type, path);
}

/* --- the keeper */

static void *keeper_pass_gate(void *gate)
{
    mutex_lock(gate);
    mutex_unlock(gate);
    return NULL;
}

/* Whether two threads can be started. The library aborts the process if it cannot start its two
 * threads (docs/libraries.md Z6), so two threads are started here first. They wait at a gate, so
 * that both exist at the same time. */
static bool keeper_can_start_threads(void)
{
    mutex gate;
    pthread_t threads[2];
    int started = 0;
    mutex_init(&gate, MUTEX_RANK_ZK_HANDLE);
    mutex_lock(&gate);
    while (started < 2 &&
           thread_start(&threads[started], keeper_pass_gate, &gate, "zk-try", NULL) == DUBBOC_OK)
        started++;
    mutex_unlock(&gate);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    mutex_fini(&gate);
    return started == 2;
}

static void handle_auth_answered(int code, const void *data)
{
    (void)data;
    if (code == ZAUTHFAILED)
        LOG_THROTTLED(
            DUBBOC_LOG_ERROR, "registry", "zookeeper refused the credentials", "code=%d", code);
}

/* Names are only resolved to connect: resolving them on every iteration lets a slow name server end
 * the session (docs/libraries.md Z7). */
static zhandle_t *handle_open_session(zk_handle *self)
{
    if (!keeper_can_start_threads())
        return NULL;
    zoo_set_debug_level(ZOO_LOG_LEVEL_WARN);
    zhandle_t *zh = zookeeper_init2(self->servers, zk_handle_watcher, self->timeout_ms, NULL, self,
        ZOO_NO_LOG_CLIENTENV, library_take_log_line);
    if (zh == NULL)
        return NULL;
    atomic_store(&self->zh, zh);
    zoo_set_servers_resolution_delay(zh, -1);
    if (self->credentials != NULL)
        zoo_add_auth(zh, "digest", self->credentials, (int)strlen(self->credentials),
            handle_auth_answered, NULL);
    return zh;
}

static void handle_tell_outcome(zk_handle *self, const zhandle_t *zh)
{
    mutex_lock(&self->lock);
    self->is_prepared = true;
    zk_event *event = self->held_up;
    self->held_up = NULL;
    mutex_unlock(&self->lock);
    if (zh == NULL && event == NULL) {
        event = handle_event_new(self, ZK_EVENT_SESSION);
        if (event != NULL)
            event->session = ZK_SESSION_OPEN_FAILED;
    }
    if (event != NULL)
        zk_mailbox_deliver(self->mailbox, event);
}

static void handle_wait_until_given_up(zk_handle *self)
{
    mutex_lock(&self->lock);
    while (!self->is_given_up)
        condition_wait(&self->given_up, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}

/* The thread's signals are blocked; the library's threads inherit that. */
static void *handle_keep(void *arg)
{
    zk_handle *self = arg;
    zhandle_t *zh = handle_open_session(self);
    handle_tell_outcome(self, zh);
    handle_wait_until_given_up(self);
    if (zh != NULL)
        zookeeper_close(zh);
    zk_mailbox *mailbox = zk_mailbox_ref(self->mailbox); /* the event may free the handle */
    zk_mailbox_deliver(mailbox, &self->closed);
    zk_mailbox_unref(mailbox);
    return NULL;
}

static bool handle_start_keeper(zk_handle *self)
{
    pthread_t thread;
    atomic_fetch_add(&self->refs, 1);
    if (thread_start(&thread, handle_keep, self, "zk-keeper", NULL) == DUBBOC_OK) {
        pthread_detach(thread);
        return true;
    }
    atomic_fetch_sub(&self->refs, 1);
    return false;
}

/* --- calls from the port */

zk_handle *zk_handle_open(const zk_handle_settings *settings, uint64_t generation)
{
    zk_handle *made = handle_new(settings, generation);
    if (made != NULL && handle_start_keeper(made))
        return made;
    handle_unref(made);
    return NULL;
}

void zk_handle_give_up(zk_handle *self)
{
    if (self == NULL)
        return;
    mutex_lock(&self->lock);
    self->is_given_up = true;
    condition_wake_one(&self->given_up);
    mutex_unlock(&self->lock);
    handle_unref(self);
}

zhandle_t *zk_handle_library(const zk_handle *self)
{
    return atomic_load(&self->zh);
}

zk_calls *zk_handle_calls(zk_handle *self)
{
    return &self->calls;
}

void zk_handle_session(zk_handle *self, clientid_t *session)
{
    mutex_lock(&self->lock);
    *session = self->session;
    mutex_unlock(&self->lock);
}

/* A subscription is due if its list may have changed. Serving takes one due subscription after the
 * other: marks it as the one being called, unlocks, reads its list, compares the list with the one
 * that the listener got last, and calls the listener. Removing a subscription waits until it is not
 * marked. */
#include "registry/subscribers.h"

#include <assert.h>
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

struct subscriber {
    subscriber *next;
    char *interface;
    registry_category category;
    registry_listener listener;
    void *arg;
    void *tag;
    bool is_due;         /* the list may have changed */
    bool is_unread;      /* the list could not be read in this round of serving */
    bool is_forced;      /* call the listener even if nothing has changed */
    registry_list given; /* the list that the listener got last; used only by the serving thread */
};

dubboc_status subscribers_open(subscribers *self, dubboc_error *err)
{
    *self = (subscribers){.wake.fd = -1};
    atomic_init(&self->is_stopping, false);
    mutex_init(&self->lock, MUTEX_RANK_SUBSCRIBERS);
    condition_init(&self->call_ended);
    if (!wake_open(&self->wake))
        return error_set(err, DUBBOC_E_SYSTEM,
            "cannot create a descriptor for the registry's thread: %s", strerror(errno));
    return DUBBOC_OK;
}

static void subscriber_free(subscriber *one)
{
    registry_list_free(&one->given);
    free(one->interface);
    free(one);
}

void subscribers_close(subscribers *self)
{
    while (self->first != NULL) {
        subscriber *one = self->first;
        self->first = one->next;
        subscriber_free(one);
    }
    condition_fini(&self->call_ended);
    mutex_fini(&self->lock);
    wake_close(&self->wake);
}

/* --- the thread */

dubboc_status subscribers_start(
    subscribers *self, void *(*run)(void *arg), void *arg, const char *name, dubboc_error *err)
{
    return thread_start(&self->thread, run, arg, name, err);
}

bool subscribers_is_stopping(const subscribers *self)
{
    return atomic_load(&self->is_stopping);
}

void subscribers_stop(subscribers *self)
{
    atomic_store(&self->is_stopping, true);
    wake_signal(&self->wake);
    pthread_join(self->thread, NULL);
}

void subscribers_wake(subscribers *self)
{
    wake_signal(&self->wake);
}

/* --- subscriptions */

dubboc_status subscribers_add(subscribers *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, void *tag, registry_subscription **subscription,
    dubboc_error *err)
{
    subscriber *one = MEM_NEW(subscriber);
    if (one == NULL || (one->interface = mem_dup(interface)) == NULL) {
        free(one);
        return error_no_memory(err);
    }
    one->category = category;
    one->listener = listener;
    one->arg = arg;
    one->tag = tag;
    one->is_due = one->is_forced = true;
    mutex_lock(&self->lock);
    one->next = self->first;
    self->first = one;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
    *subscription = (registry_subscription *)one;
    return DUBBOC_OK;
}

void *subscribers_tag(const registry_subscription *subscription)
{
    return ((const subscriber *)subscription)->tag;
}

static void subscribers_unlink_locked(subscribers *self, const subscriber *one)
{
    for (subscriber **at = &self->first; *at != NULL; at = &(*at)->next)
        if (*at == one) {
            *at = one->next;
            return;
        }
    assert(false); /* belongs to another registry */
}

void subscribers_remove(subscribers *self, registry_subscription *subscription)
{
    subscriber *one = (subscriber *)subscription;
    mutex_lock(&self->lock);
    subscribers_unlink_locked(self, one);
    assert(self->calling != one || !pthread_equal(self->caller, pthread_self()));
    while (self->calling == one)
        condition_wait(&self->call_ended, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
    subscriber_free(one);
}

void subscribers_refresh(subscribers *self, registry_subscription *subscription)
{
    subscriber *one = (subscriber *)subscription;
    mutex_lock(&self->lock);
    one->is_due = one->is_forced = true;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
}

void subscribers_touch(subscribers *self, const void *tag)
{
    mutex_lock(&self->lock);
    for (subscriber *one = self->first; one != NULL; one = one->next)
        if (tag == NULL || one->tag == tag)
            one->is_due = true;
    mutex_unlock(&self->lock);
}

/* --- serving */

/* Marks the next due subscription as the one being called. NULL: none is due. */
static subscriber *subscribers_take_due_locked(subscribers *self, bool *is_forced)
{
    for (subscriber *one = self->first; one != NULL; one = one->next)
        if (one->is_due) {
            *is_forced = one->is_forced;
            one->is_due = one->is_forced = false;
            self->calling = one;
            self->caller = pthread_self();
            return one;
        }
    return NULL;
}

static void subscriber_tell(subscriber *one, registry_list *list_take, bool is_forced)
{
    if (!is_forced && registry_list_equal(list_take, &one->given)) {
        registry_list_free(list_take);
        return;
    }
    registry_list_free(&one->given);
    one->given = *list_take;
    *list_take = (registry_list){0};
    registry_snapshot snapshot = {.interface = one->interface,
        .category = one->category,
        .urls = (const char *const *)one->given.items,
        .count = one->given.count};
    one->listener(one->arg, &snapshot);
}

/* Removes the mark. A list that could not be read waits for the next round. */
static void subscribers_end_call_locked(
    subscribers *self, subscriber *one, bool is_read, bool is_forced)
{
    if (!is_read) {
        one->is_unread = true;
        one->is_forced = one->is_forced || is_forced;
    }
    self->calling = NULL;
    condition_wake_all(&self->call_ended);
}

/* Marks lists that could not be read as due again. Returns whether all could be read. */
static bool subscribers_recall_unread_locked(subscribers *self)
{
    bool all = true;
    for (subscriber *one = self->first; one != NULL; one = one->next)
        if (one->is_unread) {
            one->is_unread = false;
            one->is_due = true;
            all = false;
        }
    return all;
}

bool subscribers_serve(subscribers *self,
    bool (*read)(void *arg, const char *interface, registry_category category, registry_list *list),
    void *arg)
{
    subscriber *one;
    bool is_forced;
    mutex_lock(&self->lock);
    while ((one = subscribers_take_due_locked(self, &is_forced)) != NULL) {
        mutex_unlock(&self->lock);
        registry_list list = {0};
        bool is_read = read(arg, one->interface, one->category, &list);
        if (is_read)
            subscriber_tell(one, &list, is_forced);
        mutex_lock(&self->lock);
        subscribers_end_call_locked(self, one, is_read, is_forced);
    }
    bool all = subscribers_recall_unread_locked(self);
    mutex_unlock(&self->lock);
    return all;
}

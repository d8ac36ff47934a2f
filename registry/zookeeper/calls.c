/* Converts the library's codes and data to events. */
#include "registry/zookeeper/calls.h"

#include "base/log.h"
#include "base/mem.h"

struct zk_call {
    zk_event event;
    zk_calls *calls;
    zk_call *prev;
    zk_call *next;
    size_t count; /* number of operations of a multi */
    zoo_op_result_t results[];
};

void zk_calls_init(zk_calls *self, zk_mailbox *mailbox, uint64_t generation)
{
    *self = (zk_calls){.mailbox = mailbox, .generation = generation};
    mutex_init(&self->lock, MUTEX_RANK_ZK_CALLS);
}

void zk_calls_fini(zk_calls *self)
{
    while (self->first != NULL) {
        zk_call *first = self->first;
        self->first = first->next;
        free(first);
    }
    mutex_fini(&self->lock);
}

static void call_free(zk_event *event)
{
    free((zk_call *)(void *)event);
}

zk_call *zk_calls_add(zk_calls *self, uint64_t cookie, size_t count)
{
    zk_call *made = mem_zeroed(1, sizeof(zk_call) + count * sizeof(zoo_op_result_t));
    if (made == NULL)
        return NULL;
    made->count = count;
    made->event = (zk_event){.kind = ZK_EVENT_ANSWER,
        .release = call_free,
        .generation = self->generation,
        .cookie = cookie};
    made->calls = self;
    mutex_lock(&self->lock);
    made->next = self->first;
    if (made->next != NULL)
        made->next->prev = made;
    self->first = made;
    mutex_unlock(&self->lock);
    return made;
}

zoo_op_result_t *zk_call_results(zk_call *call)
{
    return call->results;
}

static void call_unlink(zk_call *self)
{
    zk_calls *calls = self->calls;
    mutex_lock(&calls->lock);
    if (self->prev != NULL)
        self->prev->next = self->next;
    else
        calls->first = self->next;
    if (self->next != NULL)
        self->next->prev = self->prev;
    mutex_unlock(&calls->lock);
}

bool zk_call_was_sent(zk_call *self, int code)
{
    if (code == ZOK)
        return true;
    LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "zookeeper client cannot send a request",
        "reason=\"%s\"", zerror(code));
    call_unlink(self);
    free(self);
    return false;
}

static zk_answer call_answer_of_code(int code)
{
    switch (code) {
    case ZOK:
        return ZK_OK;
    case ZNONODE:
        return ZK_NO_NODE;
    case ZNODEEXISTS:
        return ZK_EXISTS;
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZINVALIDSTATE:
    case ZSESSIONEXPIRED:
    case ZSESSIONMOVED:
    case ZCLOSING:
        return ZK_LOST;
    case ZMARSHALLINGERROR:
        return ZK_TOO_BIG;
    case ZNOAUTH:
    case ZAUTHFAILED:
    case ZINVALIDACL:
    case ZBADARGUMENTS:
    case ZNOCHILDRENFOREPHEMERALS:
    case ZNOTREADONLY:
        return ZK_REFUSED;
    default:
        return ZK_FAILED;
    }
}

/* --- completions */

static void call_answer(const void *data, int code)
{
    zk_call *self = (zk_call *)(uintptr_t)data;
    if (code != ZOK)
        self->event.answer = call_answer_of_code(code);
    self->event.code = code;
    call_unlink(self);
    zk_mailbox_deliver(self->calls->mailbox, &self->event);
}

void zk_call_created(int code, const char *value, const void *data)
{
    (void)value;
    call_answer(data, code);
}

void zk_call_looked(int code, const struct Stat *stat, const void *data)
{
    zk_call *self = (zk_call *)(uintptr_t)data;
    if (code == ZOK && stat != NULL)
        self->event.owner = stat->ephemeralOwner;
    call_answer(data, code);
}

void zk_call_removed(int code, const void *data)
{
    call_answer(data, code);
}

/* Finds the operation that failed: those before it have code 0, those after it
 * ZRUNTIMEINCONSISTENCY. */
static size_t call_find_failed_op(const zk_call *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->results[i].err != ZOK && self->results[i].err != ZRUNTIMEINCONSISTENCY)
            return i;
    return ZK_NO_OP;
}

void zk_call_multi_done(int code, const void *data)
{
    zk_call *self = (zk_call *)(uintptr_t)data;
    bool is_lost = code != ZOK && call_answer_of_code(code) == ZK_LOST;
    self->event.failed_at = code == ZOK || is_lost ? ZK_NO_OP : call_find_failed_op(self);
    if (self->event.failed_at != ZK_NO_OP)
        code = self->results[self->event.failed_at].err;
    call_answer(data, code);
}

static bool call_copy_names(zk_reading *reading, const struct String_vector *names)
{
    size_t capacity = 0;
    for (int i = 0; names != NULL && i < names->count; i++)
        if (!registry_list_add(&reading->list, &capacity, slice_of(names->data[i])))
            return false;
    return true;
}

void zk_call_listed(int code, const struct String_vector *names, const void *data)
{
    zk_call *self = (zk_call *)(uintptr_t)data;
    if (code == ZOK) {
        self->event.reading = zk_reading_new();
        if (self->event.reading == NULL || !call_copy_names(self->event.reading, names))
            self->event.answer = ZK_NO_MEMORY;
    }
    call_answer(data, code);
}

static bool call_copy_data(zk_reading *reading, const char *value, int len)
{
    /* -1 means no data, which is the same as empty data */
    reading->len = len > 0 ? (size_t)len : 0;
    reading->data = mem_dup_slice(slice_make(value, reading->len));
    return reading->data != NULL;
}

void zk_call_read(int code, const char *value, int len, const struct Stat *stat, const void *data)
{
    (void)stat;
    zk_call *self = (zk_call *)(uintptr_t)data;
    if (code == ZOK) {
        self->event.reading = zk_reading_new();
        if (self->event.reading == NULL || !call_copy_data(self->event.reading, value, len))
            self->event.answer = ZK_NO_MEMORY;
    }
    call_answer(data, code);
}

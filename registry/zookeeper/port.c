/* The port on ZooKeeper's multi-threaded C client; the only file that knows that library.
 *
 * Each handle has a thread of its own, its keeper: it opens the handle (which may wait for a name
 * server), then sleeps until the handle is given up, and closes it (which may take seconds:
 * traps.md Z5). So nobody else ever waits for the library, and closing cannot fail for want of a
 * thread. The handle belongs to the port and to its keeper together, and the library's callbacks
 * run only while the keeper holds it. What a request needs until its answer lives in a list of the
 * handle, because closing forgets answers (traps.md Z8). */
#include "registry/zookeeper/port.h"

#include <pthread.h>

#include "base/condition.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "registry/zookeeper/probe.h"

#define THREADED 1
#include <zookeeper/zookeeper.h>

/* One request under way; it becomes the event that carries its answer. */
typedef struct call {
    zk_event event;
    struct handle *handle;
    struct call *prev;
    struct call *next;
    size_t count; /* multi */
    zoo_op_result_t results[];
} call;

typedef struct handle {
    zk_event closed;  /* told at the end, with the keeper's reference: it cannot be lost for want of
                         memory */
    atomic_uint refs; /* the port's and the keeper's */
    zk_mailbox *mailbox;
    char *servers;
    char *credentials; /* "user:password", NULL: none */
    int timeout_ms;
    uint64_t generation;
    _Atomic(zhandle_t *) zh;
    mutex lock;
    condition changed;
    bool is_given_up;
    bool is_prepared;  /* authentication is under way: now the session may be told of */
    zk_event *held_up; /* the news that came before that */
    clientid_t session;
    call *calls;
} handle;

typedef struct real_port {
    zk_port base;
    zk_mailbox *mailbox;
    char *servers;
    char *credentials;
    int timeout_ms;
    mutex lock; /* of current, which tests look at from other threads */
    handle *current;
} real_port;

/* --- the handle */

static void handle_unref(handle *self)
{
    if (self == NULL || atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    if (self->held_up != NULL)
        zk_event_free(self->held_up);
    zk_mailbox_unref(self->mailbox);
    condition_fini(&self->changed);
    mutex_fini(&self->lock);
    free(self->servers);
    free(self->credentials);
    free(self);
}

static void release_closed(zk_event *event)
{
    handle_unref((handle *)(void *)event);
}

static handle *handle_new(const real_port *port, uint64_t generation)
{
    handle *self = MEM_NEW(handle);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    atomic_init(&self->zh, NULL);
    mutex_init(&self->lock, MUTEX_RANK_ZK_HANDLE);
    condition_init(&self->changed);
    self->mailbox = zk_mailbox_ref(port->mailbox);
    self->timeout_ms = port->timeout_ms;
    self->generation = generation;
    self->closed =
        (zk_event){.kind = ZK_EVENT_CLOSED, .release = release_closed, .generation = generation};
    self->servers = mem_dup(port->servers);
    self->credentials = port->credentials != NULL ? mem_dup(port->credentials) : NULL;
    if (self->servers == NULL || (port->credentials != NULL && self->credentials == NULL)) {
        handle_unref(self);
        return NULL;
    }
    return self;
}

static void free_event(zk_event *event)
{
    free(event->path);
    free(event);
}

/* NULL: no memory, which the mailbox was told. */
static zk_event *event_new(handle *self, zk_event_kind kind)
{
    zk_event *event = MEM_NEW(zk_event);
    if (event == NULL) {
        zk_mailbox_miss(self->mailbox);
        return NULL;
    }
    event->kind = kind;
    event->release = free_event;
    event->generation = self->generation;
    return event;
}

static void post(zk_mailbox *mailbox, zk_event *event)
{
    if (!zk_mailbox_put(mailbox, event))
        zk_event_free(event);
}

/* --- the library's log */

static const char *log_text(const char *message)
{
    const char *at =
        strchr(message, '@'); /* "<date>:<pid>(<thread>):ZOO_WARN@<function>@<line>: <text>" */
    const char *text = at != NULL ? strstr(at, ": ") : NULL;
    return text != NULL ? text + 2 : message;
}

/* Far too talkative (a refused connection is tried again 60 times a session time-out: traps.md Z9),
 * and in words that name no reason. away.c says what a person needs to know. */
static void take_log_line(const char *message)
{
    LOG_THROTTLED(
        DUBBOC_LOG_DEBUG, "registry", "zookeeper client", "text=\"%s\"", log_text(message));
}

/* --- session news */

static zk_session_news news_of_state(int state)
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

/* The connection may come about before authentication was asked for; its news waits for that, so
 * that no request overtakes it. */
static void post_session(handle *self, zk_event *event)
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
        post(self->mailbox, event);
}

static void take_session_news(handle *self, zhandle_t *zh, int state)
{
    zk_event *event = event_new(self, ZK_EVENT_SESSION);
    if (event == NULL)
        return;
    event->session = news_of_state(state);
    const clientid_t *session = zoo_client_id(zh);
    event->session_id = session->client_id;
    event->timeout_ms = zoo_recv_timeout(zh);
    atomic_store(&self->zh, zh); /* zookeeper_init2() may not have returned yet (traps.md Z1) */
    mutex_lock(&self->lock);
    self->session = *session;
    mutex_unlock(&self->lock);
    post_session(self, event);
}

static void take_change(handle *self, int type, const char *path)
{
    zk_event *event = event_new(self, ZK_EVENT_CHANGE);
    if (event == NULL)
        return;
    /* a directory's list is waited for before it exists */
    event->of_children = type != ZOO_CHANGED_EVENT;
    event->of_data = type != ZOO_CHILD_EVENT;
    event->path = mem_dup(path != NULL ? path : "");
    if (event->path != NULL) {
        post(self->mailbox, event);
        return;
    }
    zk_event_free(event);
    zk_mailbox_miss(self->mailbox);
}

/* The one watcher for everything: with the same function and context for each read, the library
 * keeps one watch a path. */
static void watcher(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    handle *self = context;
    if (type == ZOO_SESSION_EVENT)
        take_session_news(self, zh, state);
    else
        take_change(self, type, path);
}

/* --- the keeper */

static void *do_nothing(void *arg)
{
    pthread_mutex_t *gate = arg;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* The library aborts the process when it cannot have its two threads (traps.md Z6): have two
 * first. */
static bool can_start_threads(void)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[2];
    int started = 0;
    pthread_mutex_lock(&gate);
    while (started < 2 && pthread_create(&threads[started], NULL, do_nothing, &gate) == 0)
        started++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&gate);
    return started == 2;
}

static void ignore_auth_answer(int code, const void *data)
{
    (void)data;
    if (code == ZAUTHFAILED)
        LOG_THROTTLED(
            DUBBOC_LOG_ERROR, "registry", "zookeeper refused the credentials", "code=%d", code);
}

/* Names are looked up only to connect: doing it on every turn lets a slow name server end the
 * session (traps.md Z7). */
static zhandle_t *open_session(handle *self)
{
    if (!can_start_threads())
        return NULL;
    zoo_set_debug_level(ZOO_LOG_LEVEL_WARN);
    zhandle_t *zh = zookeeper_init2(
        self->servers, watcher, self->timeout_ms, NULL, self, ZOO_NO_LOG_CLIENTENV, take_log_line);
    if (zh == NULL)
        return NULL;
    atomic_store(&self->zh, zh);
    zoo_set_servers_resolution_delay(zh, -1);
    if (self->credentials != NULL)
        zoo_add_auth(zh, "digest", self->credentials, (int)strlen(self->credentials),
            ignore_auth_answer, NULL);
    return zh;
}

static void tell_outcome(handle *self, const zhandle_t *zh)
{
    mutex_lock(&self->lock);
    self->is_prepared = true;
    zk_event *event = self->held_up;
    self->held_up = NULL;
    mutex_unlock(&self->lock);
    if (zh == NULL && event == NULL) {
        event = event_new(self, ZK_EVENT_SESSION);
        if (event != NULL)
            event->session = ZK_SESSION_OPEN_FAILED;
    }
    if (event != NULL)
        post(self->mailbox, event);
}

static void wait_until_given_up(handle *self)
{
    mutex_lock(&self->lock);
    while (!self->is_given_up)
        condition_wait(&self->changed, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}

static void forget_calls(handle *self)
{
    while (self->calls != NULL) {
        call *first = self->calls;
        self->calls = first->next;
        free(first);
    }
}

/* Its signals are blocked, which the library's threads inherit. */
static void *keep(void *arg)
{
    handle *self = arg;
    zhandle_t *zh = open_session(self);
    tell_outcome(self, zh);
    wait_until_given_up(self);
    if (zh != NULL)
        zookeeper_close(zh);
    forget_calls(self);
    zk_mailbox *mailbox = zk_mailbox_ref(self->mailbox); /* the handle may go with the event */
    post(mailbox, &self->closed);
    zk_mailbox_unref(mailbox);
    return NULL;
}

static bool start_keeper(handle *self)
{
    pthread_t thread;
    atomic_fetch_add(&self->refs, 1);
    if (thread_start(&thread, keep, self, "zk-keeper", NULL) == DUBBOC_OK) {
        pthread_detach(thread);
        return true;
    }
    atomic_fetch_sub(&self->refs, 1);
    return false;
}

/* --- requests and answers */

static void free_call(zk_event *event)
{
    free((call *)(void *)event);
}

static zk_answer answer_of_code(int code)
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

/* count: of a multi, else 0. */
static call *call_new_multi(handle *self, uint64_t cookie, size_t count)
{
    size_t size = sizeof(call) + count * sizeof(zoo_op_result_t);
    call *made = self != NULL && atomic_load(&self->zh) != NULL ? mem_zeroed(1, size) : NULL;
    if (made == NULL)
        return NULL;
    made->count = count;
    made->event = (zk_event){.kind = ZK_EVENT_ANSWER,
        .release = free_call,
        .generation = self->generation,
        .cookie = cookie};
    made->handle = self;
    mutex_lock(&self->lock);
    made->next = self->calls;
    if (made->next != NULL)
        made->next->prev = made;
    self->calls = made;
    mutex_unlock(&self->lock);
    return made;
}

static call *call_new(handle *self, uint64_t cookie)
{
    return call_new_multi(self, cookie, 0);
}

static void unlink_call(call *self)
{
    handle *owner = self->handle;
    mutex_lock(&owner->lock);
    if (self->prev != NULL)
        self->prev->next = self->next;
    else
        owner->calls = self->next;
    if (self->next != NULL)
        self->next->prev = self->prev;
    mutex_unlock(&owner->lock);
}

/* The library took the request: its answer will come through a completion. Otherwise the call is
 * gone. */
static bool was_sent(call *self, int code)
{
    if (code == ZOK)
        return true;
    LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "zookeeper client does not send", "reason=\"%s\"",
        zerror(code));
    unlink_call(self);
    free(self);
    return false;
}

static void answer(const void *data, int code)
{
    call *self = (call *)(uintptr_t)data;
    if (code != ZOK)
        self->event.answer = answer_of_code(code);
    self->event.code = code;
    unlink_call(self);
    post(self->handle->mailbox, &self->event);
}

static void completed_create(int code, const char *value, const void *data)
{
    (void)value;
    answer(data, code);
}

static void completed_exists(int code, const struct Stat *stat, const void *data)
{
    call *self = (call *)(uintptr_t)data;
    if (code == ZOK && stat != NULL)
        self->event.owner = stat->ephemeralOwner;
    answer(data, code);
}

static void completed_remove(int code, const void *data)
{
    answer(data, code);
}

/* The operations before the one that failed have code 0, those behind it ZRUNTIMEINCONSISTENCY. */
static size_t find_failed_op(const call *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->results[i].err != ZOK && self->results[i].err != ZRUNTIMEINCONSISTENCY)
            return i;
    return ZK_NO_OP;
}

static void completed_multi(int code, const void *data)
{
    call *self = (call *)(uintptr_t)data;
    bool is_lost = code != ZOK && answer_of_code(code) == ZK_LOST;
    self->event.failed_at = code == ZOK || is_lost ? ZK_NO_OP : find_failed_op(self);
    if (self->event.failed_at != ZK_NO_OP)
        code = self->results[self->event.failed_at].err;
    answer(data, code);
}

static bool copy_names(zk_reading *reading, const struct String_vector *names)
{
    size_t count = names != NULL && names->count > 0 ? (size_t)names->count : 0;
    if (count == 0)
        return true;
    reading->items = MEM_NEW_ARRAY(count, char *);
    if (reading->items == NULL)
        return false;
    for (; reading->count < count; reading->count++) {
        reading->items[reading->count] = mem_dup(names->data[reading->count]);
        if (reading->items[reading->count] == NULL)
            return false;
    }
    return true;
}

static void completed_children(int code, const struct String_vector *names, const void *data)
{
    call *self = (call *)(uintptr_t)data;
    if (code == ZOK) {
        self->event.reading = zk_reading_new();
        if (self->event.reading == NULL || !copy_names(self->event.reading, names))
            self->event.answer = ZK_NO_MEMORY;
    }
    answer(data, code);
}

static bool copy_data(zk_reading *reading, const char *value, int len)
{
    reading->len = len > 0 ? (size_t)len : 0; /* -1: a node without data is one with empty data */
    reading->data = mem_dup_slice(slice_make(value, reading->len));
    return reading->data != NULL;
}

static void completed_data(
    int code, const char *value, int len, const struct Stat *stat, const void *data)
{
    (void)stat;
    call *self = (call *)(uintptr_t)data;
    if (code == ZOK) {
        self->event.reading = zk_reading_new();
        if (self->event.reading == NULL || !copy_data(self->event.reading, value, len))
            self->event.answer = ZK_NO_MEMORY;
    }
    answer(data, code);
}

/* --- the port's operations */

static bool port_open(zk_port *port, uint64_t generation)
{
    real_port *self = (real_port *)port;
    handle *made = handle_new(self, generation);
    if (made == NULL || !start_keeper(made)) {
        handle_unref(made);
        return false;
    }
    mutex_lock(&self->lock);
    self->current = made;
    mutex_unlock(&self->lock);
    return true;
}

static void port_close(zk_port *port)
{
    real_port *self = (real_port *)port;
    mutex_lock(&self->lock);
    handle *former = self->current;
    self->current = NULL;
    mutex_unlock(&self->lock);
    if (former == NULL)
        return;
    mutex_lock(&former->lock);
    former->is_given_up = true;
    condition_wake_one(&former->changed);
    mutex_unlock(&former->lock);
    handle_unref(former);
}

static bool port_create(zk_port *port, uint64_t cookie, const char *path, bool ephemeral)
{
    handle *current = ((real_port *)port)->current;
    call *made = call_new(current, cookie);
    return made != NULL &&
           was_sent(made, zoo_acreate(atomic_load(&current->zh), path, "", 0, &ZOO_OPEN_ACL_UNSAFE,
                              ephemeral ? ZOO_EPHEMERAL : ZOO_PERSISTENT, completed_create, made));
}

static bool port_remove(zk_port *port, uint64_t cookie, const char *path)
{
    handle *current = ((real_port *)port)->current;
    call *made = call_new(current, cookie);
    return made != NULL &&
           was_sent(made, zoo_adelete(atomic_load(&current->zh), path, -1, completed_remove, made));
}

static bool port_multi(zk_port *port, uint64_t cookie, const zk_op *ops, size_t count)
{
    handle *current = ((real_port *)port)->current;
    zoo_op_t *parts = MEM_NEW_ARRAY(count, zoo_op_t);
    call *made = parts != NULL ? call_new_multi(current, cookie, count) : NULL;
    for (size_t i = 0; made != NULL && i < count; i++)
        if (ops[i].is_create)
            zoo_create_op_init(
                &parts[i], ops[i].path, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, NULL, 0);
        else
            zoo_delete_op_init(&parts[i], ops[i].path, -1);
    bool is_sent = made != NULL && was_sent(made, zoo_amulti(atomic_load(&current->zh), (int)count,
                                                      parts, made->results, completed_multi, made));
    free(parts);
    return is_sent;
}

static bool port_exists(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    handle *current = ((real_port *)port)->current;
    call *made = call_new(current, cookie);
    return made != NULL &&
           was_sent(made, zoo_awexists(atomic_load(&current->zh), path, watch ? watcher : NULL,
                              current, completed_exists, made));
}

static bool port_children(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    handle *current = ((real_port *)port)->current;
    call *made = call_new(current, cookie);
    return made != NULL &&
           was_sent(made, zoo_awget_children(atomic_load(&current->zh), path,
                              watch ? watcher : NULL, current, completed_children, made));
}

static bool port_data(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    handle *current = ((real_port *)port)->current;
    call *made = call_new(current, cookie);
    return made != NULL &&
           was_sent(made, zoo_awget(atomic_load(&current->zh), path, watch ? watcher : NULL,
                              current, completed_data, made));
}

static bool port_probe(zk_port *port)
{
    const real_port *self = (const real_port *)port;
    return zk_probe_start(self->servers, self->mailbox);
}

static void port_free(zk_port *port)
{
    real_port *self = (real_port *)port;
    port_close(port);
    zk_mailbox_unref(self->mailbox);
    mutex_fini(&self->lock);
    free(self->servers);
    free(self->credentials);
    free(self);
}

static const zk_port_ops real_ops = {
    .open = port_open,
    .close = port_close,
    .create = port_create,
    .remove = port_remove,
    .multi = port_multi,
    .exists = port_exists,
    .children = port_children,
    .data = port_data,
    .probe = port_probe,
    .free = port_free,
};

zk_port *zk_port_new(const char *servers, int64_t timeout_ms, const char *username,
    const char *password, zk_mailbox *mailbox)
{
    real_port *self = MEM_NEW(real_port);
    if (self == NULL)
        return NULL;
    self->base.ops = &real_ops;
    mutex_init(&self->lock, MUTEX_RANK_ZK_PORT);
    self->mailbox = zk_mailbox_ref(mailbox);
    self->timeout_ms = (int)timeout_ms;
    self->servers = mem_dup(servers);
    self->credentials =
        username != NULL ? mem_printf("%s:%s", username, password != NULL ? password : "") : NULL;
    if (self->servers == NULL || (username != NULL && self->credentials == NULL)) {
        port_free(&self->base);
        return NULL;
    }
    return &self->base;
}

bool zk_port_session(zk_port *port, int64_t *id, char password[ZK_PASSWORD_BYTES])
{
    real_port *self = (real_port *)port;
    mutex_lock(&self->lock);
    handle *current = self->current;
    if (current != NULL) {
        mutex_lock(&current->lock);
        *id = current->session.client_id;
        memcpy(password, current->session.passwd, ZK_PASSWORD_BYTES);
        mutex_unlock(&current->lock);
    }
    mutex_unlock(&self->lock);
    return current != NULL && *id != 0;
}

const char *zk_code_text(int code)
{
    return zerror(code);
}

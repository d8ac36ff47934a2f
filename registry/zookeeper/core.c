/* The core's session part: the table of states, requests in flight, time.
 *
 * What tasks want is kept apart from whether a session is there: tasks wait in a heap by the time
 * at which they are due, and are started only while CONNECTED (or CLOSING). A session's end forgets
 * every request and makes every task due again; that is the whole recovery. */
#include "registry/zookeeper/core_impl.h"

#include "base/mem.h"
#include "base/random.h"

/* --- the table of states
 *
 * BACKOFF     no handle; one is opened when the timer runs out
 * CONNECTING  a handle without a session
 * CONNECTED   requests are sent
 * SUSPENDED   the connection is lost, the session may come back
 * CLOSING     what stands is being deleted
 * CLOSED      only handles that are still closing are waited for */

typedef enum input {
    IN_TIMER,       /* the state's time is over */
    IN_OPEN_FAILED, /* no handle */
    IN_UP,          /* connected, with a session that can be used */
    IN_UNFIT, /* connected, but read-only or with absurd terms: no ZooKeeper, or none to work with
                 (traps.md Z6) */
    IN_DOWN,
    IN_EXPIRED,
    IN_AUTH_FAILED,
    IN_MISSED,
    IN_STOP,
    IN_DRAINED, /* CLOSING: nothing stands any more */
    INPUTS
} input;

typedef void (*action)(zk_core *core);

typedef struct transition {
    action run; /* NULL: this input means nothing here */
    zk_state next;
} transition;

static void open_handle(zk_core *core);
static void rest(zk_core *core);
static void begin_session(zk_core *core);
static void resume(zk_core *core);
static void suspend(zk_core *core);
static void renew(zk_core *core);
static void drain(zk_core *core);
static void finish(zk_core *core);

static const transition table[STATES][INPUTS] = {
    [BACKOFF] =
        {
            [IN_TIMER] = {open_handle, CONNECTING},
            [IN_STOP] = {finish, CLOSED},
        },
    [CONNECTING] =
        {
            [IN_TIMER] = {renew, CONNECTING},
            [IN_OPEN_FAILED] = {rest, BACKOFF},
            [IN_UP] = {begin_session, CONNECTED},
            [IN_UNFIT] = {rest, BACKOFF},
            [IN_EXPIRED] = {rest, BACKOFF},
            [IN_AUTH_FAILED] = {rest, BACKOFF},
            [IN_MISSED] = {rest, BACKOFF},
            [IN_STOP] = {finish, CLOSED},
        },
    [CONNECTED] =
        {
            [IN_UP] = {resume, CONNECTED},
            [IN_UNFIT] = {rest, BACKOFF},
            [IN_DOWN] = {suspend, SUSPENDED},
            [IN_EXPIRED] = {renew, CONNECTING},
            [IN_AUTH_FAILED] = {rest, BACKOFF},
            [IN_MISSED] = {rest, BACKOFF},
            [IN_STOP] = {drain, CLOSING},
        },
    [SUSPENDED] =
        {
            /* the watchdog: some losses never end and are never told (traps.md Z3) */
            [IN_TIMER] = {renew, CONNECTING},
            [IN_UP] = {resume, CONNECTED},
            [IN_UNFIT] = {rest, BACKOFF},
            [IN_EXPIRED] = {renew, CONNECTING},
            [IN_AUTH_FAILED] = {rest, BACKOFF},
            [IN_MISSED] = {rest, BACKOFF},
            [IN_STOP] = {finish, CLOSED},
        },
    [CLOSING] =
        {
            [IN_TIMER] = {finish, CLOSED},
            [IN_UNFIT] = {finish, CLOSED},
            [IN_DOWN] = {finish, CLOSED},
            [IN_EXPIRED] = {finish, CLOSED},
            [IN_AUTH_FAILED] = {finish, CLOSED},
            [IN_MISSED] = {finish, CLOSED},
            [IN_DRAINED] = {finish, CLOSED},
        },
};

static const char *const state_names[] = {
    "BACKOFF", "CONNECTING", "CONNECTED", "SUSPENDED", "CLOSING", "CLOSED"};

static const char *const troubles[INPUTS] = {
    [IN_TIMER] = "not connected: no answer for twice the session time-out",
    [IN_OPEN_FAILED] = "not connected: the address cannot be resolved, or no thread can be started",
    [IN_UNFIT] = "not connected: what answers there is no ZooKeeper that can be written to",
    [IN_DOWN] = "not connected: the connection was lost",
    [IN_EXPIRED] = "not connected: the session has expired",
    [IN_AUTH_FAILED] = "not connected: the credentials were refused",
    [IN_MISSED] = "not connected: no memory",
};

/* The watchdog and the library have nothing new to say while the same outage goes on. */
static bool is_probe_better(const zk_core *core, input in)
{
    bool is_vague = in == IN_TIMER || in == IN_OPEN_FAILED || in == IN_DOWN;
    return is_vague && core->away.since_ns != 0 && core->trouble == core->away.reason;
}

/* Remembers why it is not connected. */
static void note_trouble(zk_core *core, zk_state former, input in)
{
    if (former != BACKOFF && troubles[in] != NULL && !is_probe_better(core, in)) {
        core->trouble = troubles[in];
        core->is_trouble_clear = in == IN_UNFIT || in == IN_AUTH_FAILED || in == IN_MISSED;
    }
    if (core->state == CONNECTED && former != CONNECTED)
        LOG(DUBBOC_LOG_INFO, "registry", "zookeeper connected", "session=0x%llx timeout_ms=%lld",
            (unsigned long long)core->news_session_id, (long long)core->news_timeout_ms);
    else if (core->state == BACKOFF || core->state == SUSPENDED ||
             (core->state == CONNECTING && former != BACKOFF))
        LOG(DUBBOC_LOG_DEBUG, "registry", "zookeeper not connected",
            "reason=\"%s\" state=%s from=%s", core->trouble, state_names[core->state],
            state_names[former]);
}

static void note_away(zk_core *core)
{
    bool is_ending = core->state == CLOSING || core->state == CLOSED;
    if (is_ending)
        core->away.is_told = false; /* nobody asks any more whether it is back */
    if (is_ending || core->state == CONNECTED)
        zk_away_end(core);
    else
        zk_away_begin(core);
}

/* The state changes first; the action may then put in another input itself. */
static void put_in(zk_core *core, input in)
{
    const transition *row = &table[core->state][in];
    if (row->run == NULL)
        return;
    zk_state former = core->state;
    core->state = row->next;
    core->timer_ns = DEADLINE_NEVER;
    note_trouble(core, former, in);
    note_away(core);
    row->run(core);
}

/* --- time */

/* xorshift64: only spreads clients that lost the same server. */
static uint64_t core_random_below(zk_core *core, uint64_t limit)
{
    return random_step(&core->random) % limit;
}

/* min, 2 min, 4 min ... max, less up to a half. */
static int64_t pause_ns(zk_core *core, unsigned failures, int64_t min_ms, int64_t max_ms)
{
    int64_t pause_ms = failures < 16 ? min_ms << failures : max_ms;
    if (pause_ms > max_ms)
        pause_ms = max_ms;
    return (pause_ms - (int64_t)core_random_below(core, (uint64_t)pause_ms / 2 + 1)) * NS_PER_MS;
}

void zk_core_now(zk_core *core, zk_task *task)
{
    zk_heap_set(&core->heap, task, core->now_ns);
}

void zk_core_retry(zk_core *core, zk_task *task, int64_t min_ms, int64_t max_ms)
{
    zk_heap_set(&core->heap, task, core->now_ns + pause_ns(core, task->failures, min_ms, max_ms));
    task->failures++;
}

static void arm_timer(zk_core *core, int64_t ms)
{
    core->timer_ns = core->now_ns + ms * NS_PER_MS;
}

/* --- requests in flight: a cookie is a slot and how often that slot was used, so an answer that
 * comes too late finds another serial */

static uint64_t take_slot(zk_core *core, zk_task *task)
{
    while (core->slots[core->slot_hint].is_busy)
        core->slot_hint = (core->slot_hint + 1) % SLOTS;
    slot *taken = &core->slots[core->slot_hint];
    taken->is_busy = true;
    taken->task = task;
    taken->serial++;
    task->slot = core->slot_hint;
    core->slots_busy++;
    return (uint64_t)taken->serial * SLOTS + core->slot_hint;
}

static zk_task *free_slot(zk_core *core, slot *busy)
{
    zk_task *task = busy->task;
    busy->task = NULL;
    busy->is_busy = false;
    core->slots_busy--;
    if (task != NULL)
        task->slot = ZK_NO_SLOT;
    return task;
}

static bool keep_if_sent(zk_core *core, zk_task *task, bool sent)
{
    if (!sent)
        free_slot(core, &core->slots[task->slot]);
    return sent;
}

bool zk_core_send_create(zk_core *core, zk_task *task, const char *path, bool ephemeral)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->create(core->port, cookie, path, ephemeral));
}

bool zk_core_send_remove(zk_core *core, zk_task *task, const char *path)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->remove(core->port, cookie, path));
}

bool zk_core_send_multi(zk_core *core, zk_task *task, const zk_op *ops, size_t count)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->multi(core->port, cookie, ops, count));
}

bool zk_core_send_exists(zk_core *core, zk_task *task, const char *path, bool watch)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->exists(core->port, cookie, path, watch));
}

bool zk_core_send_children(zk_core *core, zk_task *task, const char *path, bool watch)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->children(core->port, cookie, path, watch));
}

bool zk_core_send_data(zk_core *core, zk_task *task, const char *path, bool watch)
{
    uint64_t cookie = take_slot(core, task);
    return keep_if_sent(core, task, core->port->ops->data(core->port, cookie, path, watch));
}

void zk_core_forget(zk_core *core, zk_task *task)
{
    zk_heap_set(&core->heap, task, DEADLINE_NEVER);
    if (task_is_busy(task))
        core->slots[task->slot].task = NULL;
    task->slot = ZK_NO_SLOT;
}

size_t zk_path_next_level(const char *path, size_t len, size_t made_len)
{
    const char *end =
        made_len + 1 < len ? memchr(path + made_len + 1, '/', len - made_len - 1) : NULL;
    return end != NULL ? (size_t)(end - path) : len;
}

bool zk_core_send_level(zk_core *core, zk_task *task, const char *path, size_t len)
{
    char *level = mem_dup_slice(slice_make(path, len));
    bool sent = level != NULL && zk_core_send_create(core, task, level, false);
    free(level);
    return sent;
}

static void take_answer(zk_core *core, zk_event *event)
{
    slot *busy = &core->slots[event->cookie % SLOTS];
    if (!busy->is_busy || busy->serial != event->cookie / SLOTS)
        return;
    zk_task *task = free_slot(core, busy);
    if (task != NULL)
        task->ops->answered(core, task, event);
}

/* --- actions */

static void forget_requests(zk_core *core)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (core->slots[i].is_busy)
            free_slot(core, &core->slots[i]);
}

static void drop_handle(zk_core *core)
{
    if (core->generation != 0)
        core->port->ops->close(core->port);
    core->generation = 0;
    core->session_id = 0;
    forget_requests(core);
    zk_nodes_lose_session(core);
    core->out->connected(core->out_arg, false);
}

static void open_handle(zk_core *core)
{
    arm_timer(core, 2 * core->session_timeout_ms);
    if (core->open_handles >= HANDLES_MAX ||
        !core->port->ops->open(core->port, core->generations + 1)) {
        put_in(core, IN_OPEN_FAILED);
        return;
    }
    core->generation = ++core->generations;
    core->open_handles++;
}

static void rest(zk_core *core)
{
    drop_handle(core);
    core->timer_ns = core->now_ns + pause_ns(core, core->failures, RETRY_MIN_MS, RETRY_MAX_MS);
    core->failures++;
}

static void renew(zk_core *core)
{
    drop_handle(core);
    open_handle(core);
}

static void begin_session(zk_core *core)
{
    core->failures = 0;
    core->session_id = core->news_session_id;
    core->session_timeout_ms = core->news_timeout_ms;
    core->check_ns = core->settings.self_check_ms > 0
                         ? core->now_ns + core->settings.self_check_ms * NS_PER_MS
                         : DEADLINE_NEVER;
    core->out->connected(core->out_arg, true);
    zk_watches_read_all(core);
    zk_lookups_resend(core);
}

static void resume(zk_core *core)
{
    if (core->news_session_id != core->session_id)
        zk_nodes_lose_session(core);
    begin_session(core);
    zk_nodes_look(core);
}

static void suspend(zk_core *core)
{
    arm_timer(core, 2 * core->session_timeout_ms);
    core->out->connected(core->out_arg, false);
}

static void drain(zk_core *core)
{
    arm_timer(core, CLOSING_MS);
    zk_lookups_fail(core, "the registry is being closed");
    zk_nodes_unwant(core);
}

static void finish(zk_core *core)
{
    zk_lookups_fail(core, "the registry is being closed");
    drop_handle(core);
}

/* --- events */

/* An HTTP server's status line read as a session has a time-out of ten days (traps.md Z6). */
static bool is_fit(const zk_event *event)
{
    return event->session_id != 0 && event->timeout_ms >= 100 && event->timeout_ms <= 3600 * 1000;
}

static void take_session_news(zk_core *core, const zk_event *event)
{
    static const input inputs[] = {
        [ZK_SESSION_OPEN_FAILED] = IN_OPEN_FAILED,
        [ZK_SESSION_UP] = IN_UP,
        [ZK_SESSION_READ_ONLY] = IN_UNFIT,
        [ZK_SESSION_DOWN] = IN_DOWN,
        [ZK_SESSION_EXPIRED] = IN_EXPIRED,
        [ZK_SESSION_AUTH_FAILED] = IN_AUTH_FAILED,
        [ZK_SESSION_MISSED] = IN_MISSED,
    };
    input in = inputs[event->session];
    core->news_session_id = event->session_id;
    core->news_timeout_ms = event->timeout_ms;
    put_in(core, in == IN_UP && !is_fit(event) ? IN_UNFIT : in);
}

static void take_port_event(zk_core *core, zk_event *event)
{
    if (event->generation != core->generation)
        return;
    if (event->kind == ZK_EVENT_SESSION) {
        take_session_news(core, event);
    } else if (event->kind == ZK_EVENT_ANSWER) {
        take_answer(core, event);
    } else {
        zk_watches_changed(core, event->path, event->of_children, event->of_data);
        zk_nodes_changed(core, event->path);
    }
}

static void dispatch(zk_core *core, zk_event *event)
{
    switch (event->kind) {
    case ZK_EVENT_SESSION:
    case ZK_EVENT_ANSWER:
    case ZK_EVENT_CHANGE:
        take_port_event(core, event);
        break;
    case ZK_EVENT_CLOSED:
        core->open_handles--;
        break;
    case ZK_EVENT_PROBED:
        zk_away_probed(core, event);
        break;
    case ZK_EVENT_REGISTER:
        zk_nodes_add(core, event->object);
        break;
    case ZK_EVENT_UNREGISTER:
        zk_nodes_remove(core, event->object);
        break;
    case ZK_EVENT_SUBSCRIBE:
        zk_watches_subscribe(core, event->object);
        break;
    case ZK_EVENT_UNSUBSCRIBE:
        zk_watches_unsubscribe(core, event->object);
        break;
    case ZK_EVENT_REFRESH:
        zk_watches_refresh(core, event->object);
        break;
    case ZK_EVENT_LOOKUP:
        zk_lookups_add(core, event->object);
        break;
    case ZK_EVENT_STOP:
        put_in(core, IN_STOP);
        break;
    }
}

static bool may_send(const zk_core *core)
{
    return (core->state == CONNECTED || core->state == CLOSING) && core->slots_busy < SLOTS;
}

static void start_due_tasks(zk_core *core)
{
    while (may_send(core) && zk_heap_next_ns(&core->heap) <= core->now_ns) {
        zk_task *task = zk_heap_pop(&core->heap);
        if (!task->ops->start(core, task))
            zk_core_retry(core, task, RETRY_MIN_MS, RETRY_MAX_MS);
    }
}

static void self_check(zk_core *core)
{
    if (core->state != CONNECTED || core->now_ns < core->check_ns)
        return;
    core->check_ns = core->now_ns + core->settings.self_check_ms * NS_PER_MS;
    zk_nodes_look(core);
}

void zk_core_tick(zk_core *core, int64_t now_ns)
{
    core->now_ns = now_ns;
    if (now_ns >= core->timer_ns)
        put_in(core, IN_TIMER);
    zk_away_tick(core);
    zk_lookups_expire(core);
    self_check(core);
    start_due_tasks(core);
    if (core->state == CLOSING && core->nodes == NULL)
        put_in(core, IN_DRAINED);
}

void zk_core_handle(zk_core *core, zk_event *event, int64_t now_ns)
{
    core->now_ns = now_ns;
    dispatch(core, event);
    zk_core_tick(core, now_ns);
}

void zk_core_missed(zk_core *core, int64_t now_ns)
{
    core->now_ns = now_ns;
    put_in(core, IN_MISSED);
    zk_core_tick(core, now_ns);
}

int64_t zk_core_next_ns(const zk_core *core)
{
    int64_t next = deadline_min(core->timer_ns, zk_lookups_next_ns(core));
    next = deadline_min(next, core->away.next_ns);
    if (core->state == CONNECTED)
        next = deadline_min(next, core->check_ns);
    return may_send(core) ? deadline_min(next, zk_heap_next_ns(&core->heap)) : next;
}

/* --- life */

zk_core *zk_core_new(
    const zk_core_settings *settings, zk_port *port, const zk_core_out *out, void *out_arg)
{
    zk_core *core = MEM_NEW(zk_core);
    if (core == NULL)
        return NULL;
    core->settings = *settings;
    core->port = port;
    core->out = out;
    core->out_arg = out_arg;
    core->session_timeout_ms = settings->timeout_ms;
    core->random = settings->seed | 1;
    core->trouble = "not connected yet";
    core->timer_ns = 0;
    core->check_ns = DEADLINE_NEVER;
    core->away.next_ns = DEADLINE_NEVER;
    return core;
}

bool zk_core_is_finished(const zk_core *core)
{
    return core->state == CLOSED && core->open_handles == 0;
}

const char *zk_core_state_name(const zk_core *core)
{
    return state_names[core->state];
}

void zk_core_free(zk_core *core)
{
    if (core == NULL)
        return;
    drop_handle(core);
    zk_lookups_fail(core, "the registry is being closed");
    zk_nodes_give_back(core);
    zk_watches_give_back(core);
    free(core);
}

/* The table of states, the time, and what each event means.
 *
 * What tasks want is independent of whether there is a session: tasks wait in a heap, sorted by the
 * time at which they are due, and are only started in the states CONNECTED and CLOSING. When a
 * session ends, all requests are forgotten and all tasks become due again; that is the whole
 * recovery.
 *
 * This file uses all other files of the logic (requests.h, away.h, node.h, watch.h, lookup.h); none
 * of them uses this file. */
#include "registry/zookeeper/session.h"

#include "base/log.h"
#include "base/mem.h"
#include "registry/zookeeper/away.h"

#define HANDLES_MAX 4   /* maximum of handles that are open or being closed; the next one waits */
#define CLOSING_MS 1000 /* time to delete the registered nodes before the session is closed */

/* --- the table of states */

typedef enum zk_state {
    BACKOFF,    /* no handle; the next one is opened when the timer expires */
    CONNECTING, /* a handle, but no session yet */
    CONNECTED,  /* a session; requests are sent */
    SUSPENDED,  /* the connection is lost, but the session may still exist */
    CLOSING,    /* the registered nodes are being deleted */
    CLOSED,     /* waits only for handles that are being closed */
    STATES
} zk_state;

struct zk_session {
    zk_session_settings settings;
    const zk_session_out *out;
    void *out_arg;
    zk_state state;
    int64_t timer_ns;        /* when the time for the current state ends */
    int64_t check_ns;        /* when the next self check is due */
    uint64_t generation;     /* generation of the current handle; 0: none */
    uint64_t generations;    /* last generation that was used */
    unsigned open_handles;   /* number of handles that are open or being closed */
    unsigned failures;       /* failed handles in a row */
    int64_t timeout_ms;      /* as negotiated; before that, as requested */
    int64_t news_session_id; /* session id and time-out in the event that is being handled */
    int64_t news_timeout_ms;
    zk_away away;
    zk_requests requests; /* also holds the session's id */
    zk_nodes nodes;
    zk_watches watches;
    zk_lookups lookups;
};

typedef enum session_input {
    IN_TIMER,       /* the time for the state is over */
    IN_OPEN_FAILED, /* no handle could be created */
    IN_UP,          /* connected, with a usable session */
    /* Connected, but read-only or with an absurd time-out: not a ZooKeeper server, or one that
     * cannot be used (docs/libraries.md Z6). */
    IN_UNFIT,
    IN_DOWN,
    IN_EXPIRED,
    IN_AUTH_FAILED,
    IN_MISSED,
    IN_STOP,
    IN_DRAINED, /* in CLOSING: all nodes are deleted */
    INPUTS
} session_input;

typedef void (*session_action)(zk_session *self);

typedef struct session_transition {
    session_action run; /* NULL: the input is ignored in this state */
    zk_state next;
} session_transition;

static void session_open_handle(zk_session *self);
static void session_rest(zk_session *self);
static void session_begin(zk_session *self);
static void session_resume(zk_session *self);
static void session_suspend(zk_session *self);
static void session_renew(zk_session *self);
static void session_drain(zk_session *self);
static void session_finish(zk_session *self);

static const session_transition transitions[STATES][INPUTS] = {
    [BACKOFF] =
        {
            [IN_TIMER] = {session_open_handle, CONNECTING},
            [IN_STOP] = {session_finish, CLOSED},
        },
    [CONNECTING] =
        {
            [IN_TIMER] = {session_renew, CONNECTING},
            [IN_OPEN_FAILED] = {session_rest, BACKOFF},
            [IN_UP] = {session_begin, CONNECTED},
            [IN_UNFIT] = {session_rest, BACKOFF},
            [IN_EXPIRED] = {session_rest, BACKOFF},
            [IN_AUTH_FAILED] = {session_rest, BACKOFF},
            [IN_MISSED] = {session_rest, BACKOFF},
            [IN_STOP] = {session_finish, CLOSED},
        },
    [CONNECTED] =
        {
            [IN_UP] = {session_resume, CONNECTED},
            [IN_UNFIT] = {session_rest, BACKOFF},
            [IN_DOWN] = {session_suspend, SUSPENDED},
            [IN_EXPIRED] = {session_renew, CONNECTING},
            [IN_AUTH_FAILED] = {session_rest, BACKOFF},
            [IN_MISSED] = {session_rest, BACKOFF},
            [IN_STOP] = {session_drain, CLOSING},
        },
    [SUSPENDED] =
        {
            /* A time limit, because some losses of the connection are never reported, and the
             * client library never recovers from them (docs/libraries.md Z3). */
            [IN_TIMER] = {session_renew, CONNECTING},
            [IN_UP] = {session_resume, CONNECTED},
            [IN_UNFIT] = {session_rest, BACKOFF},
            [IN_EXPIRED] = {session_renew, CONNECTING},
            [IN_AUTH_FAILED] = {session_rest, BACKOFF},
            [IN_MISSED] = {session_rest, BACKOFF},
            [IN_STOP] = {session_finish, CLOSED},
        },
    [CLOSING] =
        {
            [IN_TIMER] = {session_finish, CLOSED},
            [IN_UNFIT] = {session_finish, CLOSED},
            [IN_DOWN] = {session_finish, CLOSED},
            [IN_EXPIRED] = {session_finish, CLOSED},
            [IN_AUTH_FAILED] = {session_finish, CLOSED},
            [IN_MISSED] = {session_finish, CLOSED},
            [IN_DRAINED] = {session_finish, CLOSED},
        },
};

static const char *const state_names[] = {
    "BACKOFF", "CONNECTING", "CONNECTED", "SUSPENDED", "CLOSING", "CLOSED"};

/* The reason for being disconnected, by the input that caused it. */
static const struct {
    const char *text;
    zk_clarity clarity;
} troubles[INPUTS] = {
    [IN_TIMER] = {"not connected: no answer for twice the session time-out", ZK_TROUBLE_VAGUE},
    [IN_OPEN_FAILED] =
        {"not connected: the address cannot be resolved, or no thread can be started",
            ZK_TROUBLE_VAGUE},
    [IN_UNFIT] = {"not connected: what answers there is not a ZooKeeper server that accepts writes",
        ZK_TROUBLE_CLEAR},
    [IN_DOWN] = {"not connected: the connection was lost", ZK_TROUBLE_VAGUE},
    [IN_EXPIRED] = {"not connected: the session has expired", ZK_TROUBLE_KNOWN},
    [IN_AUTH_FAILED] = {"not connected: the credentials were refused", ZK_TROUBLE_CLEAR},
    [IN_MISSED] = {"not connected: out of memory", ZK_TROUBLE_CLEAR},
};

static void session_log_change(const zk_session *self, zk_state former)
{
    if (self->state == CONNECTED && former != CONNECTED)
        LOG(DUBBOC_LOG_INFO, "registry", "zookeeper connected", "session=0x%llx timeout_ms=%lld",
            (unsigned long long)self->news_session_id, (long long)self->news_timeout_ms);
    else if (self->state == BACKOFF || self->state == SUSPENDED ||
             (self->state == CONNECTING && former != BACKOFF))
        LOG(DUBBOC_LOG_DEBUG, "registry", "zookeeper not connected",
            "reason=\"%s\" state=%s from=%s", self->away.trouble, state_names[self->state],
            state_names[former]);
}

/* While the registry is being closed, the end of an outage is not logged. */
static void session_note_away(zk_session *self)
{
    bool is_ending = self->state == CLOSING || self->state == CLOSED;
    if (is_ending || self->state == CONNECTED)
        zk_away_end(&self->away, !is_ending, self->requests.now_ns);
    else
        zk_away_begin(&self->away, self->requests.now_ns);
}

/* Changes the state, then runs the action, which may cause another input. */
static void session_put_in(zk_session *self, session_input in)
{
    const session_transition *row = &transitions[self->state][in];
    if (row->run == NULL)
        return;
    zk_state former = self->state;
    self->state = row->next;
    self->timer_ns = DEADLINE_NEVER;
    if (former != BACKOFF && troubles[in].text != NULL)
        zk_away_note(&self->away, troubles[in].text, troubles[in].clarity);
    session_log_change(self, former);
    session_note_away(self);
    row->run(self);
}

static void session_arm_timer(zk_session *self, int64_t ms)
{
    self->timer_ns = self->requests.now_ns + ms * NS_PER_MS;
}

/* --- actions */

static const char closing_reason[] = "the registry is being closed";

static void session_drop_handle(zk_session *self)
{
    if (self->generation != 0)
        self->requests.port->ops->close(self->requests.port);
    self->generation = 0;
    self->requests.session_id = 0;
    zk_requests_forget_all(&self->requests);
    zk_nodes_lose_session(&self->nodes);
    self->out->connected(self->out_arg, false);
}

static void session_open_handle(zk_session *self)
{
    session_arm_timer(self, 2 * self->timeout_ms);
    if (self->open_handles >= HANDLES_MAX ||
        !self->requests.port->ops->open(self->requests.port, self->generations + 1)) {
        session_put_in(self, IN_OPEN_FAILED);
        return;
    }
    self->generation = ++self->generations;
    self->open_handles++;
}

static void session_rest(zk_session *self)
{
    session_drop_handle(self);
    self->timer_ns = self->requests.now_ns + zk_requests_pause_ns(&self->requests, self->failures,
                                                 ZK_RETRY_MIN_MS, ZK_RETRY_MAX_MS);
    self->failures++;
}

static void session_renew(zk_session *self)
{
    session_drop_handle(self);
    session_open_handle(self);
}

static void session_begin(zk_session *self)
{
    self->failures = 0;
    self->requests.session_id = self->news_session_id;
    self->timeout_ms = self->news_timeout_ms;
    self->check_ns = self->settings.self_check_ms > 0
                         ? self->requests.now_ns + self->settings.self_check_ms * NS_PER_MS
                         : DEADLINE_NEVER;
    self->out->connected(self->out_arg, true);
    zk_watches_read_all(&self->watches);
    zk_lookups_resend(&self->lookups);
}

static void session_resume(zk_session *self)
{
    if (self->news_session_id != self->requests.session_id)
        zk_nodes_lose_session(&self->nodes);
    session_begin(self);
    zk_nodes_look(&self->nodes);
}

static void session_suspend(zk_session *self)
{
    session_arm_timer(self, 2 * self->timeout_ms);
    self->out->connected(self->out_arg, false);
}

static void session_drain(zk_session *self)
{
    session_arm_timer(self, CLOSING_MS);
    zk_lookups_fail(&self->lookups, closing_reason);
    zk_nodes_unwant(&self->nodes);
}

static void session_finish(zk_session *self)
{
    zk_lookups_fail(&self->lookups, closing_reason);
    session_drop_handle(self);
}

/* --- events */

/* The status line of an HTTP server, read as a session, gives a time-out of ten days
 * (docs/libraries.md Z6). */
static bool session_is_fit(const zk_event *event)
{
    return event->session_id != 0 && event->timeout_ms >= 100 && event->timeout_ms <= 3600 * 1000;
}

static void session_take_session_news(zk_session *self, const zk_event *event)
{
    static const session_input inputs[] = {
        [ZK_SESSION_OPEN_FAILED] = IN_OPEN_FAILED,
        [ZK_SESSION_UP] = IN_UP,
        [ZK_SESSION_READ_ONLY] = IN_UNFIT,
        [ZK_SESSION_DOWN] = IN_DOWN,
        [ZK_SESSION_EXPIRED] = IN_EXPIRED,
        [ZK_SESSION_AUTH_FAILED] = IN_AUTH_FAILED,
        [ZK_SESSION_MISSED] = IN_MISSED,
    };
    session_input in = inputs[event->session];
    self->news_session_id = event->session_id;
    self->news_timeout_ms = event->timeout_ms;
    session_put_in(self, in == IN_UP && !session_is_fit(event) ? IN_UNFIT : in);
}

static void session_take_port_event(zk_session *self, zk_event *event)
{
    if (event->generation != self->generation)
        return;
    if (event->kind == ZK_EVENT_SESSION) {
        session_take_session_news(self, event);
    } else if (event->kind == ZK_EVENT_ANSWER) {
        zk_requests_answered(&self->requests, event);
    } else {
        zk_watches_changed(&self->watches, event->path, event->of_children, event->of_data);
        zk_nodes_changed(&self->nodes, event->path);
    }
}

/* A caller waits for the session until deadline_ns. */
static void session_hasten(zk_session *self, int64_t deadline_ns)
{
    if (self->state != CONNECTED)
        zk_away_hasten(&self->away, deadline_ns, self->requests.now_ns);
}

static void session_look_up(zk_session *self, zk_lookup *lookup)
{
    if (self->state == CLOSING || self->state == CLOSED) {
        self->out->looked_up(self->out_arg, lookup, NULL, closing_reason);
        return;
    }
    session_hasten(self, lookup->deadline_ns);
    zk_lookups_add(&self->lookups, lookup);
}

static void session_dispatch(zk_session *self, zk_event *event)
{
    switch (event->kind) {
    case ZK_EVENT_SESSION:
    case ZK_EVENT_ANSWER:
    case ZK_EVENT_CHANGE:
        session_take_port_event(self, event);
        break;
    case ZK_EVENT_CLOSED:
        self->open_handles--;
        break;
    case ZK_EVENT_PROBED:
        zk_away_probed(&self->away, event, self->timeout_ms, self->requests.now_ns);
        break;
    case ZK_EVENT_AWAITED:
        session_hasten(self, event->deadline_ns);
        break;
    case ZK_EVENT_REGISTER:
        zk_nodes_add(&self->nodes, event->object);
        break;
    case ZK_EVENT_UNREGISTER:
        zk_nodes_remove(&self->nodes, event->object);
        break;
    case ZK_EVENT_SUBSCRIBE:
        zk_watches_subscribe(&self->watches, event->object);
        break;
    case ZK_EVENT_UNSUBSCRIBE:
        zk_watches_unsubscribe(&self->watches, event->object);
        break;
    case ZK_EVENT_REFRESH:
        zk_watches_refresh(&self->watches, event->object);
        break;
    case ZK_EVENT_LOOKUP:
        session_look_up(self, event->object);
        break;
    case ZK_EVENT_STOP:
        session_put_in(self, IN_STOP);
        break;
    }
}

static bool session_may_send(const zk_session *self)
{
    return self->state == CONNECTED || self->state == CLOSING;
}

static void session_check_nodes(zk_session *self)
{
    if (self->state != CONNECTED || self->requests.now_ns < self->check_ns)
        return;
    self->check_ns = self->requests.now_ns + self->settings.self_check_ms * NS_PER_MS;
    zk_nodes_look(&self->nodes);
}

void zk_session_tick(zk_session *self, int64_t now_ns)
{
    self->requests.now_ns = now_ns;
    if (now_ns >= self->timer_ns)
        session_put_in(self, IN_TIMER);
    zk_away_tick(&self->away, self->requests.port, now_ns);
    zk_lookups_expire(
        &self->lookups, self->state == CONNECTED ? "no answer in time" : self->away.trouble);
    session_check_nodes(self);
    if (session_may_send(self))
        zk_requests_start_due(&self->requests);
    if (self->state == CLOSING && self->nodes.first == NULL)
        session_put_in(self, IN_DRAINED);
}

void zk_session_handle(zk_session *self, zk_event *event, int64_t now_ns)
{
    self->requests.now_ns = now_ns;
    session_dispatch(self, event);
    zk_session_tick(self, now_ns);
}

void zk_session_missed(zk_session *self, int64_t now_ns)
{
    self->requests.now_ns = now_ns;
    session_put_in(self, IN_MISSED);
    zk_session_tick(self, now_ns);
}

int64_t zk_session_next_ns(const zk_session *self)
{
    int64_t next = deadline_min(self->timer_ns, zk_lookups_next_ns(&self->lookups));
    next = deadline_min(next, self->away.next_ns);
    if (self->state == CONNECTED)
        next = deadline_min(next, self->check_ns);
    if (session_may_send(self))
        next = deadline_min(next, zk_requests_next_ns(&self->requests));
    return next;
}

/* --- life */

zk_session *zk_session_new(
    const zk_session_settings *settings, zk_port *port, const zk_session_out *out, void *out_arg)
{
    zk_session *self = MEM_NEW(zk_session);
    if (self == NULL)
        return NULL;
    self->settings = *settings;
    self->out = out;
    self->out_arg = out_arg;
    self->timeout_ms = settings->timeout_ms;
    self->timer_ns = 0;
    self->check_ns = DEADLINE_NEVER;
    zk_away_init(&self->away);
    zk_requests_init(&self->requests, port, settings->seed);
    zk_requests *requests = &self->requests;
    self->nodes = (zk_nodes){.requests = requests, .gone = out->node_gone, .arg = out_arg};
    self->lookups = (zk_lookups){.requests = requests, .looked_up = out->looked_up, .arg = out_arg};
    self->watches.requests = requests;
    self->watches.read = out->read;
    self->watches.gone = out->subscriber_gone;
    self->watches.arg = out_arg;
    return self;
}

const char *zk_session_trouble(const zk_session *self)
{
    return self->state != CONNECTED ? zk_away_reason(&self->away) : "";
}

bool zk_session_is_finished(const zk_session *self)
{
    return self->state == CLOSED && self->open_handles == 0;
}

const char *zk_session_state_name(const zk_session *self)
{
    return state_names[self->state];
}

void zk_session_free(zk_session *self)
{
    if (self == NULL)
        return;
    session_drop_handle(self);
    zk_lookups_fail(&self->lookups, closing_reason);
    zk_nodes_give_back(&self->nodes);
    zk_watches_give_back(&self->watches);
    free(self);
}

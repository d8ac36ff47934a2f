/* The life of a call. One absolute deadline is set at the beginning and covers everything. All
 * attempts carry the same JSON-RPC id. What follows a failed attempt depends on what is known about
 * its execution:
 *
 * - not executed (no byte was sent, or the provider said so): the call goes to another provider;
 * - maybe executed: the call is repeated only for an idempotent method, within its retries and the
 *   client's retry budget, after a random pause;
 * - answered: the call is never repeated. */
#include "client/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sized.h"
#include "client/call_report.h"
#include "client/call_room.h"
#include "client/call_settings.h"
#include "client/call_trouble.h"
#include "client/request.h"
#include "client/timeout.h"
#include "transport/http_client_exchange.h"

#define BACKOFF_FIRST_MS 25
#define BACKOFF_MOST_MS 250

/* --- beginning --- */

static dubboc_status call_resolve_directory(call *self, dubboc_error *err)
{
    const dubboc_call_options *options = self->options;
    if (options->url != NULL) {
        dubboc_status status = selector_direct_take(
            self->client->selector, options->url, self->method, &self->direct, err);
        self->directory = self->direct.directory;
        return status == DUBBOC_E_ARGUMENT ? error_prefix(err, status, "url") : status;
    }
    dubboc_status status = reference_find(self->client, self->interface, &self->reference, err);
    if (status != DUBBOC_OK)
        return status;
    self->directory = self->reference->directory;
    if ((options->group == NULL && options->version == NULL) || self->reference->url[0] != '\0')
        return DUBBOC_OK;
    url_wanted wanted = {
        .interface = slice_of(self->interface),
        .group = slice_of(options->group != NULL ? options->group : self->reference->group),
        .version = slice_of(options->version != NULL ? options->version : self->reference->version),
    };
    return selector_directory(self->client->selector, &wanted, &self->directory, err);
}

static dubboc_status call_check_names(const char *interface, const char *method, dubboc_error *err)
{
    if (interface != NULL && method != NULL)
        return DUBBOC_OK;
    return error_set(
        err, DUBBOC_E_ARGUMENT, "%s is NULL", interface == NULL ? "interface" : "method");
}

dubboc_status call_init(call *self, dubboc_client *client, const char *interface,
    const char *method, const dubboc_call_options *options, dubboc_error *err)
{
    memset(self, 0, offsetof(call, timeout_node));
    self->client = client;
    self->interface = interface;
    self->method = slice_of(method);
    self->err = err;
    self->begun_ns = clock_now_ns();
    self->backoff_ms = BACKOFF_FIRST_MS;
    self->execution = DUBBOC_NOT_EXECUTED;
    self->options = &self->own_options;
    dubboc_status status = SIZED_READ(dubboc_call_options, options, &self->own_options, err);
    if (status == DUBBOC_OK)
        status = call_check_names(interface, method, err);
    if (status == DUBBOC_OK)
        status = request_check(self->method, self->options, err);
    if (status == DUBBOC_OK && self->options->load_balance != NULL)
        status = selector_check_policy(self->options->load_balance, err);
    if (status == DUBBOC_OK)
        status = call_resolve_directory(self, err);
    if (status == DUBBOC_OK)
        call_resolve_settings(self);
    return status;
}

/* --- ending --- */

static void call_let_provider_go(call *self, pick_outcome outcome)
{
    attempt *now = &self->attempt;
    http_client_connection_give_back(now->connection);
    now->connection = NULL;
    if (now->has_place)
        http_client_endpoint_free_place(now->held.provider->endpoint);
    now->has_place = false;
    if (now->is_held)
        pick_release(self->directory, &now->held, outcome);
    now->is_held = false;
}

/* Sets what the call would end with. DUBBOC_E_CONNECT and DUBBOC_E_BUSY tell the caller that the
 * call was not executed, so they must not replace the status of an earlier attempt that may have
 * been executed. */
static void call_note_status(call *self, const verdict *latest)
{
    bool means_unexecuted = latest->status == DUBBOC_E_CONNECT || latest->status == DUBBOC_E_BUSY;
    if (means_unexecuted && self->execution != DUBBOC_NOT_EXECUTED)
        return;
    self->status = latest->status;
    self->http_status = latest->http_status;
}

static call_want call_end_unanswered(call *self, dubboc_status status)
{
    call_finish_without_answer(self, status, self->execution);
    return CALL_ENDED;
}

static void call_stop_waiting(call *self)
{
    if (self->state == CALL_AWAITS_LIST)
        directory_wait_end(self->directory, &self->list_wait);
    if (self->state == CALL_QUEUES)
        call_room_give_up(self);
}

void call_fini(call *self)
{
    call_stop_waiting(self);
    call_let_provider_go(self, self->attempt.health);
    selector_direct_give_back(&self->direct);
    call_free_trouble(self);
    atomic_fetch_add_explicit(&self->counters->attempts, self->sent, memory_order_relaxed);
}

/* --- waiting for the first list of providers --- */

static call_want call_end_without_list(call *self, dubboc_status status)
{
    char timeout[TIMEOUT_TEXT_SIZE];
    if (status == DUBBOC_E_TIMEOUT) {
        status = directory_is_not_ready(self->directory, self->err);
        call_describe_timeout(self, timeout, sizeof timeout);
        error_append(self->err, "; %s", timeout);
    }
    call_finish(self, status, DUBBOC_NOT_EXECUTED);
    return CALL_ENDED;
}

static call_want call_begin(call *self)
{
    self->wait_until_ns = self->deadline_ns;
    if (directory_wait_begin(self->directory, &self->list_wait, self->waiter) == READINESS_READY) {
        self->state = CALL_PICKS;
        return CALL_GOES_ON;
    }
    registry_seek_trouble(self->client->registry, self->deadline_ns);
    self->state = CALL_AWAITS_LIST;
    /* Since directory_wait_begin() returned, the list may have arrived, or subscribing may have
     * failed. */
    return CALL_GOES_ON;
}

static call_want call_await_list(call *self)
{
    dubboc_status status = DUBBOC_E_TIMEOUT;
    dubboc_error why;
    readiness_state state = directory_look(self->directory, &self->list_wait, &why);
    if (state == READINESS_PENDING && !deadline_is_over(self->deadline_ns))
        return CALL_WANTS_WAKE;
    directory_wait_end(self->directory, &self->list_wait);
    self->state = CALL_PICKS;
    if (state == READINESS_READY)
        return CALL_GOES_ON;
    if (state == READINESS_FAILED) {
        status = why.status;
        error_copy(self->err, &why);
    }
    return call_end_without_list(self, status);
}

/* --- picking --- */

static bool call_was_tried(const call *self, const provider *candidate)
{
    for (size_t i = 0; i < self->tried_count; i++)
        if (self->trouble->tried[i] == candidate)
            return true;
    return false;
}

/* The query part of the call option url holds the settings that a provider's node would hold. */
static void call_use_url_settings(call *self)
{
    pick *held = &self->attempt.held;
    held->timeout_ms = self->direct.timeout_ms;
    held->retries = self->direct.retries;
    held->idempotent = self->direct.idempotent;
    held->peer = self->direct.peer;
}

/* To be called when the attempt holds a provider. */
static call_want call_begin_attempt(call *self)
{
    attempt *now = &self->attempt;
    now->health = PICK_UNKNOWN;
    if (self->direct.has_settings)
        call_use_url_settings(self);
    now->dialect = self->reference != NULL && self->reference->dialect != NULL
                       ? self->reference->dialect
                       : dialect_of(now->held.peer);
    self->state = CALL_TAKES;
    return CALL_GOES_ON;
}

static call_want call_pick(call *self)
{
    pick_request request = {.policy = self->load_balance,
        .method = self->method,
        .params = self->params,
        .excluded = call_tried(self),
        .excluded_count = self->tried_count};
    if (self->picks == 0)
        call_explain_candidates(self);
    self->attempt.is_held = directory_pick(self->directory, &request, &self->attempt.held);
    if (self->attempt.is_held)
        return call_begin_attempt(self);
    if (self->picks > 0)
        return call_end_unanswered(self, self->status);
    call_finish_without_provider(self);
    return CALL_ENDED;
}

/* --- connecting --- */

static call_want call_fail_attempt(
    call *self, const verdict *found, const char *reason, size_t bytes_sent);

static const char *call_what_was_seen(const call *self)
{
    const http_client_connection *connection = self->attempt.connection;
    if (connection == NULL || http_client_exchange_bytes_sent(connection) == 0)
        return "nothing was sent";
    return http_client_exchange_bytes_received(connection) == 0 ? "no reply came"
                                                                : "only a part of a reply came";
}

/* Whether the time of the attempt ends before that of the call. */
static bool call_attempt_is_shorter(const call *self)
{
    return self->attempt.until_ns < self->deadline_ns;
}

/* The time of the attempt is over, but not that of the call, so another attempt may follow. */
static call_want call_end_attempt_in_time(call *self, size_t bytes_sent)
{
    char reason[128];
    verdict found = judge_failure(DUBBOC_E_TIMEOUT, bytes_sent);
    found.is_final = false;
    snprintf(reason, sizeof reason, "%s within %lld ms (attempt_timeout)",
        self->attempt.connection != NULL ? call_what_was_seen(self) : "not connected",
        (long long)self->attempt_timeout_ms);
    return call_fail_attempt(self, &found, reason, bytes_sent);
}

static call_want call_send(call *self)
{
    http_client_connection *connection = self->attempt.connection;
    dubboc_status status = request_write(self, http_client_connection_request(connection));
    if (status == DUBBOC_E_TIMEOUT && call_attempt_is_shorter(self))
        return call_end_attempt_in_time(self, 0);
    if (status != DUBBOC_OK) {
        verdict found = {status, DUBBOC_NOT_EXECUTED, PICK_UNKNOWN, true, 0};
        return call_fail_attempt(self, &found,
            status == DUBBOC_E_ARGUMENT ? "the method's name is not UTF-8"
                                        : dubboc_status_text(status),
            0);
    }
    http_client_exchange_begin(connection);
    self->state = CALL_EXCHANGES;
    return CALL_GOES_ON;
}

/* Uses the connection or place that the attempt already has, otherwise takes one without
 * waiting. */
static http_client_taken call_take_connection(attempt *now, const http_client_owner *owner)
{
    if (now->connection != NULL)
        return HTTP_CLIENT_TAKEN_CONNECTION;
    if (now->has_place)
        return HTTP_CLIENT_TAKEN_PLACE;
    http_client_taken taken =
        http_client_endpoint_take(now->held.provider->endpoint, owner, &now->connection);
    now->has_place = taken == HTTP_CLIENT_TAKEN_PLACE;
    return taken;
}

/* One attempt may take only a part of the time, so that another provider can be tried. */
static void call_set_attempt_end(call *self)
{
    self->attempt.until_ns = self->deadline_ns;
    if (self->attempt_timeout_ms > 0)
        self->attempt.until_ns =
            deadline_min(deadline_in_ms(self->attempt_timeout_ms), self->deadline_ns);
}

/* Counts the attempt, which has a connection or the right to open one. */
static call_want call_count_attempt(call *self)
{
    if (self->picks++ == 0)
        call_use_node_settings(self);
    /* The node's time-out may be shorter than the time that the registry took to answer. That is
     * not the provider's fault. */
    if (deadline_is_over(self->deadline_ns)) {
        call_let_provider_go(self, PICK_UNKNOWN);
        return call_end_unanswered(self, DUBBOC_E_TIMEOUT);
    }
    call_set_attempt_end(self);
    if (call_is_explained(self))
        call_explain_attempt(self);
    return CALL_GOES_ON;
}

static call_want call_pass_by(call *self)
{
    if (call_is_explained(self))
        call_explain(self, "full: %s, all its connections are in use",
            self->attempt.held.provider->info->label);
    call_let_provider_go(self, PICK_UNKNOWN);
    self->state = CALL_LOOKS_AROUND;
    return CALL_GOES_ON;
}

static call_want call_take(call *self)
{
    if (stop_signal_is_given(&self->client->stop)) {
        call_let_provider_go(self, PICK_UNKNOWN);
        return call_end_unanswered(self, DUBBOC_E_CLOSED);
    }
    http_client_taken taken = call_take_connection(&self->attempt, self->owner);
    if (taken == HTTP_CLIENT_TAKEN_NOTHING)
        return call_pass_by(self);
    call_want want = call_count_attempt(self);
    if (want == CALL_ENDED)
        return want;
    if (taken == HTTP_CLIENT_TAKEN_CONNECTION)
        return call_send(self);
    self->state = CALL_OPENS;
    return CALL_WANTS_OPEN;
}

static call_want call_use_room(call *self, call_room room)
{
    if (room == CALL_ROOM_FOUND)
        return call_begin_attempt(self);
    if (room == CALL_ROOM_NO_MEMORY)
        return call_end_unanswered(self, DUBBOC_E_NO_MEMORY);
    self->state = room == CALL_ROOM_QUEUED ? CALL_QUEUES : CALL_LOOKS_AROUND;
    self->wait_until_ns = self->deadline_ns;
    return room == CALL_ROOM_QUEUED ? CALL_WANTS_WAKE : CALL_GOES_ON;
}

/* If another call takes the room that call_room_find() has seen, this call looks again. */
static call_want call_look_around(call *self)
{
    if (directory_count(self->directory) == 0) {
        self->state = CALL_PICKS;
        return CALL_GOES_ON;
    }
    return call_use_room(self, call_room_find(self));
}

static call_want call_end_in_queue(call *self)
{
    static const verdict busy = {DUBBOC_E_BUSY, DUBBOC_NOT_EXECUTED, PICK_UNKNOWN, true, 0};
    call_room_settle(self);
    call_note_full(self);
    call_room_give_up(self);
    call_note_status(self, &busy);
    return call_end_unanswered(self, self->status);
}

static call_want call_step_queue(call *self)
{
    if (call_room_is_over(self))
        return call_use_room(self, call_room_take(self));
    return deadline_is_over(self->deadline_ns) ? call_end_in_queue(self) : CALL_WANTS_WAKE;
}

/* --- judging --- */

static void call_pause_before_retry(call *self)
{
    int64_t jittered_ns = (int64_t)random_below((uint64_t)(self->backoff_ms * NS_PER_MS));
    self->wait_until_ns = deadline_min(clock_now_ns() + jittered_ns, self->deadline_ns);
    self->backoff_ms =
        self->backoff_ms * 2 < BACKOFF_MOST_MS ? self->backoff_ms * 2 : BACKOFF_MOST_MS;
    self->state = CALL_PAUSES;
}

/* Whether the next attempt counts against the retry budget. A refusal costs the provider little,
 * and another provider may accept the call, so the next attempt is free as long as there is a
 * provider that is likely to accept. If every other provider was tried, is ejected or silent, or
 * has just failed or refused a call, further attempts only add load to providers that are full or
 * failing. */
static bool call_costs_budget(const call *self, const verdict *found, bool was_sent)
{
    if (found->health == PICK_REFUSED)
        return !directory_has_willing(self->directory, call_tried(self), self->tried_count);
    return was_sent;
}

/* Whether the call may be executed twice, because its method is idempotent. The call option
 * decides, else [reference], else the node of the provider that failed. */
static bool call_may_run_twice(const call *self)
{
    return (self->idempotent >= 0 ? self->idempotent : self->attempt.held.idempotent) > 0;
}

/* Whether another attempt may follow this verdict. true: if the attempt counts against the retries
 * or the retry budget, it has been counted. was_sent: at least one byte was sent. */
static bool call_may_try_again(call *self, const verdict *found, bool was_sent)
{
    if (found->is_final || found->execution == DUBBOC_ANSWERED || self->picks >= CALL_ATTEMPTS_MAX)
        return false;
    if (found->execution == DUBBOC_MAYBE_EXECUTED &&
        (!call_may_run_twice(self) || self->retries_left == 0))
        return false;
    if (call_costs_budget(self, found, was_sent) &&
        !counters_take_retry(&self->client->counters, clock_now_ns()))
        return false;
    if (found->execution == DUBBOC_MAYBE_EXECUTED)
        self->retries_left--;
    return true;
}

/* The execution of the whole call: as soon as one attempt may have been executed, the call may have
 * been executed. */
static dubboc_execution call_known_execution(const call *self, dubboc_execution latest)
{
    return latest > self->execution ? latest : self->execution;
}

/* false: no memory, so the call cannot go on. */
static bool call_remember_tried(call *self)
{
    if (!call_need_trouble(self))
        return false;
    if (self->tried_count < CALL_ATTEMPTS_MAX && !call_was_tried(self, self->attempt.held.provider))
        self->trouble->tried[self->tried_count++] = self->attempt.held.provider;
    return true;
}

/* After "not executed" the next attempt goes at once to a provider that was not tried yet; if the
 * current list has none, the call is over. After "maybe executed" it may go to any provider, after
 * a pause. */
static bool call_has_somewhere_to_go(const call *self, const verdict *found)
{
    return found->execution == DUBBOC_MAYBE_EXECUTED ||
           directory_has_other(self->directory, call_tried(self), self->tried_count);
}

static call_want call_fail_attempt(
    call *self, const verdict *found, const char *reason, size_t bytes_sent)
{
    if (call_is_explained(self))
        call_explain(self, "  failed, %s, %zu bytes sent: %s",
            dubboc_execution_text(found->execution), bytes_sent, reason);
    call_name_provider(self);
    call_note_reason(self, reason);
    call_note_status(self, found);
    self->attempt.health = found->health;
    self->execution = call_known_execution(self, found->execution);
    if (!call_remember_tried(self) || !call_has_somewhere_to_go(self, found) ||
        !call_may_try_again(self, found, bytes_sent > 0))
        return call_end_unanswered(self, self->status);
    call_let_provider_go(self, found->health);
    if (found->execution == DUBBOC_MAYBE_EXECUTED)
        call_pause_before_retry(self);
    else
        self->state = CALL_PICKS;
    return self->state == CALL_PAUSES ? CALL_WANTS_WAKE : CALL_GOES_ON;
}

/* A reused connection that did not accept a single byte had already been closed by the peer. A new
 * connection to the same provider takes its place. */
static call_want call_replace_connection(call *self)
{
    http_client_connection_drop(self->attempt.connection);
    self->attempt.connection = NULL;
    self->attempt.has_place = true;
    self->state = CALL_OPENS;
    return CALL_WANTS_OPEN;
}

static call_want call_judge_broken(call *self)
{
    dubboc_error err;
    size_t bytes_sent = http_client_exchange_bytes_sent(self->attempt.connection);
    dubboc_status status = http_client_exchange_failure(self->attempt.connection, &err);
    if (bytes_sent == 0 && http_client_connection_is_reused(self->attempt.connection))
        return call_replace_connection(self);
    if (bytes_sent > 0)
        self->sent++;
    verdict found = judge_failure(status, bytes_sent);
    return call_fail_attempt(self, &found, err.text, bytes_sent);
}

/* Whether the connection must be closed after this reply. Either the reply cannot be assigned to a
 * request, so the next reply might be the reply to this request. Or the peer closes the connection
 * now without announcing it, so the next request on the connection would be lost. */
static bool call_is_last_on_connection(const call *self, const verdict *found)
{
    bool refuses_request = found->status == DUBBOC_E_REMOTE
                               ? jsonrpc_refuses_request(self->attempt.reply.code)
                               : found->status == DUBBOC_E_HTTP;
    return found->status == DUBBOC_E_PROTOCOL ||
           (refuses_request && self->attempt.dialect->hangs_up_unsaid);
}

static call_want call_judge_complete(call *self)
{
    dubboc_error err;
    const http_client_reply *http = http_client_exchange_reply(self->attempt.connection);
    self->sent++;
    error_begin_call(&err);
    verdict found = judge_reply(http, self->id, self->attempt.dialect, &self->attempt.reply, &err);
    if (call_is_last_on_connection(self, &found))
        http_client_exchange_distrust(self->attempt.connection);
    if (found.execution != DUBBOC_ANSWERED)
        return call_fail_attempt(
            self, &found, err.text, http_client_exchange_bytes_sent(self->attempt.connection));
    if (call_is_explained(self))
        call_explain(self, "  %s, %zu bytes sent, %zu received, %.1f ms",
            found.status == DUBBOC_OK ? "answered" : "answered with an error",
            http_client_exchange_bytes_sent(self->attempt.connection),
            http_client_exchange_bytes_received(self->attempt.connection), call_milliseconds(self));
    if (call_is_explained(self) && reply_lacks_result(&self->attempt.reply))
        call_explain(self,
            "  note: the reply has neither result nor error; it is taken as the result null, "
            "because the kind of the peer is not known");
    self->attempt.health = found.health;
    if (found.status != DUBBOC_OK && self->err != NULL)
        *self->err = err;
    call_finish(self, found.status, DUBBOC_ANSWERED);
    return CALL_ENDED;
}

dubboc_slice call_result_text(const call *self)
{
    const json_value *result = &self->attempt.reply.result;
    return result->kind != JSON_NONE ? result->text : slice_of("null");
}

/* --- stepping --- */

static call_want call_step_exchange(call *self)
{
    switch (http_client_exchange_step(self->attempt.connection)) {
    case HTTP_CLIENT_WANT_READ:
        return CALL_WANTS_READ;
    case HTTP_CLIENT_WANT_WRITE:
        return CALL_WANTS_WRITE;
    case HTTP_CLIENT_DONE:
        return call_judge_complete(self);
    case HTTP_CLIENT_FAILED:
        break;
    }
    return call_judge_broken(self);
}

static call_want call_step_pause(call *self)
{
    if (clock_now_ns() < self->wait_until_ns)
        return CALL_WANTS_WAKE;
    self->state = CALL_PICKS;
    return CALL_GOES_ON;
}

static call_want call_step_state(call *self)
{
    switch (self->state) {
    case CALL_BEGINS:
        return call_begin(self);
    case CALL_AWAITS_LIST:
        return call_await_list(self);
    case CALL_PICKS:
        return call_pick(self);
    case CALL_TAKES:
        return call_take(self);
    case CALL_LOOKS_AROUND:
        return call_look_around(self);
    case CALL_QUEUES:
        return call_step_queue(self);
    case CALL_OPENS:
        return call_send(self);
    case CALL_EXCHANGES:
        return call_step_exchange(self);
    case CALL_PAUSES:
        return call_step_pause(self);
    case CALL_IS_OVER:
        break;
    }
    return CALL_ENDED;
}

static const char *call_what_it_waited_for(call_state state)
{
    switch (state) {
    case CALL_BEGINS:
        return "stopped before it began";
    case CALL_AWAITS_LIST:
        return "stopped before the list of providers arrived";
    case CALL_QUEUES:
        return "stopped before a connection became free";
    default:
        return "stopped before the call was repeated";
    }
}

/* The driver could not do what the call wanted: it timed out, failed, or the client is stopping. */
static call_want call_interrupt(call *self, const call_event *event)
{
    const http_client_connection *connection = self->attempt.connection;
    size_t bytes_sent = connection != NULL ? http_client_exchange_bytes_sent(connection) : 0;
    verdict found = judge_failure(event->status, bytes_sent);
    if (bytes_sent > 0)
        self->sent++;
    if (!self->attempt.is_held) {
        call_note(self, call_what_it_waited_for(self->state));
        call_stop_waiting(self);
        return call_end_unanswered(self, event->status);
    }
    if (event->status == DUBBOC_E_TIMEOUT && call_attempt_is_shorter(self))
        return call_end_attempt_in_time(self, bytes_sent);
    return call_fail_attempt(
        self, &found, event->reason != NULL ? event->reason : call_what_was_seen(self), bytes_sent);
}

call_want call_step(call *self, const call_event *event)
{
    call_want want = CALL_GOES_ON;
    bool waits =
        self->state == CALL_AWAITS_LIST || self->state == CALL_QUEUES || self->state == CALL_PAUSES;
    if (self->state == CALL_IS_OVER)
        return CALL_ENDED;
    if (self->state == CALL_OPENS) {
        /* the driver has used the place or given it back */
        self->attempt.has_place = false;
        self->attempt.connection = event->opened;
    }
    /* When a wait times out, the function of its state decides what follows. */
    if (event->status != DUBBOC_OK && !(waits && event->status == DUBBOC_E_TIMEOUT))
        want = call_interrupt(self, event);
    while (want == CALL_GOES_ON)
        want = call_step_state(self);
    return want;
}

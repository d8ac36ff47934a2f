/* The call path. One absolute deadline is set at the beginning and covers everything. An attempt of
 * which no byte left, or which the provider refused unexecuted, goes on to another provider; one
 * that may have been executed is only repeated for idempotent methods, within retries and budget,
 * after a jittered pause; an answered one never. All attempts carry the same id. */
#include "client/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/random.h"
#include "base/sized.h"
#include "base/utf8.h"

#define BACKOFF_FIRST_MS 25
#define BACKOFF_MOST_MS 250

/* What is told is only put together when somebody listens. */
static bool is_explained(const call *self)
{
    return self->options->explain != NULL;
}

static void explain(const call *self, const char *format, ...) DUBBOC_PRINTF(2, 3);

static void explain(const call *self, const char *format, ...)
{
    char line[DUBBOC_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(line, sizeof line, format, args) >= (int)sizeof line)
        utf8_drop_cut_tail(line);
    va_end(args);
    self->options->explain(self->options->explain_arg, line);
}

static double milliseconds_since(int64_t then_ns)
{
    return (double)(clock_now_ns() - then_ns) / (double)NS_PER_MS;
}

/* --- ending */

/* Without printf: this runs once or twice a call. */
static void copy_cut(char *to, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(to, text, len);
    to[len] = '\0';
}

static void name_provider(dubboc_error *err, const char *label)
{
    copy_cut(err->provider, sizeof err->provider, label);
}

static call_want end(call *self, dubboc_status status, dubboc_execution execution)
{
    self->state = CALL_IS_OVER;
    self->status = status;
    self->execution = execution;
    if (self->err != NULL) {
        self->err->status = status;
        self->err->execution = execution;
        self->err->attempts = (int32_t)self->sent;
        if (self->is_held)
            name_provider(self->err, self->held.provider->info->label);
    }
    return CALL_ENDED;
}

/* The text of a call that got no answer: what was called, what each attempt came to, and who set
 * the time-out when it has passed. */
static call_want end_without_answer(call *self, dubboc_status status, dubboc_execution execution)
{
    if (self->err != NULL) {
        char timeout[TIMEOUT_TEXT_SIZE] = "";
        bool is_timeout = status == DUBBOC_E_TIMEOUT;
        if (is_timeout || deadline_is_over(self->deadline_ns))
            call_describe_timeout(self, timeout, sizeof timeout);
        error_set(self->err, status, "%s.%.*s: %s, %s", self->interface, SLICE_ARGS(self->method),
            is_timeout ? timeout : dubboc_status_text(status), dubboc_execution_text(execution));
        if (self->reasons[0] != '\0')
            error_append(self->err, ": %s", self->reasons);
        if (!is_timeout && timeout[0] != '\0')
            error_append(self->err, "; %s", timeout);
        self->err->http_status = status == self->status ? self->http_status : 0;
    }
    return end(self, status, execution);
}

static call_want end_without_provider(call *self)
{
    char seen[DUBBOC_ERROR_TEXT_MAX * 3 / 4];
    directory_explain(self->directory, seen, sizeof seen, NULL, NULL);
    error_set(self->err, DUBBOC_E_NO_PROVIDER, "%s: no provider: %s", self->interface, seen);
    return end(self, DUBBOC_E_NO_PROVIDER, DUBBOC_NOT_EXECUTED);
}

static void note_reason(call *self, const char *reason)
{
    size_t used = strlen(self->reasons);
    bool names_it = strstr(reason, self->held.provider->info->address) != NULL;
    snprintf(self->reasons + used, sizeof self->reasons - used, "%s%s%s%s", used > 0 ? "; " : "",
        names_it ? "" : self->held.provider->info->label, names_it ? "" : ": ", reason);
    utf8_drop_cut_tail(self->reasons);
}

/* --- beginning */

static dubboc_status resolve_directory(call *self, dubboc_error *err)
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

/* Counted from the call's begin; < 0, or beyond what a clock can say (a node may hold any number):
 * none. */
static void set_deadline(call *self, int64_t timeout_ms, timeout_source from)
{
    self->timeout_ms = timeout_ms;
    self->timeout_from = from;
    bool is_never = timeout_ms < 0 || timeout_ms >= (DEADLINE_NEVER - self->begun_ns) / NS_PER_MS;
    self->deadline_ns = is_never ? DEADLINE_NEVER : self->begun_ns + timeout_ms * NS_PER_MS;
}

/* Call option > reference's method > reference > (node, at the first pick) > client (design 9). */
static void resolve_settings(call *self)
{
    const dubboc_call_options *options = self->options;
    dubboc_client *client = self->client;
    set_deadline(self, client->timeout_ms, TIMEOUT_FROM_CLIENT);
    self->retries_left = client->retries;
    if (self->reference != NULL) {
        method_settings method =
            reference_method_settings(client, self->reference, self->method.at);
        self->is_idempotent = method.is_idempotent;
        self->load_balance =
            self->reference->load_balance[0] != '\0' ? self->reference->load_balance : NULL;
        self->timeout_is_set = method.timeout_ms != 0;
        if (self->timeout_is_set)
            set_deadline(self, method.timeout_ms, TIMEOUT_FROM_REFERENCE);
        self->retries_are_set = method.retries >= 0;
        self->retries_left = self->retries_are_set ? method.retries : self->retries_left;
    }
    if (options->timeout_ms != 0) {
        set_deadline(self, options->timeout_ms, TIMEOUT_FROM_CALL);
        self->timeout_is_set = true;
    }
    if (options->retries != 0) {
        self->retries_left = options->retries > 0 ? options->retries : 0;
        self->retries_are_set = true;
    }
    if (options->idempotent != 0)
        self->is_idempotent = options->idempotent > 0;
    if (options->load_balance != NULL)
        self->load_balance = options->load_balance;
}

static dubboc_status check_names(const char *interface, const char *method, dubboc_error *err)
{
    if (interface != NULL && method != NULL)
        return DUBBOC_OK;
    return error_set(
        err, DUBBOC_E_ARGUMENT, "%s is NULL", interface == NULL ? "interface" : "method");
}

dubboc_status call_init(call *self, dubboc_client *client, const char *interface,
    const char *method, const dubboc_call_options *options, dubboc_error *err)
{
    memset(self, 0, offsetof(call, tried));
    self->reasons[0] = '\0';
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
        status = check_names(interface, method, err);
    if (status == DUBBOC_OK)
        status = request_check(self->method, self->options, err);
    if (status == DUBBOC_OK && self->options->load_balance != NULL)
        status = selector_check_policy(self->options->load_balance, err);
    if (status == DUBBOC_OK)
        status = resolve_directory(self, err);
    if (status == DUBBOC_OK)
        resolve_settings(self);
    return status;
}

/* --- picking */

static bool was_tried(const call *self, const provider *candidate)
{
    for (size_t i = 0; i < self->tried_count; i++)
        if (self->tried[i] == candidate)
            return true;
    return false;
}

/* Call option > override of an administrator > reference > node (design 9; wire.md 5.5). */
static void use_node_settings(call *self)
{
    bool heeds_timeout =
        !self->timeout_is_set || (self->held.timeout_is_override && self->options->timeout_ms == 0);
    bool heeds_retries =
        !self->retries_are_set || (self->held.retries_are_override && self->options->retries == 0);
    if (heeds_timeout && self->held.timeout_ms > 0)
        set_deadline(self, self->held.timeout_ms,
            self->held.timeout_is_override ? TIMEOUT_FROM_OVERRIDE : TIMEOUT_FROM_NODE);
    /* a copy: the provider may be gone when it is told */
    if (self->timeout_from == TIMEOUT_FROM_NODE)
        copy_cut(self->timeout_node, sizeof self->timeout_node, self->held.provider->info->address);
    if (heeds_retries && self->held.retries >= 0)
        self->retries_left = self->held.retries;
    self->timeout_is_set = self->retries_are_set = true;
}

/* A call's own url is a node of its own: what stands behind its '?' is what the node says. */
static void use_url_settings(call *self)
{
    self->held.timeout_ms = self->direct.timeout_ms;
    self->held.retries = self->direct.retries;
    self->held.peer = self->direct.peer;
}

static void let_provider_go(call *self, pick_outcome outcome)
{
    http_client_connection_give_back(self->connection);
    self->connection = NULL;
    if (self->is_held)
        pick_release(self->directory, &self->held, outcome);
    self->is_held = false;
}

static void explain_candidate(void *arg, const char *url, const char *reason)
{
    const call *self = arg;
    if (reason != NULL)
        explain(self, "left out: %s: %s", MASKED(slice_of(url)), reason);
    else
        explain(self, "candidate: %s", MASKED(slice_of(url)));
}

static void explain_candidates(call *self)
{
    char line[DUBBOC_ERROR_TEXT_MAX];
    if (is_explained(self))
        directory_explain(self->directory, line, sizeof line, explain_candidate, self);
}

/* The dialect is told only where the configuration chose another one than the node asks for. */
static void explain_attempt(const call *self)
{
    bool is_chosen = self->dialect != dialect_of(self->held.peer);
    explain(self, "attempt %u: %s, %.1f ms after the begin%s%s", self->picks,
        self->held.provider->info->label, milliseconds_since(self->begun_ns),
        is_chosen ? ", dialect " : "", is_chosen ? self->dialect->name : "");
}

static call_want pick_provider(call *self)
{
    pick_request request = {.policy = self->load_balance,
        .method = self->method,
        .excluded = self->tried,
        .excluded_count = self->tried_count};
    if (self->picks == 0)
        explain_candidates(self);
    if (!directory_pick(self->directory, &request, &self->held))
        return self->picks == 0 ? end_without_provider(self)
                                : end_without_answer(self, self->status, self->execution);
    self->is_held = true;
    if (self->direct.has_settings)
        use_url_settings(self);
    self->dialect = self->reference != NULL && self->reference->dialect != NULL
                        ? self->reference->dialect
                        : dialect_of(self->held.peer);
    if (self->picks++ == 0)
        use_node_settings(self);
    /* the node's may be shorter than what the registry took to answer: no provider's fault */
    if (deadline_is_over(self->deadline_ns)) {
        let_provider_go(self, PICK_UNKNOWN);
        return end_without_answer(self, DUBBOC_E_TIMEOUT, self->execution);
    }
    if (is_explained(self))
        explain_attempt(self);
    self->state = CALL_CONNECTS;
    return CALL_WANTS_CONNECTION;
}

/* --- judging */

static void pause_before_retry(call *self)
{
    int64_t jittered_ns = (int64_t)random_below((uint64_t)(self->backoff_ms * NS_PER_MS));
    self->pause_until_ns = clock_now_ns() + jittered_ns;
    self->backoff_ms =
        self->backoff_ms * 2 < BACKOFF_MOST_MS ? self->backoff_ms * 2 : BACKOFF_MOST_MS;
    self->state = CALL_PAUSES;
}

/* A provider that refused has hardly been burdened, and another one may well take the call. But
 * when all the others were tried already, are down or have just refused too, further attempts only
 * add to the load of those that are full. */
static bool costs_budget(const call *self, const verdict *found, bool something_left)
{
    if (found->health == PICK_REFUSED)
        return !directory_has_willing(self->directory, self->tried, self->tried_count);
    return something_left;
}

/* Whether an attempt that came to this may be followed by another; spends what that costs. */
static bool may_try_again(call *self, const verdict *found, bool something_left)
{
    if (found->is_final || found->execution == DUBBOC_ANSWERED || self->picks >= CALL_ATTEMPTS_MAX)
        return false;
    if (found->execution == DUBBOC_MAYBE_EXECUTED &&
        (!self->is_idempotent || self->retries_left == 0))
        return false;
    if (costs_budget(self, found, something_left) &&
        !counters_take_retry(&self->client->counters, clock_now_ns()))
        return false;
    if (found->execution == DUBBOC_MAYBE_EXECUTED)
        self->retries_left--;
    return true;
}

/* What is known of the whole call: it is not unexecuted any more once one attempt may have been. */
static dubboc_execution known_execution(const call *self, dubboc_execution latest)
{
    return latest > self->execution ? latest : self->execution;
}

/* What the call would end with. DUBBOC_E_CONNECT and DUBBOC_E_BUSY tell the caller that it was
 * never executed, so they do not take the place of what befell an earlier attempt that may have
 * been. */
static void note_status(call *self, const verdict *latest)
{
    bool means_unexecuted = latest->status == DUBBOC_E_CONNECT || latest->status == DUBBOC_E_BUSY;
    if (means_unexecuted && self->execution != DUBBOC_NOT_EXECUTED)
        return;
    self->status = latest->status;
    self->http_status = latest->http_status;
}

static void remember_tried(call *self)
{
    if (self->tried_count < CALL_ATTEMPTS_MAX && !was_tried(self, self->held.provider))
        self->tried[self->tried_count++] = self->held.provider;
}

/* Unexecuted: to a provider that was not tried yet, at once; when the list as it is by now has
 * none, the call is over. Maybe executed: to any, after a pause. */
static bool has_somewhere_to_go(const call *self, const verdict *found)
{
    return found->execution == DUBBOC_MAYBE_EXECUTED ||
           directory_has_other(self->directory, self->tried, self->tried_count);
}

static call_want fail_attempt(
    call *self, const verdict *found, const char *reason, size_t bytes_sent)
{
    if (is_explained(self))
        explain(self, "  failed, %s, %zu bytes sent: %s", dubboc_execution_text(found->execution),
            bytes_sent, reason);
    if (self->err != NULL)
        name_provider(self->err, self->held.provider->info->label);
    note_reason(self, reason);
    note_status(self, found);
    self->health = found->health;
    self->execution = known_execution(self, found->execution);
    remember_tried(self);
    if (!has_somewhere_to_go(self, found) || !may_try_again(self, found, bytes_sent > 0))
        return end_without_answer(self, self->status, self->execution);
    let_provider_go(self, found->health);
    self->fresh = false;
    if (found->execution == DUBBOC_MAYBE_EXECUTED)
        pause_before_retry(self);
    else
        self->state = CALL_PICKS;
    return call_step(self);
}

/* A pooled connection that took no byte was dead already: the same provider gets a fresh one,
 * once. */
static bool was_stale(const call *self, size_t bytes_sent)
{
    return bytes_sent == 0 && !self->fresh && http_client_connection_is_reused(self->connection);
}

static call_want judge_broken_exchange(call *self)
{
    dubboc_error err;
    size_t bytes_sent = http_client_exchange_bytes_sent(self->connection);
    dubboc_status status = http_client_exchange_failure(self->connection, &err);
    if (was_stale(self, bytes_sent)) {
        http_client_connection_give_back(self->connection);
        self->connection = NULL;
        self->fresh = true;
        self->state = CALL_CONNECTS;
        return CALL_WANTS_CONNECTION;
    }
    if (bytes_sent > 0)
        self->sent++;
    verdict found = judge_failure(status, bytes_sent);
    return fail_attempt(self, &found, err.text, bytes_sent);
}

/* Nobody knows to which request the next reply would belong; or the peer closes now, and the next
 * call would be lost on the way. */
static bool is_last_on_connection(const call *self, const verdict *found)
{
    bool refuses_request = found->status == DUBBOC_E_REMOTE
                               ? jsonrpc_refuses_request(self->reply.code)
                               : found->status == DUBBOC_E_HTTP;
    return found->status == DUBBOC_E_PROTOCOL ||
           (refuses_request && self->dialect->hangs_up_unsaid);
}

static call_want judge_complete_exchange(call *self)
{
    dubboc_error err;
    const http_client_reply *http = http_client_exchange_reply(self->connection);
    self->sent++;
    error_begin_call(&err);
    verdict found = judge_reply(http, self->id, self->dialect, &self->reply, &err);
    if (is_last_on_connection(self, &found))
        http_client_exchange_distrust(self->connection);
    if (found.execution != DUBBOC_ANSWERED)
        return fail_attempt(
            self, &found, err.text, http_client_exchange_bytes_sent(self->connection));
    if (is_explained(self))
        explain(self, "  %s, %zu bytes sent, %zu received, %.1f ms",
            found.status == DUBBOC_OK ? "answered" : "answered with an error",
            http_client_exchange_bytes_sent(self->connection),
            http_client_exchange_bytes_received(self->connection),
            milliseconds_since(self->begun_ns));
    if (is_explained(self) && reply_lacks_result(&self->reply))
        explain(self, "  note: the reply has neither result nor error, taken as null since the "
                      "peer is unknown");
    self->health = found.health;
    if (found.status != DUBBOC_OK && self->err != NULL)
        *self->err = err;
    return end(self, found.status, DUBBOC_ANSWERED);
}

/* --- stepping */

static call_want step_exchange(call *self)
{
    switch (http_client_exchange_step(self->connection)) {
    case HTTP_CLIENT_WANT_READ:
        return CALL_WANTS_READ;
    case HTTP_CLIENT_WANT_WRITE:
        return CALL_WANTS_WRITE;
    case HTTP_CLIENT_DONE:
        return judge_complete_exchange(self);
    case HTTP_CLIENT_FAILED:
        break;
    }
    return judge_broken_exchange(self);
}

call_want call_step(call *self)
{
    switch (self->state) {
    case CALL_PAUSES:
        if (clock_now_ns() < deadline_min(self->pause_until_ns, self->deadline_ns))
            return CALL_WANTS_PAUSE;
        return pick_provider(self);
    case CALL_PICKS:
        return pick_provider(self);
    case CALL_CONNECTS:
        return CALL_WANTS_CONNECTION;
    case CALL_EXCHANGES:
        return step_exchange(self);
    case CALL_IS_OVER:
        break;
    }
    return CALL_ENDED;
}

void call_connected(
    call *self, http_client_connection *connection, dubboc_status status, const dubboc_error *err)
{
    if (status != DUBBOC_OK) {
        verdict found = judge_failure(status, 0);
        fail_attempt(self, &found, err->text, 0);
        return;
    }
    self->connection = connection;
    status = request_write(self, http_client_connection_request(connection));
    if (status != DUBBOC_OK) {
        verdict found = {status, DUBBOC_NOT_EXECUTED, PICK_UNKNOWN, true, 0};
        fail_attempt(self, &found,
            status == DUBBOC_E_ARGUMENT ? "the method's name is not UTF-8"
                                        : dubboc_status_text(status),
            0);
        return;
    }
    http_client_exchange_begin(connection, slice_make(NULL, 0));
    self->state = CALL_EXCHANGES;
}

static const char *what_was_seen(const call *self)
{
    if (self->connection == NULL || http_client_exchange_bytes_sent(self->connection) == 0)
        return "nothing was sent";
    return http_client_exchange_bytes_received(self->connection) == 0
               ? "no reply came"
               : "only a part of a reply came";
}

void call_interrupt(call *self, dubboc_status status)
{
    size_t bytes_sent =
        self->connection != NULL ? http_client_exchange_bytes_sent(self->connection) : 0;
    verdict found = judge_failure(status, bytes_sent);
    if (bytes_sent > 0)
        self->sent++;
    if (self->is_held)
        fail_attempt(self, &found, what_was_seen(self), bytes_sent);
    else
        end_without_answer(self, status, self->execution);
}

void call_fini(call *self)
{
    let_provider_go(self, self->health);
    selector_direct_give_back(&self->direct);
    atomic_fetch_add_explicit(&self->counters->attempts, self->sent, memory_order_relaxed);
}

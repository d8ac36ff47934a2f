/* Error texts have a fixed size, so reasons that do not fit are cut off, never in the middle of a
 * UTF-8 character. */
#include "client/call_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "client/call_trouble.h"
#include "client/timeout.h"

#define FULL_NAMED_MAX 3 /* full providers in an error text; the others are counted */

/* --- steps --- */

void call_explain(const call *self, const char *format, ...)
{
    char line[DUBBOC_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(line, sizeof line, format, args) >= (int)sizeof line)
        utf8_drop_cut_tail(line);
    va_end(args);
    self->options->explain(self->options->explain_arg, line);
}

static void call_explain_candidate(void *arg, const char *url, const char *reason)
{
    const call *self = arg;
    if (reason != NULL)
        call_explain(self, "left out: %s: %s", MASKED(slice_of(url)), reason);
    else
        call_explain(self, "candidate: %s", MASKED(slice_of(url)));
}

void call_explain_candidates(call *self)
{
    char line[DUBBOC_ERROR_TEXT_MAX];
    if (call_is_explained(self))
        directory_explain(self->directory, line, sizeof line, call_explain_candidate, self);
}

double call_milliseconds(const call *self)
{
    return (double)(clock_now_ns() - self->begun_ns) / (double)NS_PER_MS;
}

/* Names the dialect only if the configuration has replaced the dialect of the provider's node. */
void call_explain_attempt(const call *self)
{
    const attempt *now = &self->attempt;
    bool is_chosen = now->dialect != dialect_of(now->held.peer);
    call_explain(self, "attempt %u: %s, %.1f ms after the start%s%s", self->picks,
        now->held.provider->info->label, call_milliseconds(self), is_chosen ? ", dialect " : "",
        is_chosen ? now->dialect->name : "");
}

/* --- reasons --- */

/* Appends to the reasons; what does not fit is cut off. Without memory no reason is added. */
static void call_add_reason(call *self, const char *who, const char *reason)
{
    if (!call_need_trouble(self))
        return;
    char *reasons = self->trouble->reasons;
    size_t used = strlen(reasons), room = sizeof self->trouble->reasons - used;
    snprintf(reasons + used, room, "%s%s%s%s", used > 0 ? "; " : "", who,
        who[0] != '\0' ? ": " : "", reason);
    utf8_drop_cut_tail(reasons);
}

void call_note_reason(call *self, const char *reason)
{
    const provider *whose = self->attempt.held.provider;
    bool names_it = strstr(reason, whose->info->address) != NULL;
    call_add_reason(self, names_it ? "" : whose->info->label, reason);
}

void call_note(call *self, const char *text)
{
    call_add_reason(self, "", text);
}

void call_note_full(call *self)
{
    char text[DUBBOC_ERROR_TEXT_MAX / 2] = "all connections in use until the deadline: ";
    size_t used = strlen(text);
    const http_client_queuer *queuer = &self->trouble->room.queuer;
    const http_client_claim *claim = queuer->joined;
    for (size_t i = 0; i < queuer->count && i < FULL_NAMED_MAX && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? ", " : "",
            http_client_endpoint_host(claim->endpoint));
        claim = claim->next;
    }
    if (queuer->count > FULL_NAMED_MAX && used < sizeof text)
        used += (size_t)snprintf(
            text + used, sizeof text - used, " and %zu more", queuer->count - FULL_NAMED_MAX);
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, " (pool_size %d)",
            http_client_pool_size(self->client->http));
    utf8_drop_cut_tail(text);
    call_add_reason(self, "", text);
}

void call_name_provider(const call *self)
{
    if (self->err != NULL)
        text_copy_cut(self->err->provider, sizeof self->err->provider,
            self->attempt.held.provider->info->label);
}

/* --- ends --- */

void call_finish(call *self, dubboc_status status, dubboc_execution execution)
{
    self->state = CALL_IS_OVER;
    self->status = status;
    self->execution = execution;
    if (self->err == NULL)
        return;
    self->err->status = status;
    self->err->execution = execution;
    self->err->attempts = (int32_t)self->sent;
    if (self->attempt.is_held)
        call_name_provider(self);
}

/* The error text tells what was called, why each attempt failed, and, if the deadline has passed,
 * where the time-out was set. */
void call_finish_without_answer(call *self, dubboc_status status, dubboc_execution execution)
{
    if (self->err != NULL) {
        char timeout[TIMEOUT_TEXT_SIZE] = "";
        bool is_timeout = status == DUBBOC_E_TIMEOUT;
        if (deadline_is_over(self->deadline_ns))
            call_describe_timeout(self, timeout, sizeof timeout);
        else if (is_timeout) /* only an attempt timed out, and the call was not repeated */
            snprintf(timeout, sizeof timeout, "timed out");
        error_set(self->err, status, "%s.%.*s: %s, %s", self->interface, SLICE_ARGS(self->method),
            is_timeout ? timeout : dubboc_status_text(status), dubboc_execution_text(execution));
        if (self->trouble != NULL && self->trouble->reasons[0] != '\0')
            error_append(self->err, ": %s", self->trouble->reasons);
        if (!is_timeout && timeout[0] != '\0')
            error_append(self->err, "; %s", timeout);
        self->err->http_status = status == self->status ? self->http_status : 0;
    }
    call_finish(self, status, execution);
}

void call_finish_without_provider(call *self)
{
    char seen[DUBBOC_ERROR_TEXT_MAX * 3 / 4];
    directory_explain(self->directory, seen, sizeof seen, NULL, NULL);
    error_set(self->err, DUBBOC_E_NO_PROVIDER, "%s: no provider: %s", self->interface, seen);
    call_finish(self, DUBBOC_E_NO_PROVIDER, DUBBOC_NOT_EXECUTED);
}

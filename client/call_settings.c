/* Settings are applied in two steps, because those in the provider's node are only known after the
 * first pick. The first step applies client, reference and call options, the weaker ones first. The
 * second step applies a value of the node only where no stronger one is set. */
#include "client/call_settings.h"

#include "base/clock.h"
#include "base/slice.h"

/* The time-out starts when the call begins. A negative value, or one beyond the range of the
 * clock (a node may contain any number), means no deadline. */
static void call_set_deadline(call *self, int64_t timeout_ms, timeout_source from)
{
    self->timeout_ms = timeout_ms;
    self->timeout_from = from;
    bool is_never = timeout_ms < 0 || timeout_ms >= (DEADLINE_NEVER - self->begun_ns) / NS_PER_MS;
    self->deadline_ns = is_never ? DEADLINE_NEVER : self->begun_ns + timeout_ms * NS_PER_MS;
}

static void call_use_reference_settings(call *self)
{
    const reference *from = self->reference;
    method_settings method =
        reference_method_settings(self->client, self->reference, self->method.at);
    self->idempotent = method.idempotent;
    self->load_balance = from->load_balance[0] != '\0' ? from->load_balance : NULL;
    self->timeout_is_set = method.timeout_ms != 0;
    if (self->timeout_is_set)
        call_set_deadline(self, method.timeout_ms, TIMEOUT_FROM_REFERENCE);
    if (method.attempt_timeout_ms != 0)
        self->attempt_timeout_ms = method.attempt_timeout_ms;
    self->retries_are_set = method.retries >= 0;
    if (self->retries_are_set)
        self->retries_left = method.retries;
}

static void call_use_options(call *self)
{
    const dubboc_call_options *options = self->options;
    if (options->timeout_ms != 0) {
        call_set_deadline(self, options->timeout_ms, TIMEOUT_FROM_CALL);
        self->timeout_is_set = true;
    }
    if (options->attempt_timeout_ms != 0)
        self->attempt_timeout_ms = options->attempt_timeout_ms;
    if (options->retries != 0) {
        self->retries_left = options->retries > 0 ? options->retries : 0;
        self->retries_are_set = true;
    }
    if (options->idempotent != 0)
        self->idempotent = options->idempotent > 0;
    if (options->load_balance != NULL)
        self->load_balance = options->load_balance;
}

void call_resolve_settings(call *self)
{
    call_set_deadline(self, self->client->timeout_ms, TIMEOUT_FROM_CLIENT);
    self->attempt_timeout_ms = self->client->attempt_timeout_ms;
    self->retries_left = self->client->retries;
    self->idempotent = -1;
    if (self->reference != NULL)
        call_use_reference_settings(self);
    call_use_options(self);
}

void call_use_node_settings(call *self)
{
    const pick *node = &self->attempt.held;
    bool uses_timeout =
        !self->timeout_is_set || (node->timeout_is_override && self->options->timeout_ms == 0);
    bool uses_retries =
        !self->retries_are_set || (node->retries_are_override && self->options->retries == 0);
    if (uses_timeout && node->timeout_ms > 0)
        call_set_deadline(self, node->timeout_ms,
            node->timeout_is_override ? TIMEOUT_FROM_OVERRIDE : TIMEOUT_FROM_NODE);
    /* Copied, because the provider may have been freed when the error text is written. */
    if (self->timeout_from == TIMEOUT_FROM_NODE)
        text_copy_cut(self->timeout_node, sizeof self->timeout_node, node->provider->info->address);
    if (uses_retries && node->retries >= 0)
        self->retries_left = node->retries;
    self->timeout_is_set = self->retries_are_set = true;
}

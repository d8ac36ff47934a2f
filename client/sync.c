/* Blocking calls: drives the state machine (client/call.h) in the thread of the caller. No other
 * thread is involved, so no thread switch adds to the cost of a call. */
#include "client/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/sized.h"
#include "client/call_trouble.h"
#include "client/leave.h"
#include "client/request.h"
#include "codec/json_build.h"
#include "transport/http_client_exchange.h"

/* Blocks until what the call wants has happened, or failed. event.reason points into err. */
static call_event sync_bring_about(
    call *self, call_want want, thread_waiter *thread, dubboc_error *err)
{
    call_event event = {DUBBOC_OK, NULL, NULL};
    stop_signal *stop = &self->client->stop;
    switch (want) {
    case CALL_WANTS_WAKE:
        stop_signal_block(stop, thread, self->wait_until_ns);
        event.status = stop_signal_is_given(stop) ? DUBBOC_E_CLOSED : DUBBOC_OK;
        break;
    case CALL_WANTS_OPEN:
        event.status = http_client_endpoint_open(
            self->attempt.held.provider->endpoint, self->attempt.until_ns, &event.opened, err);
        event.reason = event.status != DUBBOC_OK ? err->text : NULL;
        break;
    case CALL_WANTS_READ:
    case CALL_WANTS_WRITE:
        event.status = http_client_connection_wait(self->attempt.connection,
            want == CALL_WANTS_READ ? HTTP_CLIENT_WANT_READ : HTTP_CLIENT_WANT_WRITE,
            self->attempt.until_ns);
        break;
    case CALL_GOES_ON:
    case CALL_ENDED:
        break;
    }
    return event;
}

static void sync_drive(call *self, thread_waiter *thread)
{
    dubboc_error err;
    call_event event = {DUBBOC_OK, NULL, NULL};
    for (;;) {
        call_want want = call_step(self, &event);
        if (want == CALL_ENDED)
            return;
        event = sync_bring_about(self, want, thread, &err);
    }
}

/* Copies the result out of the reply, while the call still holds the reply. */
typedef dubboc_status (*sync_take)(const call *self, void *result, dubboc_error *err);

static dubboc_status sync_take_text(const call *self, void *result, dubboc_error *err)
{
    dubboc_slice text = call_result_text(self);
    if (result == NULL)
        return DUBBOC_OK;
    return dubboc_text_set(result, text.at, text.len) == DUBBOC_OK ? DUBBOC_OK
                                                                   : error_no_memory(err);
}

static dubboc_status sync_take_tree(const call *self, void *result, dubboc_error *err)
{
    return result != NULL ? json_build(call_result_text(self), (cJSON **)result, err) : DUBBOC_OK;
}

/* Clears the text, so that the caller does not read the error of an earlier call in it. */
static void sync_empty_text(dubboc_text *text)
{
    if (text == NULL)
        return;
    text->len = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

static dubboc_status sync_take_outcome(
    const call *self, sync_take take, void *result, dubboc_error *err)
{
    dubboc_text *remote_error = self->options->remote_error;
    if (self->status == DUBBOC_OK)
        return take(self, result, err);
    if (self->status == DUBBOC_E_REMOTE && remote_error != NULL &&
        dubboc_text_set(remote_error, self->attempt.reply.error.text.at,
            self->attempt.reply.error.text.len) != DUBBOC_OK)
        sync_empty_text(remote_error);
    return self->status;
}

static dubboc_status sync_run(call *self, sync_take take, void *result, dubboc_error *err)
{
    thread_waiter thread;
    thread_waiter_init(&thread);
    self->waiter = &thread.waiter;
    sync_drive(self, &thread);
    dubboc_status status = sync_take_outcome(self, take, result, err);
    call_fini(self);
    return status;
}

/* err has been prepared by error_begin_call(). */
static dubboc_status sync_call(dubboc_client *client, const char *interface, const char *method,
    dubboc_slice params, const dubboc_call_options *options, sync_take take, void *result,
    dubboc_error *err)
{
    call self;
    call_trouble trouble;
    counter_slot *slot = counters_begin(&client->counters, clock_now_ns());
    self.execution = DUBBOC_NOT_EXECUTED;
    dubboc_status status = stop_signal_is_given(&client->stop)
                               ? error_set(err, DUBBOC_E_CLOSED, "the client has been stopped")
                               : call_init(&self, client, interface, method, options, err);
    if (status == DUBBOC_OK) {
        call_give_trouble(&self, &trouble);
        self.params = params;
        self.counters = slot;
        self.id = counters_next_id(slot, thread_slot());
        status = sync_run(&self, take, result, err);
    }
    client_leave(client, slot, status, self.execution);
    return status;
}

/* Empties remote_error in given. This is done first, because a call may fail before its options are
 * checked. */
static void sync_clear_remote_error(const dubboc_call_options *given)
{
    dubboc_call_options options;
    if (given != NULL && SIZED_READ(dubboc_call_options, given, &options, NULL) == DUBBOC_OK)
        sync_empty_text(options.remote_error);
}

dubboc_status dubboc_call_raw(dubboc_client *client, const char *interface, const char *method,
    dubboc_slice params, const dubboc_call_options *options, dubboc_text *result, dubboc_error *err)
{
    json_value value;
    error_begin_call(err);
    sync_clear_remote_error(options);
    dubboc_status status = request_check_params(params, &value, err);
    if (status != DUBBOC_OK)
        return status;
    return sync_call(client, interface, method, value.text, options, sync_take_text, result, err);
}

dubboc_status dubboc_call_with(dubboc_client *client, const char *interface, const char *method,
    const cJSON *params, const dubboc_call_options *options, cJSON **result, dubboc_error *err)
{
    error_begin_call(err);
    sync_clear_remote_error(options);
    if (params == NULL)
        return sync_call(
            client, interface, method, slice_of("[]"), options, sync_take_tree, result, err);
    buffer text;
    buffer_init(&text, REQUEST_PARAMS_BYTES_MAX);
    dubboc_status status = request_write_params(&text, params, err);
    if (status == DUBBOC_OK)
        status = sync_call(
            client, interface, method, buffer_slice(&text), options, sync_take_tree, result, err);
    buffer_fini(&text);
    return status;
}

dubboc_status dubboc_call(dubboc_client *client, const char *interface, const char *method,
    const cJSON *params, cJSON **result, dubboc_error *err)
{
    return dubboc_call_with(client, interface, method, params, NULL, result, err);
}

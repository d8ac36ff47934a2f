/* Calls that block the caller: the step machine driven in the caller's own thread. No other thread
 * takes part, so a call costs what its exchange costs. */
#include "client/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/sized.h"

#define PARAMS_BYTES_MAX (256u * 1024 * 1024)

static void drive(call *self)
{
    dubboc_error err;
    dubboc_status status;
    for (;;) {
        call_want want = call_step(self);
        switch (want) {
        case CALL_WANTS_CONNECTION: {
            http_client_connection *connection = NULL;
            status = http_client_endpoint_take(
                self->held.provider->endpoint, self->fresh, self->deadline_ns, &connection, &err);
            call_connected(self, connection, status, &err);
            break;
        }
        case CALL_WANTS_READ:
        case CALL_WANTS_WRITE:
            status = http_client_connection_wait(self->connection,
                want == CALL_WANTS_READ ? HTTP_CLIENT_WANT_READ : HTTP_CLIENT_WANT_WRITE,
                self->deadline_ns);
            if (status != DUBBOC_OK)
                call_interrupt(self, status);
            break;
        case CALL_WANTS_PAUSE:
            if (!client_pause(self->client, deadline_min(self->pause_until_ns, self->deadline_ns)))
                call_interrupt(self, DUBBOC_E_CLOSED);
            break;
        case CALL_ENDED:
            return;
        }
    }
}

static call_end how_it_ended(dubboc_status status, dubboc_execution execution)
{
    if (status == DUBBOC_OK)
        return CALL_END_OK;
    if (status == DUBBOC_E_REMOTE)
        return CALL_END_REMOTE_ERROR;
    return execution == DUBBOC_NOT_EXECUTED ? CALL_END_NOT_EXECUTED : CALL_END_MAYBE_EXECUTED;
}

/* Ends what counters_begin() began. Whoever frees the client waits for that under the lock and then
 * frees everything, so nothing of the client is touched afterwards, and while it stops the end is
 * told under that lock. A stop that begins just now looks again by itself. */
static void leave(dubboc_client *client, counter_slot *slot, call_end how)
{
    if (!atomic_load(&client->is_stopping)) {
        counters_end(slot, how);
        return;
    }
    mutex_lock(&client->lock);
    counters_end(slot, how);
    condition_wake_all(&client->changed);
    mutex_unlock(&client->lock);
}

/* What becomes of the reply, while the call still holds it. */
typedef dubboc_status (*take_result)(const call *self, void *result, dubboc_error *err);

static dubboc_status take_text(const call *self, void *result, dubboc_error *err)
{
    dubboc_slice text =
        self->reply.result.kind != JSON_NONE ? self->reply.result.text : slice_of("null");
    if (result == NULL)
        return DUBBOC_OK;
    return dubboc_text_set(result, text.at, text.len) == DUBBOC_OK ? DUBBOC_OK
                                                                   : error_no_memory(err);
}

static dubboc_status take_tree(const call *self, void *result, dubboc_error *err)
{
    dubboc_slice text =
        self->reply.result.kind != JSON_NONE ? self->reply.result.text : slice_of("null");
    if (result == NULL)
        return DUBBOC_OK;
    return json_build(text, (cJSON **)result, err);
}

/* So that data, read as a C string, is not the error of a former call. */
static void empty_text(dubboc_text *text)
{
    if (text == NULL)
        return;
    text->len = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

static dubboc_status take_outcome(
    const call *self, take_result take, void *result, dubboc_error *err)
{
    dubboc_text *remote_error = self->options->remote_error;
    if (self->status == DUBBOC_OK)
        return take(self, result, err);
    if (self->status == DUBBOC_E_REMOTE && remote_error != NULL &&
        dubboc_text_set(remote_error, self->reply.error.text.at, self->reply.error.text.len) !=
            DUBBOC_OK)
        empty_text(remote_error);
    return self->status;
}

static dubboc_status run(call *self, take_result take, void *result, dubboc_error *err)
{
    dubboc_status status = directory_wait_ready(self->directory, self->deadline_ns, err);
    if (status == DUBBOC_E_REGISTRY) {
        char timeout[TIMEOUT_TEXT_SIZE];
        call_describe_timeout(self, timeout, sizeof timeout);
        error_append(err, "; %s", timeout);
    }
    if (status == DUBBOC_OK) {
        drive(self);
        status = take_outcome(self, take, result, err);
    }
    call_fini(self);
    return status;
}

/* err has gone through error_begin_call(). */
static dubboc_status call_and_wait(dubboc_client *client, const char *interface, const char *method,
    dubboc_slice params, const dubboc_call_options *options, take_result take, void *result,
    dubboc_error *err)
{
    call self;
    counter_slot *slot = counters_begin(&client->counters, clock_now_ns());
    self.execution = DUBBOC_NOT_EXECUTED;
    dubboc_status status = atomic_load(&client->is_stopping)
                               ? error_set(err, DUBBOC_E_CLOSED, "the client is being freed")
                               : call_init(&self, client, interface, method, options, err);
    if (status == DUBBOC_OK) {
        self.params = params;
        self.counters = slot;
        self.id = counters_next_id(slot, thread_slot());
        status = run(&self, take, result, err);
    }
    leave(client, slot, how_it_ended(status, self.execution));
    return status;
}

/* At once, since a call may fail before its options are looked at. */
static void clear_remote_error(const dubboc_call_options *given)
{
    dubboc_call_options options;
    if (given != NULL && SIZED_READ(dubboc_call_options, given, &options, NULL) == DUBBOC_OK)
        empty_text(options.remote_error);
}

dubboc_status dubboc_call_raw(dubboc_client *client, const char *interface, const char *method,
    dubboc_slice params, const dubboc_call_options *options, dubboc_text *result, dubboc_error *err)
{
    json_value value = {JSON_ARRAY, slice_of("[]")};
    error_begin_call(err);
    clear_remote_error(options);
    if (params.at != NULL) {
        dubboc_status status = json_check(params, &value, err);
        if (status != DUBBOC_OK)
            return error_prefix(err, DUBBOC_E_ARGUMENT, "params");
    }
    if (value.kind != JSON_ARRAY && value.kind != JSON_OBJECT)
        return error_set(err, DUBBOC_E_ARGUMENT, "params are neither a JSON array nor an object");
    return call_and_wait(client, interface, method, value.text, options, take_text, result, err);
}

dubboc_status dubboc_call_with(dubboc_client *client, const char *interface, const char *method,
    const cJSON *params, const dubboc_call_options *options, cJSON **result, dubboc_error *err)
{
    error_begin_call(err);
    clear_remote_error(options);
    if (params == NULL)
        return call_and_wait(
            client, interface, method, slice_of("[]"), options, take_tree, result, err);
    if (!cJSON_IsArray(params) && !cJSON_IsObject(params))
        return error_set(err, DUBBOC_E_ARGUMENT, "params are neither a JSON array nor an object");
    buffer text;
    buffer_init(&text, PARAMS_BYTES_MAX);
    dubboc_status status = json_write(&text, params, err);
    if (status == DUBBOC_OK)
        status = call_and_wait(
            client, interface, method, buffer_slice(&text), options, take_tree, result, err);
    buffer_fini(&text);
    return status;
}

dubboc_status dubboc_call(dubboc_client *client, const char *interface, const char *method,
    const cJSON *params, cJSON **result, dubboc_error *err)
{
    return dubboc_call_with(client, interface, method, params, NULL, result, err);
}

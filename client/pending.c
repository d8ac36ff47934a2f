#include "client/pending.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "client/leave.h"
#include "codec/json_build.h"
#include "transport/http_client_exchange.h"

/* --- making and freeing --- */

static void pending_destroy(dubboc_pending *self)
{
    buffer_fini(&self->params);
    dubboc_text_free(&self->result);
    dubboc_text_free(&self->remote_error);
    mutex_fini(&self->lock);
    free(self->texts);
    free(self);
}

static size_t pending_text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Copies text to *at, and moves *at behind the copy. */
static const char *pending_put_text(char **at, const char *text)
{
    size_t size = pending_text_size(text);
    char *copy = *at;
    if (text == NULL)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static size_t pending_texts_size(const pending_wanted *wanted, const dubboc_call_options *options)
{
    size_t size = options->header_count * sizeof(dubboc_header) +
                  pending_text_size(wanted->interface) + pending_text_size(wanted->method) +
                  pending_text_size(options->group) + pending_text_size(options->version) +
                  pending_text_size(options->url) + pending_text_size(options->load_balance);
    for (size_t i = 0; i < options->header_count; i++)
        size += pending_text_size(options->headers[i].name) +
                pending_text_size(options->headers[i].value);
    return size + (wanted->own_params == NULL ? wanted->params.len : 0);
}

/* Copies the headers. Their array comes first in the block, because it must be aligned. */
static void pending_put_headers(dubboc_call_options *options, char **at)
{
    dubboc_header *copies = (dubboc_header *)(void *)*at;
    *at += options->header_count * sizeof *copies;
    for (size_t i = 0; i < options->header_count; i++) {
        copies[i].name = pending_put_text(at, options->headers[i].name);
        copies[i].value = pending_put_text(at, options->headers[i].value);
    }
    options->headers = copies;
}

/* Copies the caller's strings into one block, and makes the call point to the copies. */
static bool pending_copy_texts(dubboc_pending *self, const pending_wanted *wanted)
{
    call *of = &self->call;
    dubboc_call_options *options = &of->own_options;
    bool has_own_policy = options->load_balance != NULL;
    char *at = malloc(pending_texts_size(wanted, options) + 1);
    self->texts = at;
    if (at == NULL)
        return false;
    pending_put_headers(options, &at);
    of->interface = pending_put_text(&at, wanted->interface);
    of->method.at = pending_put_text(&at, wanted->method);
    options->group = pending_put_text(&at, options->group);
    options->version = pending_put_text(&at, options->version);
    options->url = pending_put_text(&at, options->url);
    options->load_balance = pending_put_text(&at, options->load_balance);
    if (has_own_policy)
        of->load_balance = options->load_balance;
    of->params = wanted->params;
    if (wanted->own_params == NULL) {
        memcpy(at, wanted->params.at, wanted->params.len);
        of->params.at = at;
    }
    return true;
}

static void pending_wake(waiter *of)
{
    dubboc_pending *self = (dubboc_pending *)((char *)of - offsetof(dubboc_pending, waiter));
    io_loop_post(self->driver->loop, &self->job.task);
}

static void pending_run(io_task *task, unsigned why);
static void pending_stop(io_job *job);

dubboc_status pending_new(const pending_wanted *wanted, dubboc_pending **made, dubboc_error *err)
{
    dubboc_pending *self = malloc(sizeof *self);
    if (self == NULL)
        return error_no_memory(err);
    memset(self, 0, offsetof(dubboc_pending, call));
    memset(&self->waiter, 0, sizeof *self - offsetof(dubboc_pending, waiter));
    mutex_init(&self->lock, MUTEX_RANK_PENDING);
    error_begin_call(&self->err);
    dubboc_status status = call_init(
        &self->call, wanted->client, wanted->interface, wanted->method, wanted->options, err);
    if (status == DUBBOC_OK && !pending_copy_texts(self, wanted)) {
        selector_direct_give_back(&self->call.direct);
        status = error_no_memory(err);
    }
    if (status != DUBBOC_OK) {
        pending_destroy(self);
        return status;
    }
    if (wanted->own_params != NULL)
        buffer_move(&self->params, wanted->own_params);
    self->job = (io_job){.task = {.run = pending_run}, .stop = pending_stop};
    self->client = wanted->client;
    self->waiter.wake = pending_wake;
    self->done = wanted->done;
    self->arg = wanted->arg;
    self->frees_itself = wanted->frees_itself;
    self->is_stepped = wanted->client->async.threads == 0;
    self->call.err = &self->err;
    self->call.waiter = &self->waiter;
    *made = self;
    return DUBBOC_OK;
}

void pending_start(dubboc_pending *self, io_driver *driver, counter_slot *slot)
{
    self->driver = driver;
    self->call.owner = http_client_opener_owner(driver->opener);
    self->slot = self->call.counters = slot;
    self->call.id = counters_next_id(slot, thread_slot());
    io_loop_post(driver->loop, &self->job.task);
}

/* --- the end --- */

/* Copies what is wanted of the reply, because the reply is stored in the connection, which
 * call_fini() releases. */
static void pending_take_reply(dubboc_pending *self)
{
    const call *of = &self->call;
    dubboc_slice text = call_result_text(of);
    if (of->status == DUBBOC_OK && dubboc_text_set(&self->result, text.at, text.len) != DUBBOC_OK)
        error_no_memory(&self->err);
    if (of->status == DUBBOC_E_REMOTE && of->options->remote_error != NULL) {
        text = of->attempt.reply.error.text;
        if (dubboc_text_set(&self->remote_error, text.at, text.len) != DUBBOC_OK)
            self->remote_error.len = 0;
    }
}

/* false: the program has freed the call, so the callback must not be called. */
static bool pending_begin_telling(dubboc_pending *self)
{
    mutex_lock(&self->lock);
    bool is_freed = self->is_freed;
    self->state = PENDING_TELLS;
    self->teller = pthread_self();
    mutex_unlock(&self->lock);
    return !is_freed;
}

/* Destroys the call, or leaves it to the program. The call must not be used afterwards. */
static void pending_end_telling(dubboc_pending *self)
{
    mutex_lock(&self->lock);
    bool is_freed = self->is_freed || self->frees_itself;
    self->state = PENDING_IS_OVER;
    waiter_queue_wake_all(&self->waiting);
    mutex_unlock(&self->lock);
    if (is_freed)
        pending_destroy(self);
}

/* Calls the callback, and then uses the client. The client still exists, because
 * dubboc_client_free() ends the thread of the loop, or steps the loop itself, before it frees the
 * client. */
static void pending_tell(dubboc_pending *self, dubboc_client *client)
{
    int64_t begun_ns = clock_now_ns();
    self->done(self, self->arg);
    if (clock_now_ns() - begun_ns > PENDING_SLOW_MS * NS_PER_MS)
        atomic_fetch_add_explicit(&client->async.slow_callbacks, 1, memory_order_relaxed);
}

static void pending_end(dubboc_pending *self)
{
    dubboc_client *client = self->client;
    counter_slot *slot = self->slot;
    pending_take_reply(self);
    call_fini(&self->call);
    dubboc_status status = self->err.status;
    dubboc_execution execution = self->err.execution;
    bool must_tell = pending_begin_telling(self);
    /* No thread posts the task any more: the call is in no queue, and dubboc_pending_cancel() sees
     * the new state. */
    io_driver_remove(self->driver, &self->job);
    atomic_fetch_sub(&client->async.in_flight, 1);
    client_leave(client, slot, status, execution);
    if (must_tell && self->done != NULL)
        pending_tell(self, client);
    pending_end_telling(self);
}

/* --- stepping --- */

static void pending_step(dubboc_pending *self, const call_event *event);

static void pending_on_opened(
    void *arg, dubboc_status status, http_client_connection *opened, const dubboc_error *err)
{
    dubboc_pending *self = arg;
    const call_event event = {status, opened, err != NULL ? err->text : NULL};
    self->opening = NULL;
    pending_step(self, &event);
}

/* DUBBOC_OK: the task will be run when the socket is ready, or when the attempt's time is over. */
static dubboc_status pending_await_socket(dubboc_pending *self, call_want former)
{
    const http_client_connection *connection = self->call.attempt.connection;
    io_loop *loop = self->driver->loop;
    io_task *task = &self->job.task;
    if (!io_loop_await(loop, task, http_client_connection_fd(connection), connection->serial))
        return DUBBOC_E_NO_MEMORY;
    /* An event that reported room for the request may have reported the reply at the same time, and
     * the loop does not report the reply again. */
    bool may_be_readable = former == CALL_WANTS_WRITE || io_loop_has_ended(loop, task);
    if (http_client_exchange_is_cut_short(connection) ||
        (self->want == CALL_WANTS_READ && may_be_readable))
        io_loop_post(loop, task);
    io_loop_set_timer(loop, task, self->call.attempt.until_ns);
    return DUBBOC_OK;
}

static dubboc_status pending_open(dubboc_pending *self)
{
    call *of = &self->call;
    io_loop_set_timer(self->driver->loop, &self->job.task, DEADLINE_NEVER);
    self->opening = io_driver_open(self->driver, of->attempt.held.provider->endpoint,
        of->attempt.until_ns, pending_on_opened, self);
    return self->opening != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

/* Makes the loop step the call when the event that self->want names has happened. If this function
 * fails, the caller must step the call with the returned status. */
static dubboc_status pending_arrange(dubboc_pending *self, call_want former)
{
    io_loop *loop = self->driver->loop;
    switch (self->want) {
    case CALL_WANTS_WAKE:
        io_loop_set_timer(loop, &self->job.task, self->call.wait_until_ns);
        return DUBBOC_OK;
    case CALL_WANTS_OPEN:
        return pending_open(self);
    case CALL_WANTS_READ:
    case CALL_WANTS_WRITE:
        return pending_await_socket(self, former);
    case CALL_GOES_ON:
    case CALL_ENDED:
        break;
    }
    return DUBBOC_OK;
}

/* Undoes pending_arrange(). */
static void pending_disarrange(dubboc_pending *self)
{
    io_loop_forget(self->driver->loop, &self->job.task);
    if (self->opening != NULL)
        http_client_opening_cancel(self->opening);
    self->opening = NULL;
}

/* The event for a call whose client has been stopped. Gives back the place for a connection that
 * will not be opened. */
static call_event pending_refuse(dubboc_pending *self)
{
    if (self->want == CALL_WANTS_OPEN)
        http_client_endpoint_free_place(self->call.attempt.held.provider->endpoint);
    return (call_event){DUBBOC_E_CLOSED, NULL, NULL};
}

static void pending_step(dubboc_pending *self, const call_event *event)
{
    call_event now = *event;
    for (;;) {
        const call_want former = self->want;
        self->want = call_step(&self->call, &now);
        if (self->want == CALL_ENDED) {
            pending_end(self);
            return;
        }
        if (stop_signal_is_given(&self->client->stop)) {
            now = pending_refuse(self);
            continue;
        }
        now = (call_event){pending_arrange(self, former), NULL, NULL};
        if (now.status == DUBBOC_OK)
            return;
    }
}

/* After the program has freed the call, no function of the program is called for this call any
 * more. */
static void pending_mute_if_freed(dubboc_pending *self)
{
    mutex_lock(&self->lock);
    if (self->is_freed)
        self->call.own_options.explain = NULL;
    mutex_unlock(&self->lock);
}

static void pending_interrupt(dubboc_pending *self, dubboc_status status)
{
    const call_event event = {status, NULL, NULL};
    pending_disarrange(self);
    pending_mute_if_freed(self);
    pending_step(self, &event);
}

static void pending_stop(io_job *job)
{
    pending_interrupt((dubboc_pending *)job, DUBBOC_E_CLOSED);
}

static void pending_run(io_task *task, unsigned why)
{
    dubboc_pending *self = (dubboc_pending *)task;
    bool is_exchange = self->want == CALL_WANTS_READ || self->want == CALL_WANTS_WRITE;
    const call_event event = {
        is_exchange && why == IO_TIME ? DUBBOC_E_TIMEOUT : DUBBOC_OK, NULL, NULL};
    if (self->want == CALL_GOES_ON)
        io_driver_add(self->driver, &self->job);
    if (atomic_load(&self->is_cancelled)) {
        pending_interrupt(self, DUBBOC_E_CANCELLED);
        return;
    }
    if (self->want == CALL_WANTS_OPEN) /* pending_on_opened() will step the call */
        return;
    io_loop_forget(self->driver->loop, task);
    pending_step(self, &event);
}

/* --- the program's side --- */

/* Blocks until the call is over. false: the deadline has passed. */
static bool pending_block(dubboc_pending *self, int64_t deadline_ns)
{
    thread_waiter thread;
    waiter_entry entry = {.is_queued = false};
    bool is_in_time = true;
    thread_waiter_init(&thread);
    mutex_lock(&self->lock);
    waiter_queue_join(&self->waiting, &entry, &thread.waiter);
    while (self->state != PENDING_IS_OVER && is_in_time) {
        mutex_unlock(&self->lock);
        is_in_time = thread_waiter_wait(&thread, deadline_ns);
        mutex_lock(&self->lock);
    }
    bool is_over = self->state == PENDING_IS_OVER;
    waiter_queue_leave(&self->waiting, &entry);
    mutex_unlock(&self->lock);
    return is_over;
}

static bool pending_is_over(dubboc_pending *self)
{
    mutex_lock(&self->lock);
    bool is_over = self->state == PENDING_IS_OVER;
    mutex_unlock(&self->lock);
    return is_over;
}

/* For clients with io_threads = 0: steps until the call is over. */
static dubboc_status pending_step_until(dubboc_pending *self, int64_t deadline_ns)
{
    dubboc_error ignored;
    while (!pending_is_over(self)) {
        int left_ms = deadline_poll_ms(deadline_ns);
        dubboc_status status = io_loop_turn(self->driver->loop, left_ms, &ignored);
        if (status != DUBBOC_OK)
            return status;
        if (left_ms == 0)
            return pending_is_over(self) ? DUBBOC_OK : DUBBOC_E_TIMEOUT;
    }
    return DUBBOC_OK;
}

dubboc_status dubboc_pending_wait(dubboc_pending *self, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms);
    if (pending_is_over(self))
        return DUBBOC_OK;
    if (io_loop_is_within())
        return DUBBOC_E_ARGUMENT;
    if (self->is_stepped)
        return pending_step_until(self, deadline_ns);
    return pending_block(self, deadline_ns) ? DUBBOC_OK : DUBBOC_E_TIMEOUT;
}

/* DUBBOC_OK: the caller may read the outcome, and no other thread will. */
static dubboc_status pending_begin_taking(dubboc_pending *self, dubboc_error *err)
{
    error_begin_call(err);
    mutex_lock(&self->lock);
    dubboc_status status = self->state == PENDING_RUNS ? DUBBOC_E_TIMEOUT
                           : self->is_taken            ? DUBBOC_E_NOT_FOUND
                                                       : DUBBOC_OK;
    if (status == DUBBOC_OK)
        self->is_taken = true;
    mutex_unlock(&self->lock);
    if (status == DUBBOC_E_TIMEOUT)
        error_set(err, DUBBOC_E_TIMEOUT, "the call has not ended yet");
    if (status == DUBBOC_E_NOT_FOUND)
        error_set(err, DUBBOC_E_NOT_FOUND, "the outcome of this call has been taken before");
    if (status != DUBBOC_OK && err != NULL)
        err->execution = DUBBOC_EXECUTION_UNKNOWN;
    return status;
}

/* Fills in *err and options->remote_error. If the peer sent no error, options->remote_error is
 * emptied, because it may still hold the error of an earlier call. */
static void pending_give_error(dubboc_pending *self, dubboc_error *err)
{
    dubboc_text *wanted = self->call.own_options.remote_error;
    const dubboc_text *found = &self->remote_error;
    if (err != NULL)
        *err = self->err;
    if (wanted == NULL)
        return;
    wanted->len = 0;
    if (wanted->data != NULL)
        wanted->data[0] = '\0';
    if (found->data != NULL && dubboc_text_set(wanted, found->data, found->len) != DUBBOC_OK)
        wanted->len = 0;
}

/* DUBBOC_OK: the call was answered with a result, which the caller takes next. */
static dubboc_status pending_take_status(dubboc_pending *self, dubboc_error *err)
{
    dubboc_status status = pending_begin_taking(self, err);
    if (status != DUBBOC_OK)
        return status;
    pending_give_error(self, err);
    return self->err.status;
}

dubboc_status dubboc_pending_take(dubboc_pending *self, cJSON **result, dubboc_error *err)
{
    dubboc_status status = pending_take_status(self, err);
    if (status != DUBBOC_OK || result == NULL)
        return status;
    return json_build(slice_make(self->result.data, self->result.len), result, err);
}

dubboc_status dubboc_pending_take_raw(dubboc_pending *self, dubboc_text *result, dubboc_error *err)
{
    dubboc_status status = pending_take_status(self, err);
    if (status != DUBBOC_OK || result == NULL)
        return status;
    return dubboc_text_set(result, self->result.data, self->result.len) == DUBBOC_OK
               ? DUBBOC_OK
               : error_no_memory(err);
}

static void pending_cancel_locked(dubboc_pending *self)
{
    if (self->state == PENDING_RUNS && !atomic_exchange(&self->is_cancelled, true))
        io_loop_post(self->driver->loop, &self->job.task);
}

void dubboc_pending_cancel(dubboc_pending *self)
{
    mutex_lock(&self->lock);
    pending_cancel_locked(self);
    mutex_unlock(&self->lock);
}

void dubboc_pending_free(dubboc_pending *self)
{
    if (self == NULL)
        return;
    mutex_lock(&self->lock);
    bool is_telling = self->state == PENDING_TELLS;
    bool is_own_callback = is_telling && pthread_equal(self->teller, pthread_self());
    bool is_over = self->state == PENDING_IS_OVER;
    if (!is_over && (!is_telling || is_own_callback)) {
        self->is_freed = true; /* the loop's thread destroys it */
        pending_cancel_locked(self);
        mutex_unlock(&self->lock);
        return;
    }
    mutex_unlock(&self->lock);
    if (!is_over)
        pending_block(self, DEADLINE_NEVER);
    pending_destroy(self);
}

/* Starts asynchronous calls and chooses the driver that runs each of them. A call that is started
 * inside a callback runs on the driver of that callback's thread, because that needs no wake-up.
 * All other calls are spread over the drivers in turn. */
#include "client/async.h"

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/io_driver.h"
#include "client/leave.h"
#include "client/pending.h"
#include "client/request.h"

#define STEP_PAUSE_MS 100 /* after epoll_wait() has failed, so that the thread does not spin */

/* --- drivers --- */

static unsigned async_driver_count(const dubboc_client *client)
{
    return client->async.threads > 0 ? (unsigned)client->async.threads : 1;
}

static dubboc_status async_make_driver(dubboc_client *client, io_driver **made, dubboc_error *err)
{
    dubboc_status status = io_driver_new(client->http, &client->stop, made, err);
    if (status != DUBBOC_OK || client->async.threads == 0)
        return status;
    status = io_loop_start_thread((*made)->loop, err);
    if (status != DUBBOC_OK)
        io_driver_free(*made);
    return status;
}

/* Creates the driver at its first use, under the lock, so that it is created once. */
static dubboc_status async_find_driver(
    dubboc_client *client, unsigned which, io_driver **found, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    *found = atomic_load_explicit(&client->async.drivers[which], memory_order_acquire);
    if (*found != NULL)
        return DUBBOC_OK;
    mutex_lock(&client->lock);
    *found = atomic_load_explicit(&client->async.drivers[which], memory_order_relaxed);
    if (*found == NULL) {
        status = async_make_driver(client, found, err);
        if (status == DUBBOC_OK)
            atomic_store_explicit(&client->async.drivers[which], *found, memory_order_release);
    }
    mutex_unlock(&client->lock);
    return status;
}

static dubboc_status async_choose_driver(
    dubboc_client *client, io_driver **chosen, dubboc_error *err)
{
    unsigned count = async_driver_count(client);
    for (unsigned i = 0; i < count && io_loop_is_within(); i++) {
        *chosen = atomic_load_explicit(&client->async.drivers[i], memory_order_acquire);
        if (*chosen != NULL && io_loop_is_current((*chosen)->loop))
            return DUBBOC_OK;
    }
    unsigned next = atomic_fetch_add_explicit(&client->async.next, 1, memory_order_relaxed);
    return async_find_driver(client, next % count, chosen, err);
}

/* --- life --- */

dubboc_status async_init(
    dubboc_client *client, int threads, unsigned in_flight_max, dubboc_error *err)
{
    io_driver *driver;
    client->async.threads = threads;
    client->async.in_flight_max = in_flight_max;
    return threads > 0 ? DUBBOC_OK : async_find_driver(client, 0, &driver, err);
}

void async_step_to_end(dubboc_client *client)
{
    io_driver *driver = atomic_load(&client->async.drivers[0]);
    dubboc_error ignored;
    if (client->async.threads > 0 || driver == NULL)
        return;
    while (atomic_load(&client->async.in_flight) > 0)
        if (io_loop_turn(driver->loop, -1, &ignored) != DUBBOC_OK) {
            /* epoll_wait() has failed, so the loop does not see the stop signal */
            io_driver_stop_jobs(driver);
            poll(NULL, 0, STEP_PAUSE_MS);
        }
}

void async_stop(dubboc_client *client)
{
    for (unsigned i = 0; i < async_driver_count(client); i++) {
        io_driver *driver = atomic_load(&client->async.drivers[i]);
        if (driver != NULL)
            io_loop_stop_thread(driver->loop);
    }
}

void async_fini(dubboc_client *client)
{
    for (unsigned i = 0; i < async_driver_count(client); i++)
        io_driver_free(atomic_load(&client->async.drivers[i]));
}

/* --- starting --- */

static bool async_count_in_flight(dubboc_client *client)
{
    if (atomic_fetch_add(&client->async.in_flight, 1) < client->async.in_flight_max)
        return true;
    atomic_fetch_sub(&client->async.in_flight, 1);
    return false;
}

static dubboc_status async_make_call(
    const pending_wanted *wanted, dubboc_pending **made, io_driver **driver, dubboc_error *err)
{
    dubboc_client *client = wanted->client;
    if (stop_signal_is_given(&client->stop))
        return error_set(err, DUBBOC_E_CLOSED, "the client has been stopped");
    dubboc_status status = async_choose_driver(client, driver, err);
    if (status != DUBBOC_OK)
        return status;
    if (!async_count_in_flight(client))
        return error_set(err, DUBBOC_E_BUSY,
            "too many asynchronous calls in flight: %u ([client] in_flight_max)",
            client->async.in_flight_max);
    status = pending_new(wanted, made, err);
    if (status != DUBBOC_OK)
        atomic_fetch_sub(&client->async.in_flight, 1);
    return status;
}

static dubboc_status async_start(
    const pending_wanted *wanted, dubboc_pending **pending, dubboc_error *err)
{
    dubboc_client *client = wanted->client;
    dubboc_pending *made = NULL;
    io_driver *driver;
    counter_slot *slot = counters_begin(&client->counters, clock_now_ns());
    dubboc_status status = async_make_call(wanted, &made, &driver, err);
    if (status != DUBBOC_OK) {
        client_leave(client, slot, status, DUBBOC_NOT_EXECUTED);
        return status;
    }
    if (pending != NULL)
        *pending = made; /* before the callback can run */
    pending_start(made, driver, slot);
    return DUBBOC_OK;
}

dubboc_status dubboc_call_start_raw(dubboc_client *client, const char *interface,
    const char *method, dubboc_slice params, const dubboc_call_options *options, dubboc_done done,
    void *arg, dubboc_pending **pending, dubboc_error *err)
{
    json_value value;
    error_begin_call(err);
    dubboc_status status = request_check_params(params, &value, err);
    if (status != DUBBOC_OK)
        return status;
    const pending_wanted wanted = {.client = client,
        .interface = interface,
        .method = method,
        .params = value.text,
        .options = options,
        .done = done,
        .arg = arg,
        .frees_itself = pending == NULL};
    return async_start(&wanted, pending, err);
}

dubboc_status dubboc_call_start(dubboc_client *client, const char *interface, const char *method,
    const cJSON *params, const dubboc_call_options *options, dubboc_done done, void *arg,
    dubboc_pending **pending, dubboc_error *err)
{
    buffer text;
    error_begin_call(err);
    buffer_init(&text, REQUEST_PARAMS_BYTES_MAX);
    dubboc_status status = request_write_params(&text, params, err);
    if (status == DUBBOC_OK) {
        const pending_wanted wanted = {.client = client,
            .interface = interface,
            .method = method,
            .params = buffer_slice(&text),
            .own_params = &text,
            .options = options,
            .done = done,
            .arg = arg,
            .frees_itself = pending == NULL};
        status = async_start(&wanted, pending, err);
    }
    buffer_fini(&text);
    return status;
}

/* --- the program's own loop --- */

int dubboc_client_fd(const dubboc_client *client)
{
    const io_driver *driver = atomic_load(&client->async.drivers[0]);
    return client->async.threads == 0 && driver != NULL ? io_loop_fd(driver->loop) : -1;
}

dubboc_status dubboc_client_step(dubboc_client *client, int timeout_ms, dubboc_error *err)
{
    error_clear(err);
    if (client->async.threads > 0)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "dubboc_client_step() is only for clients with [client] io_threads = 0");
    if (io_loop_is_within())
        return error_set(
            err, DUBBOC_E_ARGUMENT, "dubboc_client_step() was called inside a callback");
    if (stop_signal_is_given(&client->stop) && atomic_load(&client->async.in_flight) == 0)
        return error_set(err, DUBBOC_E_CLOSED, "the client has been stopped");
    io_driver *driver = atomic_load(&client->async.drivers[0]);
    return io_loop_turn(driver->loop, timeout_ms, err);
}

/* Makes, starts, stops and frees a server.
 *
 * dubboc_server_start() makes, in this order: look-up tables, registry object, listening socket,
 * workers, loops, and last the nodes in the registry, so that no consumer learns of a server that
 * cannot answer yet.
 *
 * dubboc_server_stop() ends these parts in the reverse order, but waits in between: it removes the
 * nodes, keeps serving until consumers have noticed (stop_wait.h), waits for running calls, and
 * then closes. A call that arrives during this time is served, or answered as not executed. */
#include "server/server.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/memory_size.h"
#include "base/sized.h"
#include "server/dispatch.h"
#include "server/unused_sections.h"

/* how long stop waits until the nodes are removed; ZooKeeper removes the rest with the session */
#define UNREGISTER_MS 2000
/* how long stop waits for the last answers to be sent */
#define LAST_BYTES_MS 1000
/* how often a stopping server checks whether it is idle */
#define LOOK_MS 2
#define LOOPS_MAX 1024
#define WORKERS_MIN 8
#define WORKERS_PER_CORE 4
#define MEMORY_AUTO_MAX (INT64_C(512) * 1024 * 1024)

/* --- settings --- */

static int server_cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > LOOPS_MAX ? LOOPS_MAX : (int)count;
}

static int64_t server_choose(int64_t in_code, const dubboc_config *config, const char *key)
{
    return in_code != 0 ? in_code : config_int(config, "server", key);
}

static dubboc_status server_check_range(
    const char *name, int64_t value, int64_t min, int64_t max, dubboc_error *err)
{
    if (value >= min && value <= max)
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_ARGUMENT, "%s is %lld, expected %lld to %lld", name,
        (long long)value, (long long)min, (long long)max);
}

/* Like server_choose(), for keys whose value may be "auto", which is read as -1. */
static int64_t server_choose_count(
    int in_code, const dubboc_config *config, const char *key, int automatic)
{
    int64_t count = server_choose(in_code, config, key);
    return in_code == 0 && count < 0 ? automatic : count;
}

/* Chooses memory_max: one half is for bodies, the other for the trees of params. The half for
 * bodies must hold a body of the largest size. */
static dubboc_status server_choose_memory(dubboc_server *self, int64_t in_code, dubboc_error *err)
{
    int64_t least = 2 * self->body_max_bytes;
    int64_t memory = server_choose(in_code, self->config, "memory_max");
    if (in_code == 0 && memory < 0) {
        uint64_t quarter = memory_size_of_process("") / 4;
        memory = quarter < MEMORY_AUTO_MAX ? (int64_t)quarter : MEMORY_AUTO_MAX;
        memory = memory < least ? least : memory;
    }
    self->memory_max_bytes = memory;
    self->serving.trees.max_bytes = (size_t)(memory / 2);
    if (memory >= least)
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_ARGUMENT,
        "[server] memory_max is %lld, "
        "expected at least twice body_max, which is %lld",
        (long long)memory, (long long)self->body_max_bytes);
}

static dubboc_status server_choose_numbers(
    dubboc_server *self, const dubboc_server_options *options, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    int workers_auto = server_cores() * WORKERS_PER_CORE > WORKERS_MIN
                           ? server_cores() * WORKERS_PER_CORE
                           : WORKERS_MIN;
    int64_t port = options->port == DUBBOC_NONE ? 0 : server_choose(options->port, config, "port");
    int64_t loops = options->loops == DUBBOC_NONE
                        ? 0
                        : server_choose_count(options->loops, config, "loops", server_cores());
    int64_t worker_count = server_choose_count(options->workers, config, "workers", workers_auto);
    int64_t queue = server_choose(options->queue, config, "queue");
    int64_t body_max = server_choose(options->body_max_bytes, config, "body_max");
    int64_t connections = server_choose(options->connections, config, "connections");
    dubboc_status status = server_check_range("port", port, 0, 65535, err);
    if (status == DUBBOC_OK)
        status = server_check_range("loops", loops, 0, LOOPS_MAX, err);
    if (status == DUBBOC_OK)
        status = server_check_range("workers", worker_count, 1, WORKERS_MAX, err);
    if (status == DUBBOC_OK)
        status = server_check_range("queue", queue, 1, WORKERS_QUEUE_MAX, err);
    if (status == DUBBOC_OK)
        status = server_check_range("body_max_bytes", body_max, 1, INT64_C(2) << 30, err);
    if (status == DUBBOC_OK)
        status = server_check_range("connections", connections, 1, 1000000, err);
    self->port = (int)port;
    self->loops = (int)loops;
    self->worker_count = (int)worker_count;
    self->serving.tree_waiters_max = (size_t)worker_count / 2;
    self->queue_max = (int)queue;
    self->serving.queue_time_ns = config_int(config, "server", "queue_time") * NS_PER_MS;
    self->body_max_bytes = body_max;
    self->connections_max = (int)connections;
    if (status == DUBBOC_OK)
        status = server_choose_memory(self, options->memory_max_bytes, err);
    return status;
}

static dubboc_status server_choose_settings(
    dubboc_server *self, const dubboc_server_options *options, dubboc_error *err)
{
    const char *address = options->registry != NULL
                              ? options->registry
                              : config_text(self->config, "registry", "address");
    self->registry_address = mem_dup(address);
    self->is_unregistered_on_purpose = options->registry != NULL && options->registry[0] == '\0';
    self->ip =
        mem_dup(options->ip != NULL ? options->ip : config_text(self->config, "server", "ip"));
    self->application = options->application != NULL ? mem_dup(options->application) : NULL;
    self->serving.checks_raw = config_bool(self->config, "server", "check_raw");
    self->serving.deferrals.open_max = (size_t)config_int(self->config, "server", "deferred_max");
    if (self->registry_address == NULL || self->ip == NULL ||
        (options->application != NULL && self->application == NULL))
        return error_no_memory(err);
    return server_choose_numbers(self, options, err);
}

static dubboc_status server_take_config(
    const dubboc_config *given, dubboc_config **own, dubboc_error *err)
{
    if (given == NULL)
        return dubboc_config_load(NULL, own, err);
    *own = config_ref(given);
    return DUBBOC_OK;
}

dubboc_status dubboc_server_new(
    const dubboc_server_options *options, dubboc_server **server, dubboc_error *err)
{
    dubboc_server_options own;
    assert(server != NULL);
    error_clear(err);
    dubboc_status status = SIZED_READ(dubboc_server_options, options, &own, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_server *made = MEM_NEW(dubboc_server);
    if (made == NULL)
        return error_no_memory(err);
    made->step_fd = made->timer_fd = made->failed.fd = -1;
    deferrals_init(&made->serving.deferrals);
    memory_budget_init(&made->serving.trees, 0);
    made->serving.turned_away = turned_away_new();
    status = made->serving.turned_away != NULL ? server_take_config(own.config, &made->config, err)
                                               : error_no_memory(err);
    if (status == DUBBOC_OK)
        log_take_level(config_text(made->config, "log", "level"));
    if (status == DUBBOC_OK)
        status = server_choose_settings(made, &own, err);
    if (status == DUBBOC_OK)
        *server = made;
    else
        dubboc_server_free(made);
    return status;
}

/* --- services --- */

dubboc_status dubboc_server_add_service(dubboc_server *server, const char *interface,
    const dubboc_service_options *options, dubboc_service **service, dubboc_error *err)
{
    assert(server != NULL && service != NULL && !server->is_started);
    error_clear(err);
    return services_add(
        &server->serving.services, server->config, interface, options, service, err);
}

dubboc_status dubboc_server_handle(dubboc_server *server, const char *interface, const char *method,
    dubboc_handler handler, void *arg, dubboc_error *err)
{
    assert(server != NULL && !server->is_started);
    services *offered = &server->serving.services;
    dubboc_service *service = NULL;
    dubboc_status status = DUBBOC_OK;
    if (interface != NULL)
        service = services_find_interface(offered, interface);
    bool is_new = service == NULL;
    if (is_new)
        status = dubboc_server_add_service(server, interface, NULL, &service, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_method added = DUBBOC_METHOD(method, handler, .arg = arg);
    status = dubboc_service_add_method(service, &added, err);
    if (status != DUBBOC_OK && is_new) /* dubboc_server_start() refuses a service without methods */
        services_drop_last(offered);
    return status;
}

void dubboc_server_set_fallback(dubboc_server *server, dubboc_http_handler handler, void *arg)
{
    assert(server != NULL && !server->is_started);
    server->serving.fallback = handler;
    server->serving.fallback_arg = arg;
}

void dubboc_server_set_failure_handler(
    dubboc_server *server, dubboc_failure_handler handler, void *arg)
{
    assert(server != NULL && !server->is_started);
    server->on_failure = handler;
    server->failure_arg = arg;
}

/* --- start --- */

static void server_on_request(void *arg, http_server_request *incoming)
{
    dubboc_server *self = arg;
    dispatch_request(&self->serving, incoming);
}

static void server_on_failure(void *arg, const char *problem)
{
    const dubboc_server *self = arg;
    dubboc_error failure = {0};
    error_set(&failure, DUBBOC_E_SYSTEM, "the server has failed: %s", problem);
    if (self->on_failure != NULL)
        self->on_failure(&failure, self->failure_arg);
    if (self->failed.fd >= 0)
        wake_signal(&self->failed);
}

static dubboc_status server_open_http(dubboc_server *self, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    int per_address = (int)config_int(config, "server", "connections_per_address");
    http_server_settings settings = {
        .ip = self->ip,
        .port = self->port,
        .loops = self->loops,
        .body_max_bytes = (size_t)self->body_max_bytes,
        .memory_max_bytes = (size_t)(self->memory_max_bytes - self->memory_max_bytes / 2),
        .connections_max = self->connections_max,
        .connections_per_address_max = per_address > 0 ? per_address : self->connections_max,
        .header_timeout_ms = config_int(config, "server", "header_timeout"),
        .body_timeout_ms = config_int(config, "server", "body_timeout"),
        .answer_timeout_ms = config_int(config, "server", "answer_timeout"),
        .idle_timeout_ms = config_int(config, "server", "idle_timeout"),
        .on_request = server_on_request,
        .on_failure = server_on_failure,
        .arg = self,
    };
    dubboc_status status = http_server_open(&settings, &self->http, err);
    if (status != DUBBOC_OK)
        return status;
    self->bound = mem_dup(http_server_address(self->http));
    if (self->bound == NULL)
        return error_no_memory(err);
    const registry *known = self->registration.registry;
    const char *servers = known != NULL ? registry_servers(known) : "";
    return registered_address(config, self->bound, servers, &self->registered, err);
}

static dubboc_status server_start_workers(dubboc_server *self, dubboc_error *err)
{
    if (self->loops == 0)
        return DUBBOC_OK;
    workers_settings settings = {.threads = self->worker_count,
        .queue_max = self->queue_max,
        .run = dispatch_run,
        .refuse = dispatch_refuse};
    return workers_new(&settings, &self->serving.workers, err);
}

static bool server_watch_fd(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Opens the descriptor of a server with loops = 0. */
static dubboc_status server_open_step_fd(dubboc_server *self, dubboc_error *err)
{
    if (self->loops > 0)
        return DUBBOC_OK;
    self->step_fd = epoll_create1(EPOLL_CLOEXEC);
    self->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (self->step_fd < 0 || self->timer_fd < 0 ||
        !server_watch_fd(self->step_fd, self->timer_fd) ||
        !server_watch_fd(self->step_fd, self->serving.deferrals.wake.fd) ||
        !server_watch_fd(self->step_fd, http_server_fd(self->http)))
        return error_set(err, DUBBOC_E_SYSTEM,
            "cannot create the descriptor of dubboc_server_fd(): %s", strerror(errno));
    return DUBBOC_OK;
}

static void server_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Ends the workers, and then all deferred answers; in this order, because handlers on workers may
 * defer answers. */
static void server_close_parts(dubboc_server *self)
{
    if (self->serving.workers != NULL)
        workers_stop(self->serving.workers);
    deferrals_stop(&self->serving.deferrals);
}

static void server_free_parts(dubboc_server *self)
{
    registration_close(&self->registration);
    http_server_free(self->http);
    self->http = NULL;
    workers_free(self->serving.workers);
    self->serving.workers = NULL;
    server_close_fd(&self->step_fd);
    server_close_fd(&self->timer_fd);
}

static void server_forget_addresses(dubboc_server *self)
{
    free(self->bound);
    free(self->registered);
    self->bound = self->registered = NULL;
}

/* Undoes dubboc_server_start(), which has failed, so that the server can be started again. Deferred
 * handles that handlers have taken since the loops started stay with the program, and count towards
 * deferred_max until they are used. */
static void server_undo_start(dubboc_server *self)
{
    server_close_parts(self);
    server_free_parts(self);
    server_forget_addresses(self);
    self->is_started = false;
}

static dubboc_status server_start_parts(dubboc_server *self, dubboc_error *err)
{
    dubboc_status status =
        registration_open(&self->registration, self->config, self->registry_address, err);
    if (status == DUBBOC_OK)
        status = server_open_http(self, err);
    if (status == DUBBOC_OK)
        status = server_start_workers(self, err);
    if (status == DUBBOC_OK)
        status = http_server_start(self->http, err);
    if (status == DUBBOC_OK)
        status = server_open_step_fd(self, err);
    if (status == DUBBOC_OK)
        status = registration_register(&self->registration, &self->serving.services, self->config,
            self->bound, self->registered, self->application, err);
    return status;
}

dubboc_status dubboc_server_start(dubboc_server *server, dubboc_error *err)
{
    assert(server != NULL && !server->is_started);
    error_clear(err);
    if (server->serving.services.count == 0 && server->serving.fallback == NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "nothing to serve: no service was added");
    dubboc_status status = services_freeze(&server->serving.services, err);
    if (status != DUBBOC_OK)
        return status;
    status = deferrals_start(&server->serving.deferrals, server->loops > 0, err);
    if (status == DUBBOC_OK) {
        server->is_started = true;
        status = server_start_parts(server, err);
        if (status != DUBBOC_OK)
            server_undo_start(server);
    }
    if (status != DUBBOC_OK) {
        services_thaw(&server->serving.services);
        return status;
    }
    unused_sections_warn(server->config, &server->serving.services);
    LOG(DUBBOC_LOG_INFO, "server", "serving",
        "address=%s registered=%s services=%zu loops=%d workers=%d", server->bound,
        server->registered, server->serving.services.count, server->loops,
        server->loops > 0 ? server->worker_count : 0);
    if (server->registry_address[0] == '\0' && !server->is_unregistered_on_purpose)
        LOG(DUBBOC_LOG_WARN, "server", "not registered: no registry is configured",
            "key=\"[registry] address\" variable=DUBBOC_REGISTRY_ADDRESS");
    return DUBBOC_OK;
}

/* --- use --- */

const char *dubboc_server_address(const dubboc_server *server)
{
    return server->bound != NULL ? server->bound : "";
}

const char *dubboc_server_registered_address(const dubboc_server *server)
{
    return server->registered != NULL ? server->registered : "";
}

int dubboc_server_fd(const dubboc_server *server)
{
    return server->step_fd;
}

/* Sets the timer to the time when the next deferred answer is given up; DEADLINE_NEVER: disarms it.
 * false: see errno. */
static bool server_arm_timer(const dubboc_server *self, int64_t next_ns)
{
    struct itimerspec when = {0};
    if (next_ns != DEADLINE_NEVER) {
        int64_t left_ns = next_ns - clock_now_ns();
        left_ns = left_ns > 0 ? left_ns : 1;
        when.it_value.tv_sec = (time_t)(left_ns / NS_PER_S);
        when.it_value.tv_nsec = (long)(left_ns % NS_PER_S);
    }
    return timerfd_settime(self->timer_fd, 0, &when, NULL) == 0;
}

dubboc_status dubboc_server_step(dubboc_server *server, int timeout_ms, dubboc_error *err)
{
    assert(server->is_started && server->loops == 0);
    error_clear(err);
    if (server->http == NULL)
        return error_set(err, DUBBOC_E_CLOSED, "the server is stopped");
    struct epoll_event events[4];
    int count = epoll_wait(server->step_fd, events, 4, timeout_ms);
    if (count < 0 && errno != EINTR)
        http_server_fail_call(server->http, "epoll_wait", errno);
    bool is_due = false;
    for (int i = 0; i < count; i++)
        is_due |= events[i].data.fd == server->timer_fd ||
                  events[i].data.fd == server->serving.deferrals.wake.fd;
    dubboc_status status = http_server_step(server->http, 0, err);
    if (is_due && !server_arm_timer(server, deferrals_expire(&server->serving.deferrals)))
        http_server_fail_call(server->http, "timerfd_settime", errno);
    return status;
}

/* --- stop --- */

static bool server_is_idle(const dubboc_server *self)
{
    return http_server_is_drained(self->http);
}

/* Serves for at most longest_ms, and not beyond deadline_ns. false: the server has failed. */
static bool server_serve_until(dubboc_server *self, int64_t deadline_ns, int longest_ms)
{
    int wait_ms = deadline_poll_ms(deadline_ns);
    if (wait_ms > longest_ms || wait_ms < 0)
        wait_ms = longest_ms;
    if (self->loops == 0)
        return dubboc_server_step(self, wait_ms, NULL) == DUBBOC_OK;
    if (http_server_problem(self->http) != NULL)
        return false;
    poll(NULL, 0, wait_ms);
    return true;
}

/* Keeps serving until no request is in progress, for at most timeout_ms. */
static void server_serve_until_idle(dubboc_server *self, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms);
    while (!deadline_is_over(deadline_ns) && !server_is_idle(self))
        if (!server_serve_until(self, deadline_ns, LOOK_MS))
            return;
}

/* Removes the nodes from the registry, and keeps serving until consumers have noticed. */
static void server_leave_registry(dubboc_server *self)
{
    bool is_known = registration_is_known(&self->registration);
    atomic_store(&self->serving.calls.is_on, true);
    registration_withdraw(&self->registration, UNREGISTER_MS);
    if (!is_known)
        return;
    stop_wait wait = {
        .least_ms = config_int(self->config, "server", "stop_watch_wait"),
        .quiet_ms = config_int(self->config, "server", "stop_quiet"),
        .most_ms = config_int(self->config, "server", "stop_watch_max"),
        .begun_ns = clock_now_ns(),
    };
    int64_t end_ns;
    while (!deadline_is_over(
        end_ns = stop_wait_end_ns(&wait, atomic_load(&self->serving.calls.last_ns))))
        if (!server_serve_until(self, end_ns, INT_MAX))
            return;
}

void dubboc_server_stop(dubboc_server *server)
{
    if (!server->is_started || server->is_stopped)
        return;
    server->is_stopped = true;
    LOG(DUBBOC_LOG_INFO, "server", "stopping", "address=%s requests=%d", server->bound,
        http_server_requests(server->http));
    server_leave_registry(server);
    http_server_drain(server->http);
    server_serve_until_idle(server, config_int(server->config, "server", "stop_drain"));
    if (!server_is_idle(server))
        LOG(DUBBOC_LOG_WARN, "server",
            "drain time is over, refusing requests that were not started", "requests=%d",
            http_server_requests(server->http));
    server_close_parts(server);
    server_serve_until_idle(server, LAST_BYTES_MS);
    server_free_parts(server);
    LOG(DUBBOC_LOG_INFO, "server", "stopped", "address=%s", server->bound);
}

void dubboc_server_free(dubboc_server *server)
{
    if (server == NULL)
        return;
    dubboc_server_stop(server);
    deferrals_fini(&server->serving.deferrals);
    memory_budget_fini(&server->serving.trees);
    services_fini(&server->serving.services);
    turned_away_free(server->serving.turned_away);
    dubboc_config_free(server->config);
    free(server->registry_address);
    free(server->application);
    free(server->ip);
    server_forget_addresses(server);
    free(server);
}

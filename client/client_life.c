/* Creating and freeing a client: takes the settings from options and configuration, creates
 * registry, HTTP client and selector, and frees them in order after the last call has ended. */
#include "client/async.h"
#include "client/reference.h"
#include "client/timeout.h"

#include <errno.h>
#include <limits.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sized.h"

static int64_t client_choose(int64_t option, const dubboc_config *config, const char *key)
{
    if (option != 0)
        return option;
    return config_int(config, "client", key);
}

static const char *client_choose_text(
    const char *option, const dubboc_config *config, const char *section, const char *key)
{
    return option != NULL ? option : config_text(config, section, key);
}

/* In all of these options 0 means the default. */
static dubboc_status client_check_numbers(const dubboc_client_options *options, dubboc_error *err)
{
    const struct {
        const char *name;
        int64_t value, min, max;
    } numbers[] = {
        {"timeout_ms", options->timeout_ms, DUBBOC_NONE, INT64_MAX},
        {"attempt_timeout_ms", options->attempt_timeout_ms, DUBBOC_NONE, INT64_MAX},
        {"connect_timeout_ms", options->connect_timeout_ms, 0, INT64_MAX},
        {"retries", options->retries, DUBBOC_NONE, INT_MAX},
        {"pool_size", options->pool_size, 0, 65535},
        {"reply_max_bytes", options->reply_max_bytes, 0, INT64_C(2) << 30},
        {"io_threads", options->io_threads, DUBBOC_NONE, IO_THREADS_MAX},
        {"in_flight_max", options->in_flight_max, 0, IN_FLIGHT_MOST},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].value < numbers[i].min || numbers[i].value > numbers[i].max)
            return error_set(err, DUBBOC_E_ARGUMENT,
                "dubboc_client_options.%s is %lld, expected %lld to %lld", numbers[i].name,
                (long long)numbers[i].value, (long long)numbers[i].min, (long long)numbers[i].max);
    return DUBBOC_OK;
}

static dubboc_status client_open_http(
    dubboc_client *self, const dubboc_client_options *options, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    char connect_timeout_origin[SETTING_ORIGIN_SIZE], proxy_origin[SETTING_ORIGIN_SIZE];
    client_describe_setting(config, options->connect_timeout_ms != 0 ? "connect_timeout_ms" : NULL,
        "connect_timeout", connect_timeout_origin, sizeof connect_timeout_origin);
    client_describe_setting(config, NULL, "proxy", proxy_origin, sizeof proxy_origin);
    http_client_settings settings = {
        .stop = &self->stop,
        .pool_size = (int)client_choose(options->pool_size, config, "pool_size"),
        .pool_idle_ms = client_choose(0, config, "pool_idle"),
        .dns_ttl_ms = client_choose(0, config, "dns_ttl"),
        .pool_ttl_ms = client_choose(0, config, "pool_ttl"),
        .connect_timeout_ms = client_choose(options->connect_timeout_ms, config, "connect_timeout"),
        .connect_timeout_origin = connect_timeout_origin,
        .proxy_origin = proxy_origin,
        .reply_max_bytes = (size_t)client_choose(options->reply_max_bytes, config, "reply_max"),
        .proxy = config_text(config, "client", "proxy"),
        .tls_ca_file = config_text(config, "client", "tls_ca_file"),
    };
    return http_client_new(&settings, &self->http, err);
}

static dubboc_status client_open_registry(
    dubboc_client *self, const dubboc_client_options *options, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    registry_settings settings = {
        .address = client_choose_text(options->registry, config, "registry", "address"),
        .username = config_text(config, "registry", "username"),
        .password = config_text(config, "registry", "password"),
        .timeout_ms = config_int(config, "registry", "timeout"),
        .self_check_ms = config_int(config, "registry", "self_check"),
    };
    return settings.address[0] != '\0' ? registry_open(&settings, &self->registry, err) : DUBBOC_OK;
}

static dubboc_status client_open_selector(dubboc_client *self, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    selector_settings settings = {
        .ttl_ms = config_int(config, "client", "selector_ttl"),
        .empty_grace_ms = config_int(config, "client", "empty_grace"),
        .snapshot_dir = config_text(config, "client", "snapshot_dir"),
        .load_balance = self->load_balance,
        .health_failures = (int)config_int(config, "client", "health_failures"),
        .health_rest_ms = config_int(config, "client", "health_rest"),
        .health_probe_ms = config_int(config, "client", "health_probe"),
        .application = self->application,
        .peer_of = dialect_peer_of,
        .extra_work = references_register_nodes,
        .extra_arg = self,
    };
    dubboc_status status = selector_check_policy(self->load_balance, err);
    if (status == DUBBOC_OK)
        status = selector_new(&settings, self->registry, self->http, &self->selector, err);
    if (status == DUBBOC_E_SYSTEM && settings.snapshot_dir[0] != '\0') {
        char origin[SETTING_ORIGIN_SIZE];
        client_describe_setting(config, NULL, "snapshot_dir", origin, sizeof origin);
        error_prefix(err, status, "[client] snapshot_dir (%s)", origin);
    }
    return status;
}

static dubboc_status client_open_async(
    dubboc_client *self, const dubboc_client_options *options, dubboc_error *err)
{
    int64_t threads = client_choose(options->io_threads, self->config, "io_threads");
    int64_t in_flight_max = client_choose(options->in_flight_max, self->config, "in_flight_max");
    return async_init(self, threads > 0 ? (int)threads : 0, (unsigned)in_flight_max, err);
}

static dubboc_status client_open_parts(
    dubboc_client *self, const dubboc_client_options *options, dubboc_error *err)
{
    const dubboc_config *config = self->config;
    int64_t retries = client_choose(options->retries, config, "retries");
    self->retries = retries > 0 ? (int)retries : 0;
    self->timeout_ms = client_choose(options->timeout_ms, config, "request_timeout");
    self->timeout_is_option = options->timeout_ms != 0;
    self->attempt_timeout_ms =
        client_choose(options->attempt_timeout_ms, config, "attempt_timeout");
    self->registers = config_bool(config, "client", "register");
    self->load_balance =
        mem_dup(client_choose_text(options->load_balance, config, "client", "load_balance"));
    self->application =
        mem_dup(client_choose_text(options->application, config, "application", "name"));
    if (self->load_balance == NULL || self->application == NULL)
        return error_no_memory(err);
    dubboc_status status = client_open_http(self, options, err);
    if (status == DUBBOC_OK)
        status = client_open_registry(self, options, err);
    if (status == DUBBOC_OK)
        status = client_open_selector(self, err);
    if (status == DUBBOC_OK)
        status = client_open_async(self, options, err);
    return status;
}

/* Initialises what dubboc_client_free() needs, so that it also frees a client whose creation
 * failed. */
static dubboc_status client_init_waiting(dubboc_client *self, dubboc_error *err)
{
    mutex_init(&self->lock, MUTEX_RANK_CLIENT);
    references_init(self);
    condition_init(&self->changed);
    if (stop_signal_init(&self->stop))
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_SYSTEM, "cannot create an eventfd: %s", strerrordesc_np(errno));
}

dubboc_status dubboc_client_new(
    const dubboc_client_options *given, dubboc_client **client, dubboc_error *err)
{
    error_clear(err);
    dubboc_client_options options;
    dubboc_status status = SIZED_READ(dubboc_client_options, given, &options, err);
    if (status == DUBBOC_OK)
        status = client_check_numbers(&options, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_client *self = aligned_alloc(CACHE_LINE, sizeof *self);
    if (self == NULL)
        return error_no_memory(err);
    memset(self, 0, sizeof *self);
    counters_init(&self->counters);
    status = client_init_waiting(self, err);
    if (status == DUBBOC_OK && options.config != NULL)
        self->config = config_ref(options.config);
    else if (status == DUBBOC_OK)
        status = dubboc_config_load(NULL, &self->config, err);
    if (status == DUBBOC_OK)
        log_take_level(config_text(self->config, "log", "level"));
    if (status == DUBBOC_OK)
        status = client_open_parts(self, &options, err);
    if (status != DUBBOC_OK) {
        dubboc_client_free(self);
        return status;
    }
    *client = self;
    return DUBBOC_OK;
}

void dubboc_client_stop(dubboc_client *self)
{
    stop_signal_give(&self->stop);
}

static void client_wait_for_calls(dubboc_client *self)
{
    mutex_lock(&self->lock);
    while (counters_active(&self->counters) > 0)
        condition_wait(&self->changed, &self->lock, clock_now_ns() + 10 * NS_PER_MS);
    mutex_unlock(&self->lock);
}

void dubboc_client_free(dubboc_client *self)
{
    if (self == NULL)
        return;
    dubboc_client_stop(self);
    async_step_to_end(self);
    client_wait_for_calls(self);
    async_stop(self);
    selector_free(self->selector);
    references_free(self);
    registry_free(self->registry);
    async_fini(self);
    http_client_free(self->http);
    dubboc_config_free(self->config);
    counters_fini(&self->counters);
    stop_signal_fini(&self->stop);
    condition_fini(&self->changed);
    mutex_fini(&self->lock);
    free(self->load_balance);
    free(self->application);
    free(self);
}

void dubboc_client_get_stats(const dubboc_client *self, dubboc_client_stats *stats)
{
    dubboc_client_stats sum = {.size = sizeof sum};
    for (int i = 0; i < THREAD_SLOTS; i++) {
        const counter_slot *slot = &self->counters.slots[i];
        sum.ok += atomic_load_explicit(&slot->ended[CALL_END_OK], memory_order_relaxed);
        sum.remote_error +=
            atomic_load_explicit(&slot->ended[CALL_END_REMOTE_ERROR], memory_order_relaxed);
        sum.not_executed +=
            atomic_load_explicit(&slot->ended[CALL_END_NOT_EXECUTED], memory_order_relaxed);
        sum.maybe_executed +=
            atomic_load_explicit(&slot->ended[CALL_END_MAYBE_EXECUTED], memory_order_relaxed);
        sum.attempts += atomic_load_explicit(&slot->attempts, memory_order_relaxed);
    }
    sum.calls = sum.ok + sum.remote_error + sum.not_executed + sum.maybe_executed;
    sum.connections = http_client_connections_opened(self->http);
    sum.in_flight = atomic_load_explicit(&self->async.in_flight, memory_order_relaxed);
    sum.slow_callbacks = atomic_load_explicit(&self->async.slow_callbacks, memory_order_relaxed);
    sized_write(stats, &sum, sizeof sum);
}

#include "transport/http_client_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/thread.h"

/* --- options of curl --- */

static void connect_let_signals_in(http_client_connect *self)
{
    if (self->are_signals_blocked)
        thread_signals_restore(&self->former);
    self->are_signals_blocked = false;
}

/* Returns 1 to end the connecting. curl calls this at least once a second, and there is no other
 * way to interrupt it (libraries.md C10). The time limit is checked here too, because curl does not
 * check its own limit while it reads what a proxy keeps sending. */
static int connect_on_progress(
    void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    http_client_connect *self = arg;
    (void)down_total, (void)down, (void)up_total, (void)up;
    connect_let_signals_in(self);
    return stop_signal_is_given(self->target->client->settings.stop) ||
                   clock_now_ns() >= self->until_ns
               ? 1
               : 0;
}

/* Discards what a proxy sends: curl would write it to standard output. */
static size_t connect_on_data(char *data, size_t size, size_t count, void *arg)
{
    (void)data, (void)arg;
    return size * count;
}

/* What is left of the time limit after the name has been looked up. At least 1, because curl takes
 * 0 for its own default. */
static long connect_left_ms(const http_client_connect *self)
{
    int left_ms = deadline_poll_ms(self->until_ns);
    return left_ms > 1 ? left_ms : 1;
}

static CURLcode connect_set_options(http_client_connect *self)
{
    const http_client_target *target = self->target;
    CURL *curl = self->curl;
    const http_client_settings *settings = &target->client->settings;
    bool has_proxy = settings->proxy[0] != '\0';
    CURLcode codes[] = {
        curl_easy_setopt(curl, CURLOPT_URL, target->url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L),
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L),
        /* otherwise TLS could negotiate HTTP/2 */
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(curl, CURLOPT_RESOLVE, self->addresses),
        /* do not wait for the resolver thread of a proxy's name (libraries.md C5) */
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_left_ms(self)),
        /* "" also turns off the proxies of the environment (libraries.md C8) */
        curl_easy_setopt(curl, CURLOPT_PROXY, settings->proxy),
        curl_easy_setopt(curl, CURLOPT_NOPROXY, ""),
        curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, has_proxy ? 1L : 0L),
        curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, connect_on_data),
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L),
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, connect_on_progress),
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, self),
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, self->reason),
        curl_easy_setopt(curl, CURLOPT_BUFFERSIZE,
            1024L), /* curl's minimum: the buffer is only used to talk to a proxy */
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != CURLE_OK)
            return codes[i];
    return CURLE_OK;
}

/* --- error texts --- */

#define PEER_TEXT_SIZE 800

/* Names the peer that could not be reached, for error texts. When the proxy cannot be reached, only
 * the proxy is named, because the provider behind it is not the cause. */
static void connect_describe_peer(
    const http_client_target *target, CURLcode code, char text[PEER_TEXT_SIZE])
{
    const http_client_settings *settings = &target->client->settings;
    bool is_of_proxy = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_PROXY;
    bool has_origin = settings->proxy_origin[0] != '\0';
    snprintf(text, PEER_TEXT_SIZE, "%s", target->host);
    if (settings->proxy[0] == '\0')
        return;
    snprintf(text, PEER_TEXT_SIZE, "%s%sproxy %.200s%s%.200s%s", is_of_proxy ? "" : target->host,
        is_of_proxy ? "" : " through ", MASKED(slice_of(settings->proxy)), has_origin ? " (" : "",
        settings->proxy_origin, has_origin ? ")" : "");
}

/* Reports that connecting took too long, and which limit was exceeded. */
static dubboc_status connect_explain_late(
    const http_client_connect *self, const char *peer, dubboc_error *err)
{
    const char *origin = self->target->client->settings.connect_timeout_origin;
    bool has_origin = origin[0] != '\0';
    if (self->is_deadline)
        return error_set(err, DUBBOC_E_TIMEOUT, "the deadline passed while connecting to %s", peer);
    return error_set(err, DUBBOC_E_CONNECT, "%s: not connected within %ld ms%s%s%s", peer,
        self->limit_ms, has_origin ? " (" : "", origin, has_origin ? ")" : "");
}

static dubboc_status connect_explain_stop(const http_client_connect *self, dubboc_error *err)
{
    return error_set(err, DUBBOC_E_CLOSED, "stopped while connecting to %s", self->target->host);
}

static dubboc_status connect_explain(
    const http_client_connect *self, CURLcode code, dubboc_error *err)
{
    const http_client_settings *settings = &self->target->client->settings;
    const char *reason = self->reason[0] != '\0' ? self->reason : curl_easy_strerror(code);
    char peer[PEER_TEXT_SIZE];
    long error = 0;
    if (stop_signal_is_given(settings->stop))
        return connect_explain_stop(self, err);
    if (code == CURLE_OUT_OF_MEMORY)
        return error_no_memory(err);
    connect_describe_peer(self->target, code, peer);
    if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK)
        return connect_explain_late(self, peer, err);
    if (code == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(self->curl, CURLINFO_OS_ERRNO, &error) == CURLE_OK && error > 0 &&
        strerrordesc_np((int)error) != NULL)
        return error_set(err, DUBBOC_E_CONNECT, "%s: %s", peer, strerrordesc_np((int)error));
    /* curl repeats a malformed proxy URL in its message, with user and password. */
    return error_set(err, DUBBOC_E_CONNECT, "%s: %s", peer,
        settings->proxy[0] != '\0' ? MASKED(slice_of(reason)) : reason);
}

/* --- steps --- */

static void connect_set_limit(http_client_connect *self, int64_t deadline_ns)
{
    int left = deadline_poll_ms(deadline_ns);
    int64_t own = self->target->client->settings.connect_timeout_ms;
    if (own <= 0 || own > INT_MAX)
        own = INT_MAX;
    self->is_deadline = left >= 0 && left <= own;
    self->limit_ms = (long)(self->is_deadline ? left : own);
    if (self->limit_ms < 1)
        self->limit_ms = 1;
    self->until_ns = clock_now_ns() + self->limit_ms * NS_PER_MS;
}

bool http_client_connect_begin(
    http_client_connect *self, const http_client_target *target, int64_t deadline_ns)
{
    *self = (http_client_connect){.target = target};
    connect_set_limit(self, deadline_ns);
    self->connection = http_client_connection_new(target);
    return self->connection != NULL;
}

bool http_client_connect_needs_name(const http_client_connect *self)
{
    return self->target->name != NULL && self->target->client->settings.proxy[0] == '\0';
}

dubboc_status http_client_connect_use_name(
    http_client_connect *self, http_client_names_state found, const char *text, dubboc_error *err)
{
    if (found == NAMES_FAILED)
        return error_set(err, DUBBOC_E_CONNECT, "%s: cannot resolve the name %s: %s",
            self->target->host, self->target->name, text);
    char *entry = mem_printf("+%s:%u:%s", self->target->name, self->target->port, text);
    if (entry != NULL)
        self->addresses = curl_slist_append(NULL, entry);
    free(entry);
    return self->addresses != NULL ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status http_client_connect_prepare(http_client_connect *self, dubboc_error *err)
{
    http_client *client = self->target->client;
    if (self->target->is_tls) {
        dubboc_status status = http_client_trust_take(&client->trust, &self->trusted, err);
        if (status != DUBBOC_OK)
            return status;
    }
    self->curl = curl_easy_init();
    if (self->curl == NULL)
        return error_no_memory(err);
    CURLcode code = connect_set_options(self);
    if (code == CURLE_OK && self->target->is_tls)
        code = http_client_trust_set(self->curl, self->trusted, client->settings.tls_ca_file);
    return code == CURLE_OK ? DUBBOC_OK : connect_explain(self, code, err);
}

/* Turns the connected curl handle into the connection. */
static dubboc_status connect_adopt(http_client_connect *self, dubboc_error *err)
{
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(self->curl, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK ||
        socket == CURL_SOCKET_BAD)
        return error_set(err, DUBBOC_E_CONNECT,
            "%s: the connection was closed as soon as it was open", self->target->host);
    if (self->target->is_tls) {
        /* These options point into this attempt, which does not live as long as the handle. */
        curl_easy_setopt(self->curl, CURLOPT_ERRORBUFFER, NULL);
        curl_easy_setopt(self->curl, CURLOPT_NOPROGRESS, 1L);
        curl_easy_setopt(self->curl, CURLOPT_RESOLVE, NULL);
        http_client_connection_use_tls(self->connection, self->curl, socket);
        self->curl = NULL;
        return DUBBOC_OK;
    }
    int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return error_set(
            err, DUBBOC_E_CONNECT, "%s: %s", self->target->host, strerrordesc_np(errno));
    http_client_connection_use_socket(self->connection, fd);
    return DUBBOC_OK;
}

dubboc_status http_client_connect_finish(http_client_connect *self, CURLcode code,
    http_client_connection **connection, dubboc_error *err)
{
    dubboc_status status =
        code == CURLE_OK ? connect_adopt(self, err) : connect_explain(self, code, err);
    if (status != DUBBOC_OK)
        return status;
    *connection = self->connection;
    self->connection = NULL;
    return DUBBOC_OK;
}

dubboc_status http_client_connect_is_late(const http_client_connect *self, dubboc_error *err)
{
    char peer[PEER_TEXT_SIZE];
    if (stop_signal_is_given(self->target->client->settings.stop))
        return connect_explain_stop(self, err);
    connect_describe_peer(self->target, CURLE_OPERATION_TIMEDOUT, peer);
    return connect_explain_late(self, peer, err);
}

void http_client_connect_fini(http_client_connect *self)
{
    if (self->curl != NULL)
        curl_easy_cleanup(self->curl);
    if (self->connection != NULL)
        http_client_connection_close(self->connection);
    curl_slist_free_all(self->addresses);
    http_client_trust_give_back(self->trusted);
}

/* --- blocking --- */

/* curl is about to resolve a proxy's name, perhaps on a thread that it starts, which must not
 * receive the program's signals. So the signals are blocked, but only until curl has started the
 * thread, because the calling thread must still receive them while it connects. */
static int connect_on_lookup(void *resolver, void *reserved, void *arg)
{
    http_client_connect *self = arg;
    (void)resolver, (void)reserved;
    if (!self->are_signals_blocked)
        thread_signals_block(&self->former);
    self->are_signals_blocked = true;
    return 0;
}

static CURLcode connect_perform(http_client_connect *self)
{
    CURLcode code =
        curl_easy_setopt(self->curl, CURLOPT_RESOLVER_START_FUNCTION, connect_on_lookup);
    if (code == CURLE_OK)
        code = curl_easy_setopt(self->curl, CURLOPT_RESOLVER_START_DATA, self);
    if (code == CURLE_OK)
        code = curl_easy_perform(self->curl);
    connect_let_signals_in(self);
    return code;
}

static dubboc_status connect_wait_for_name(http_client_connect *self, dubboc_error *err)
{
    http_client *client = self->target->client;
    http_client_names_wait wait = {.of = NULL};
    char text[NAMES_TEXT_SIZE];
    thread_waiter thread;
    http_client_names_state found;
    thread_waiter_init(&thread);
    while ((found = http_client_names_look(client->names, slice_of(self->target->name), &wait,
                &thread.waiter, text)) == NAMES_PENDING) {
        stop_signal_block(client->settings.stop, &thread, self->until_ns);
        if (stop_signal_is_given(client->settings.stop) || deadline_is_over(self->until_ns)) {
            http_client_names_leave(client->names, &wait);
            return http_client_connect_is_late(self, err);
        }
    }
    return http_client_connect_use_name(self, found, text, err);
}

dubboc_status http_client_connection_open(const http_client_target *target, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err)
{
    http_client_connect attempt;
    if (deadline_is_over(deadline_ns))
        return error_set(
            err, DUBBOC_E_TIMEOUT, "the deadline passed before connecting to %s", target->host);
    dubboc_status status =
        http_client_connect_begin(&attempt, target, deadline_ns) ? DUBBOC_OK : error_no_memory(err);
    if (status == DUBBOC_OK && http_client_connect_needs_name(&attempt))
        status = connect_wait_for_name(&attempt, err);
    if (status == DUBBOC_OK)
        status = http_client_connect_prepare(&attempt, err);
    if (status == DUBBOC_OK)
        status = http_client_connect_finish(&attempt, connect_perform(&attempt), connection, err);
    http_client_connect_fini(&attempt);
    return status;
}

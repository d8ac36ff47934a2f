/* A provider of com.dubboc.EchoService: one method for each feature that one may want to try or
 * measure.
 *
 * Quick methods are non-blocking: they run on the event loop itself. sleep and big may block, so
 * they run on a worker. */
#include <dubboc/dubboc.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_MAX_MS (INT64_C(24) * 3600 * 1000)
#define BIG_MAX_KIB (64 * 1024)

/* echo(x): returns x, which is parsed into a tree and printed again. */
static dubboc_status echo(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    return dubboc_request_args(request, params, result);
}

/* The only element of a JSON array, as text. false: there is none, or more than one. */
static bool only_element(dubboc_slice array, dubboc_slice *element)
{
    size_t depth = 0;
    bool is_string = false;
    if (array.len < 2 || array.at[0] != '[')
        return false;
    *element = (dubboc_slice){array.at + 1, array.len - 2};
    for (size_t i = 0; i < element->len; i++) {
        char c = element->at[i];
        if (is_string && c == '\\')
            i++;
        else if (c == '"')
            is_string = !is_string;
        else if (!is_string && (c == '[' || c == '{'))
            depth++;
        else if (!is_string && (c == ']' || c == '}'))
            depth--;
        else if (!is_string && c == ',' && depth == 0)
            return false;
    }
    return strspn(element->at, " \t\r\n") < element->len;
}

/* echoRaw(x): returns x byte for byte, without a tree. */
static dubboc_status echo_raw(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)arg;
    dubboc_slice element;
    if (!only_element(params, &element))
        return DUBBOC_E_PARAMS;
    return dubboc_text_set(result, element.at, element.len);
}

/* sleep(ms): returns the number ms after ms milliseconds. */
static dubboc_status sleep_for(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int64_t ms;
    if (dubboc_request_args(request, params, &ms) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (ms < 0 || ms > SLEEP_MAX_MS)
        return dubboc_request_fail(request, 0, "java.lang.IllegalArgumentException",
            "cannot sleep for %" PRId64 " ms", ms);
    struct timespec rest = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&rest, &rest) != 0)
        ;
    *result = dubboc_json_i64_new(ms);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

/* fail(message): fails with that message. */
static dubboc_status fail(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    const char *message;
    if (dubboc_request_args(request, params, &message) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return dubboc_request_fail(request, 0, NULL, "%s", message);
}

/* add(a, b): returns their sum, exact to 64 bits. */
static dubboc_status add(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int64_t a, b, sum;
    if (dubboc_request_args(request, params, &a, &b) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (__builtin_add_overflow(a, b, &sum))
        return dubboc_request_fail(request, 0, "java.lang.ArithmeticException",
            "%" PRId64 " + %" PRId64 " is beyond 64 bits", a, b);
    *result = dubboc_json_i64_new(sum);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

/* nothing(): returns null, as a void method does. */
static dubboc_status nothing(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    return dubboc_request_args(request, params);
}

/* big(kib): returns a string of that many KiB. */
static dubboc_status big(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int kib;
    dubboc_error err;
    if (dubboc_request_args(request, params, &kib) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (kib < 0 || kib > BIG_MAX_KIB)
        return dubboc_request_fail(request, 0, "java.lang.IllegalArgumentException",
            "%d KiB is not between 0 and %d", kib, BIG_MAX_KIB);
    size_t len = (size_t)kib * 1024;
    char *text = malloc(len + 1);
    if (text == NULL)
        return DUBBOC_E_NO_MEMORY;
    memset(text, 'x', len);
    dubboc_status status = dubboc_json_build(result, &err, ((dubboc_slice){text, len}));
    free(text);
    return status;
}

/* whoami(): returns "ip:port pid" of the provider. */
static dubboc_status whoami(
    dubboc_request *request, const cJSON *params, cJSON **result, void *server)
{
    char text[256];
    if (dubboc_request_args(request, params) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    snprintf(text, sizeof text, "%s %ld", dubboc_server_registered_address(server), (long)getpid());
    *result = cJSON_CreateString(text);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

static dubboc_status add_methods(dubboc_server *server, dubboc_error *err)
{
    const dubboc_method methods[] = {
        DUBBOC_METHOD("echo", echo, .flags = DUBBOC_NONBLOCKING | DUBBOC_IDEMPOTENT),
        DUBBOC_RAW_METHOD("echoRaw", echo_raw, .flags = DUBBOC_NONBLOCKING | DUBBOC_IDEMPOTENT),
        DUBBOC_METHOD("sleep", sleep_for),
        DUBBOC_METHOD("fail", fail, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("add", add, .flags = DUBBOC_NONBLOCKING | DUBBOC_IDEMPOTENT),
        DUBBOC_METHOD("nothing", nothing, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("big", big),
        DUBBOC_METHOD("whoami", whoami, .arg = server, .flags = DUBBOC_NONBLOCKING),
    };
    dubboc_service *service;
    dubboc_status status =
        dubboc_server_add_service(server, "com.dubboc.EchoService", NULL, &service, err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && status == DUBBOC_OK; i++)
        status = dubboc_service_add_method(service, &methods[i], err);
    return status;
}

int main(void)
{
    dubboc_error err;
    dubboc_server *server = NULL;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        add_methods(server, &err) != DUBBOC_OK ||
        dubboc_server_run(server, stdout, &err) != DUBBOC_OK)
        fprintf(stderr, "echo-provider: %s\n", err.text);
    dubboc_server_free(server);
    return err.status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* bare_mhd constant|cjson: a plain libmicrohttpd server with one epoll loop on the main thread.
 * constant answers every POST with the same bytes; cjson parses the call with cJSON and answers
 * with its first param, as a program without dubboc would. Prints its port. */
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bare.h"

typedef struct upload {
    char body[64 * 1024];
    size_t len;
} upload;

static bool use_cjson;
static struct MHD_Response *constant;
static volatile sig_atomic_t is_over;

static enum MHD_Result answer(struct MHD_Connection *connection, struct MHD_Response *response)
{
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static struct MHD_Response *make_reply(upload *call)
{
    call->body[call->len] = '\0';
    cJSON *request = cJSON_Parse(call->body);
    cJSON *params = cJSON_GetObjectItemCaseSensitive(request, "params");
    cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
    cJSON *reply = cJSON_CreateObject();
    if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(request, "method")) || id == NULL)
        bare_fail("no request");
    cJSON_AddStringToObject(reply, "jsonrpc", "2.0");
    cJSON_AddItemToObject(reply, "id", cJSON_Duplicate(id, 1));
    cJSON_AddItemToObject(reply, "result", cJSON_Duplicate(cJSON_GetArrayItem(params, 0), 1));
    char *text = cJSON_PrintUnformatted(reply);
    cJSON_Delete(reply);
    cJSON_Delete(request);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "application/json");
    return response;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *len, void **state)
{
    (void)arg, (void)url, (void)method, (void)version;
    static int seen; /* any address that is not NULL, because constant answers need no state */
    if (*state == NULL) {
        *state = use_cjson ? calloc(1, sizeof(upload)) : (void *)&seen;
        return *state != NULL ? MHD_YES : MHD_NO;
    }
    upload *call = use_cjson ? *state : NULL;
    if (*len > 0) {
        if (call != NULL && call->len + *len < sizeof call->body) {
            memcpy(call->body + call->len, data, *len);
            call->len += *len;
        }
        *len = 0;
        return MHD_YES;
    }
    if (call == NULL)
        return answer(connection, constant);
    struct MHD_Response *response = make_reply(call);
    enum MHD_Result queued = answer(connection, response);
    MHD_destroy_response(response);
    return queued;
}

static void forget(
    void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
    (void)arg, (void)connection, (void)why;
    if (use_cjson)
        free(*state);
    *state = NULL;
}

static void end(int number)
{
    (void)number;
    is_over = 1;
}

int main(int argc, char **argv)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1,\"b\":\"two\"}}\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    use_cjson = argc > 1 && strcmp(argv[1], "cjson") == 0;
    signal(SIGTERM, end);
    constant = MHD_create_response_from_buffer(
        sizeof text - 1, (void *)(size_t)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(constant, "Content-Type", "application/json");
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR,
            (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
    if (daemon == NULL)
        bare_fail("MHD_start_daemon");
    printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    struct pollfd poller = {
        .fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN};
    while (!is_over) {
        MHD_UNSIGNED_LONG_LONG timeout = 1000;
        poll(&poller, 1,
            MHD_get_timeout(daemon, &timeout) == MHD_YES && timeout < 1000 ? (int)timeout : 1000);
        MHD_run(daemon);
    }
    MHD_stop_daemon(daemon);
    MHD_destroy_response(constant);
    return 0;
}

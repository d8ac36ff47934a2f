/* Makes responses for libmicrohttpd, keeps ready-made ones for reuse, and writes refusals. */
#include "transport/http_server_response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define DATE_SIZE 48

/* Formats an IMF-fixdate such as "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
 * strftime() is not used because it follows the program's locale. */
static void response_date(int64_t second, char text[DATE_SIZE])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)second;
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    snprintf(text, DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
        months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static bool response_add_headers(struct MHD_Response *response, int64_t second,
    const char *content_type, const http_server_answer_header *headers, size_t count)
{
    char date[DATE_SIZE];
    response_date(second, date);
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date) != MHD_YES)
        return false;
    if (content_type != NULL &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) != MHD_YES)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (MHD_add_response_header(response, headers[i].name, headers[i].value) != MHD_YES)
            return false;
    }
    return true;
}

static bool response_add_persistence(struct MHD_Response *response, const char *keep_alive)
{
    if (keep_alive == NULL)
        return MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
    return keep_alive[0] == '\0' ||
           MHD_add_response_header(response, "Keep-Alive", keep_alive) == MHD_YES;
}

struct MHD_Response *http_server_response_new(dubboc_slice body, int64_t second,
    const char *content_type, const http_server_answer_header *headers, size_t header_count,
    const char *keep_alive)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return NULL;
    if (response_add_headers(response, second, content_type, headers, header_count) &&
        response_add_persistence(response, keep_alive))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* --- ready-made responses --- */

struct http_server_ready {
    struct MHD_Response *response; /* Its body is body. */
    char *content_type;            /* May be NULL. */
    size_t len;                    /* The length of body. */
    int64_t second;                /* The time in its Date header. */
    bool is_lent;
    char body[];
};

static void ready_free(http_server_ready *ready)
{
    if (ready == NULL)
        return;
    if (ready->response != NULL)
        MHD_destroy_response(ready->response);
    free(ready->content_type);
    free(ready);
}

static bool ready_has_type(const http_server_ready *ready, const char *content_type)
{
    if (ready->content_type == NULL || content_type == NULL)
        return ready->content_type == content_type;
    return strcmp(ready->content_type, content_type) == 0;
}

static http_server_ready *ready_new(
    const char *content_type, size_t len, int64_t second, const char *keep_alive)
{
    http_server_ready *ready = mem_zeroed(1, sizeof *ready + len + 1);
    if (ready == NULL)
        return NULL;
    ready->len = len;
    ready->second = second;
    ready->content_type = content_type != NULL ? mem_dup(content_type) : NULL;
    if (content_type == NULL || ready->content_type != NULL)
        ready->response = http_server_response_new(
            slice_make(ready->body, len), second, content_type, NULL, 0, keep_alive);
    if (ready->response != NULL)
        return ready;
    ready_free(ready);
    return NULL;
}

void http_server_ready_cache_init(http_server_ready_cache *cache, const char *keep_alive)
{
    *cache = (http_server_ready_cache){.keep_alive = keep_alive};
}

void http_server_ready_cache_fini(http_server_ready_cache *cache)
{
    for (int i = 0; i < HTTP_SERVER_READY_SLOTS; i++) {
        ready_free(cache->slots[i]);
        cache->slots[i] = NULL;
    }
}

http_server_ready *http_server_ready_lend(
    http_server_ready_cache *cache, const char *content_type, dubboc_slice body)
{
    if (body.len > HTTP_SERVER_READY_MAX_BYTES)
        return NULL;
    int64_t second = clock_wall_ms() / 1000;
    http_server_ready **slot = &cache->slots[body.len % HTTP_SERVER_READY_SLOTS];
    http_server_ready *ready = *slot;
    if (ready != NULL && ready->is_lent)
        return NULL;
    if (ready == NULL || ready->len != body.len || ready->second != second ||
        !ready_has_type(ready, content_type)) {
        ready_free(ready);
        *slot = ready = ready_new(content_type, body.len, second, cache->keep_alive);
        if (ready == NULL)
            return NULL;
    }
    if (body.len > 0)
        memcpy(ready->body, body.at, body.len);
    ready->is_lent = true;
    return ready;
}

struct MHD_Response *http_server_ready_response(const http_server_ready *ready)
{
    return ready->response;
}

void http_server_ready_give_back(http_server_ready *ready)
{
    ready->is_lent = false;
}

/* --- refusals --- */

static const char *response_reason(int status)
{
    const char *reason = MHD_get_reason_phrase_for((unsigned)status);
    return reason != NULL ? reason : "Unknown";
}

void http_server_response_refuse(
    int fd, int status, const char *problem, http_server_executed executed, bool is_head)
{
    char reply[512], date[DATE_SIZE];
    response_date(clock_wall_ms() / 1000, date);
    int len = snprintf(reply, sizeof reply,
        "HTTP/1.1 %d %s\r\n"
        "Date: %s\r\n"
        "Content-Type: text/plain\r\n"
        "Content-Length: %zu\r\n"
        "%s"
        "Connection: close\r\n\r\n"
        "%s%s",
        status, response_reason(status), date, strlen(problem) + 1,
        executed == HTTP_SERVER_NOT_EXECUTED ? "Dubboc-Not-Executed: 1\r\n" : "",
        is_head ? "" : problem, is_head ? "" : "\n");
    if (len <= 0 || (size_t)len >= sizeof reply)
        return;
    /* If the socket has no room for so few bytes, its peer does not read: the refusal is lost. */
    ssize_t sent = send(fd, reply, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

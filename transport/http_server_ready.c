/* Small answers of the everyday shape (no headers of their own, connection kept) are most answers,
 * and making libmicrohttpd's response object for each costs a quarter of a request. Such an object
 * cannot change its length, nor its headers; but its bytes are ours. So each loop keeps one per
 * length, with room of exactly that length, and lends it to one request at a time. It lives until
 * the second in its Date has passed. */
#include "transport/http_server_loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

struct http_server_ready {
    struct MHD_Response *response;
    char *content_type; /* NULL: none */
    size_t len;
    int64_t second; /* of its Date */
    bool is_lent;
    char body[];
};

/* Not strftime: that would follow the program's locale. RFC 9110 section 5.6.7. */
void http_server_date(int64_t second, char text[HTTP_SERVER_DATE_SIZE])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)second;
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    snprintf(text, HTTP_SERVER_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday],
        utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void free_ready(http_server_ready *ready)
{
    if (ready == NULL)
        return;
    if (ready->response != NULL)
        MHD_destroy_response(ready->response);
    free(ready->content_type);
    free(ready);
}

static bool same_type(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

static http_server_ready *make(
    const http_server *server, const char *content_type, size_t len, int64_t second)
{
    http_server_ready *ready = mem_zeroed(1, sizeof *ready + len + 1);
    if (ready == NULL)
        return NULL;
    ready->len = len;
    ready->second = second;
    ready->content_type = content_type != NULL ? mem_dup(content_type) : NULL;
    if (content_type == NULL || ready->content_type != NULL)
        ready->response = http_server_response_new(
            server, slice_make(ready->body, len), second, content_type, NULL, 0, false);
    if (ready->response != NULL)
        return ready;
    free_ready(ready);
    return NULL;
}

http_server_ready *http_server_ready_lend(
    http_server_loop *loop, const char *content_type, dubboc_slice body)
{
    if (body.len > HTTP_SERVER_READY_MAX_BYTES)
        return NULL;
    int64_t second = clock_wall_ms() / 1000;
    http_server_ready **slot = &loop->ready[body.len % HTTP_SERVER_READY_SLOTS];
    http_server_ready *ready = *slot;
    if (ready != NULL && ready->is_lent)
        return NULL;
    if (ready == NULL || ready->len != body.len || ready->second != second ||
        !same_type(ready->content_type, content_type)) {
        free_ready(ready);
        *slot = ready = make(loop->server, content_type, body.len, second);
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

void http_server_ready_free_all(http_server_loop *loop)
{
    for (int i = 0; i < HTTP_SERVER_READY_SLOTS; i++) {
        free_ready(loop->ready[i]);
        loop->ready[i] = NULL;
    }
}

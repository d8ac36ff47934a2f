/* Compares the HTTP reply reader with libcurl. The reader must refuse what curl refuses. If both
 * accept a reply, their bodies must be equal.
 *
 * curl reads the input from a unix socket: the whole input is written to the socket, which is then
 * closed for writing. The reader gets the input at once, then byte by byte, then in pieces whose
 * lengths come from the input; the three results must agree.
 *
 * Intended exceptions:
 *   - HTTP/0.0 (wire.md P45): curl gets "1.0" in its place;
 *   - 204 and 304 have no body, whatever they announce (RFC 9112 6.3). */
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport/http_client_reply.h"

#define INPUT_MAX 60000u /* a unix socket accepts this much without a reader */
#define BODY_MAX 50000u

/* --- the reader --- */

typedef enum feeding { AT_ONCE, BYTE_BY_BYTE, IN_PIECES } feeding;

static size_t piece_len(feeding how, const uint8_t *data, size_t size, size_t at)
{
    size_t left = size - at;
    size_t len = how == AT_ONCE        ? left
                 : how == BYTE_BY_BYTE ? 1
                                       : 1 + (data[(at * 7) % size] ^ at) % 61;
    return len < left ? len : left;
}

static http_client_read read_reply(
    http_client_reader *reader, const uint8_t *data, size_t size, feeding how)
{
    http_client_reader_init(reader, BODY_MAX);
    http_client_read result = HTTP_CLIENT_READ_MORE;
    for (size_t at = 0; at < size && result == HTTP_CLIENT_READ_MORE;) {
        size_t room_size = 0;
        char *room = http_client_reader_room(reader, &room_size);
        if (room == NULL)
            abort();
        size_t len = piece_len(how, data, size, at);
        len = len < room_size ? len : room_size;
        memcpy(room, data + at, len);
        at += len;
        result = http_client_reader_feed(reader, len);
    }
    return result == HTTP_CLIENT_READ_MORE ? http_client_reader_eof(reader) : result;
}

static void must_agree(const http_client_reader *a, http_client_read got_a,
    const http_client_reader *b, http_client_read got_b)
{
    if (got_a != got_b)
        abort();
    if (got_a != HTTP_CLIENT_READ_DONE)
        return;
    const http_client_reply *x = &a->reply, *y = &b->reply;
    if (x->status != y->status || x->body.len != y->body.len ||
        x->not_executed != y->not_executed || x->idle_s != y->idle_s)
        abort();
    if (x->body.len > 0 && memcmp(x->body.at, y->body.at, x->body.len) != 0)
        abort();
    if (x->content_type.len != y->content_type.len ||
        (x->content_type.at == NULL) != (y->content_type.at == NULL))
        abort();
}

/* --- curl --- */

typedef struct oracle {
    int listener;
    int fd; /* our end of the current connection */
    const uint8_t *reply;
    size_t reply_len;
    char body[BODY_MAX + 1];
    size_t len;
    CURLcode code;
    long status;
} oracle;

/* Returns a listening socket in this process. curl can connect before this process calls
 * accept(). */
static int listen_for_curl(char name[64])
{
    snprintf(name, 64, "dubboc-http-fuzz-%ld", (long)getpid());
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path + 1, name, strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        bind(fd, (struct sockaddr *)&at,
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) != 0 ||
        listen(fd, 4) != 0)
        abort();
    return fd;
}

/* Called when curl is connected and about to send its request. Sends the whole reply, and closes
 * the socket for writing. */
static int on_connected(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    oracle *self = arg;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    self->fd = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
    if (self->fd < 0 || send(self->fd, self->reply, self->reply_len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
                            (ssize_t)self->reply_len)
        abort();
    shutdown(self->fd, SHUT_WR);
    return CURL_PREREQFUNC_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    oracle *self = arg;
    size_t len = size * count;
    if (len > sizeof self->body - self->len)
        return 0;
    memcpy(self->body + self->len, data, len);
    self->len += len;
    return len;
}

static void set_options(CURL *curl, oracle *self, const char *name)
{
    curl_easy_setopt(curl, CURLOPT_URL, "http://127.0.0.1/");
    curl_easy_setopt(curl, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 2000L);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, self);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, self);
}

static void ask_curl(oracle *self, const uint8_t *reply, size_t len)
{
    static CURL *curl; /* one handle for all inputs; each input has its own connection */
    if (curl == NULL) {
        char name[64];
        self->listener = listen_for_curl(name);
        curl_global_init(CURL_GLOBAL_DEFAULT);
        curl = curl_easy_init();
        if (curl == NULL)
            abort();
        set_options(curl, self, name);
    }
    self->reply = reply;
    self->reply_len = len;
    self->fd = -1;
    self->len = 0;
    self->code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &self->status);
    if (self->fd >= 0)
        close(self->fd);
}

static void compare_with_curl(const http_client_reader *reader, const uint8_t *data, size_t size)
{
    static oracle curl;
    const http_client_reply *reply = &reader->reply;
    uint8_t *shown = malloc(size);
    if (shown == NULL)
        abort();
    memcpy(shown, data, size);
    if (memcmp(shown, "HTTP/0.0", 8) == 0)
        memcpy(shown, "HTTP/1.0", 8);
    ask_curl(&curl, shown, size);
    free(shown);
    bool has_no_body = reply->status == 204 || reply->status == 304;
    bool is_same = curl.len == reply->body.len &&
                   (curl.len == 0 || memcmp(curl.body, reply->body.at, curl.len) == 0);
    if (curl.code == CURLE_OK && curl.status == reply->status && (is_same || has_no_body))
        return;
    fprintf(stderr, "curl: %s, status %ld, %zu bytes of body; the reader: status %d, %zu bytes\n",
        curl_easy_strerror(curl.code), curl.status, curl.len, reply->status, reply->body.len);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_MAX)
        return 0;
    http_client_reader whole, bytes, pieces;
    http_client_read got_whole = read_reply(&whole, data, size, AT_ONCE);
    http_client_read got_bytes = read_reply(&bytes, data, size, BYTE_BY_BYTE);
    http_client_read got_pieces = read_reply(&pieces, data, size, IN_PIECES);
    must_agree(&whole, got_whole, &bytes, got_bytes);
    must_agree(&whole, got_whole, &pieces, got_pieces);
    /* curl may accept more than the reader, so only accepted input is compared. */
    if (got_whole == HTTP_CLIENT_READ_DONE)
        compare_with_curl(&whole, data, size);
    http_client_reader_fini(&whole);
    http_client_reader_fini(&bytes);
    http_client_reader_fini(&pieces);
    return 0;
}

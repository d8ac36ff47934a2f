#include "tests/transport/server_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

static void on_request(void *arg, http_server_request *request)
{
    echo_server *echo = arg;
    buffer *out = http_server_request_out(request);
    atomic_fetch_add(&echo->handled, 1);
    if (slice_is(http_server_request_path(request), "/hold")) {
        http_server_request_hold(request);
        atomic_store(&echo->held, request);
        return;
    }
    if (slice_is(http_server_request_path(request), "/big")) {
        size_t len = (size_t)4 * 1024 * 1024;
        char *room = buffer_reserve(out, len);
        assert_non_null(room);
        memset(room, 'x', len);
        out->len = len;
    } else {
        buffer_append_slice(out, http_server_request_method(request));
        buffer_append_char(out, ' ');
        buffer_append_slice(out, http_server_request_path(request));
        buffer_append_char(out, '?');
        buffer_append_slice(out, http_server_request_query(request));
        buffer_append_char(out, ' ');
        buffer_append_slice(out, http_server_request_body(request));
    }
    http_server_request_answer(request, 200, "text/plain", NULL, 0, false);
}

http_server_settings echo_settings(echo_server *echo, int loops)
{
    memset(echo, 0, sizeof *echo);
    return (http_server_settings){
        .ip = "127.0.0.1",
        .loops = loops,
        .body_max_bytes = 1024 * 1024,
        .connections_max = 1000,
        .connections_per_address_max = 1000,
        .header_timeout_ms = 60000,
        .body_timeout_ms = 60000,
        .answer_timeout_ms = 60000,
        .idle_timeout_ms = 60000,
        .on_request = on_request,
        .arg = echo,
    };
}

void echo_start(echo_server *echo, const http_server_settings *settings)
{
    dubboc_error err = {0};
    assert_status(DUBBOC_OK, http_server_open(settings, &echo->server, &err), &err);
    assert_status(DUBBOC_OK, http_server_start(echo->server, &err), &err);
    const char *address = http_server_address(echo->server);
    const char *colon = strrchr(address, ':');
    snprintf(echo->ip, sizeof echo->ip, "%.*s", (int)(colon - address), address);
    echo->port = atoi(colon + 1);
}

void echo_stop(echo_server *echo)
{
    http_server_free(echo->server);
    echo->server = NULL;
}

int peer_connect_from(const echo_server *echo, const char *source_ip)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)echo->port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct timeval limit = {.tv_sec = 5};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (source_ip != NULL) {
        inet_pton(AF_INET, source_ip, &from.sin_addr);
        assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    }
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void echo_turn(echo_server *echo)
{
    dubboc_error err;
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_OK, http_server_step(echo->server, 0, &err), &err);
}

int echo_connect(echo_server *echo)
{
    int fd = peer_connect(echo);
    int before = http_server_connections(echo->server);
    for (int i = 0; i < 1000 && http_server_connections(echo->server) == before; i++)
        echo_turn(echo);
    return fd;
}

static _Atomic int64_t own_clock_ns;

static int64_t own_clock(void)
{
    return own_clock_ns;
}

int own_clock_begin(void **state)
{
    (void)state;
    own_clock_ns = 1000 * NS_PER_S;
    clock_set_source(own_clock);
    return 0;
}

int own_clock_end(void **state)
{
    (void)state;
    clock_set_source(NULL);
    return 0;
}

void own_clock_pass_ms(int64_t ms)
{
    own_clock_ns += ms * NS_PER_MS;
}

int peer_connect(const echo_server *echo)
{
    return peer_connect_from(echo, NULL);
}

bool peer_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

void peer_say(int fd, const char *text)
{
    peer_send(fd, text, strlen(text));
}

static size_t length_in(const char *head)
{
    const char *at = strstr(head, "Content-Length: ");
    return at != NULL ? (size_t)strtoul(at + 16, NULL, 10) : 0;
}

/* Reads byte by byte, so that no byte of the next reply is consumed. */
int peer_read_reply(int fd, char *text, size_t size)
{
    size_t len = 0, wanted = 0;
    text[0] = '\0';
    while (len + 1 < size && (wanted == 0 || len < wanted)) {
        ssize_t got = recv(fd, text + len, 1, 0);
        if (got <= 0)
            return 0;
        len++;
        text[len] = '\0';
        if (wanted == 0 && len >= 4 && strcmp(text + len - 4, "\r\n\r\n") == 0)
            wanted = len + (strncmp(text + 9, "100", 3) == 0 ? 0 : length_in(text));
    }
    return strncmp(text, "HTTP/1.", 7) == 0 ? atoi(text + 9) : 0;
}

ssize_t peer_read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, text + len, size - len - 1, 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return -1;
        if (got <= 0)
            break;
        len += (size_t)got;
        assert_true(len + 1 < size);
    }
    text[len] = '\0';
    return (ssize_t)len;
}

void talk_begin(talk *self)
{
    http_server_settings settings = echo_settings(&self->echo, 1);
    echo_start(&self->echo, &settings);
    self->fd = peer_connect(&self->echo);
}

void talk_end(talk *self)
{
    close(self->fd);
    echo_stop(&self->echo);
}

void talk_say(talk *self, const char *text)
{
    peer_say(self->fd, text);
}

int talk_read(talk *self)
{
    return peer_read_reply(self->fd, self->text, sizeof self->text);
}

ssize_t talk_read_all(talk *self)
{
    return peer_read_all(self->fd, self->text, sizeof self->text);
}

int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

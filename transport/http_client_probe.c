#include "transport/http_client_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "transport/http_client_exchange.h"
#include "transport/http_client_opener.h"

#define EVENTS_A_STEP 64

/* While a probe waits, TCP keepalive checks that the peer's host is still there. It does not detect
 * a process that hangs, but if the host is gone, the connection breaks after about 15 s. */
#define KEEPALIVE_IDLE_S 6
#define KEEPALIVE_EACH_S 3
#define KEEPALIVE_COUNT 3
#define UNACKNOWLEDGED_MS 15000 /* the same, while the host has not acknowledged the request */

struct http_client_prober {
    http_client_opener *opener;
    int epoll_fd; /* holds the opener's descriptor and those of probes that wait for an answer */
};

struct http_client_probe {
    http_client_prober *prober;
    const char *path;
    http_client_probed probed;
    void *arg;
    http_client_opening *opening;       /* NULL: the opening has ended */
    http_client_connection *connection; /* NULL: not open yet */
    size_t sent;                        /* bytes of the request */
};

/* --- life --- */

static bool prober_watch(const http_client_prober *self, int fd, void *owner)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = owner};
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

dubboc_status http_client_prober_new(
    http_client *client, http_client_prober **made, dubboc_error *err)
{
    http_client_prober *self = MEM_NEW(http_client_prober);
    if (self == NULL)
        return error_no_memory(err);
    self->epoll_fd = -1;
    dubboc_status status = http_client_opener_new(client, &self->opener, err);
    if (status == DUBBOC_OK) {
        self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (self->epoll_fd < 0 || !prober_watch(self, http_client_opener_fd(self->opener), NULL))
            status = error_set(err, DUBBOC_E_SYSTEM, "cannot create a descriptor for probes: %s",
                strerrordesc_np(errno));
    }
    if (status != DUBBOC_OK) {
        http_client_prober_free(self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

void http_client_prober_free(http_client_prober *self)
{
    if (self == NULL)
        return;
    http_client_opener_free(self->opener);
    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
    free(self);
}

int http_client_prober_fd(const http_client_prober *self)
{
    return self->epoll_fd;
}

/* --- one probe --- */

void http_client_probe_cancel(http_client_probe *self)
{
    if (self->opening != NULL)
        http_client_opening_cancel(self->opening);
    if (self->connection != NULL) {
        epoll_ctl(self->prober->epoll_fd, EPOLL_CTL_DEL,
            http_client_connection_fd(self->connection), NULL);
        http_client_connection_close(self->connection);
    }
    free(self);
}

static void probe_end(http_client_probe *self, bool is_alive)
{
    http_client_probed probed = self->probed;
    void *arg = self->arg;
    http_client_probe_cancel(self);
    probed(arg, is_alive);
}

static bool probe_write_request(http_client_probe *self)
{
    buffer *request = http_client_connection_request(self->connection);
    buffer_append_text(request, "HEAD ");
    buffer_append_text(request, self->path);
    buffer_append_text(request, " HTTP/1.1\r\nHost: ");
    buffer_append_text(request, self->connection->target->host);
    buffer_append_text(
        request, "\r\nUser-Agent: dubboc/" DUBBOC_VERSION "\r\nConnection: close\r\n\r\n");
    return request->status == DUBBOC_OK;
}

/* Errors are ignored, because without keepalive everything works, except that a host that is gone
 * is noticed later. */
static void probe_ask_for_keepalive(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        (void)setsockopt(
            fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

static void probe_watch_writable(const http_client_probe *self, bool is_wanted)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLRDHUP | (is_wanted ? EPOLLOUT : 0u), .data.ptr = (void *)self};
    /* If this fails, the probe gets no answer, and the provider is treated as silent. */
    (void)epoll_ctl(
        self->prober->epoll_fd, EPOLL_CTL_MOD, http_client_connection_fd(self->connection), &event);
}

/* Sends as much of the request as possible. false: the connection is broken. */
static bool probe_send(http_client_probe *self)
{
    http_client_connection *connection = self->connection;
    const buffer *request = http_client_connection_request(connection);
    const char *problem;
    while (self->sent < request->len) {
        size_t done = 0;
        const dubboc_slice rest = slice_make(request->data + self->sent, request->len - self->sent);
        http_client_io_result result = connection->io->send(connection, rest, &done, &problem);
        if (result == HTTP_CLIENT_IO_AGAIN) {
            probe_watch_writable(self, true);
            return true;
        }
        if (result != HTTP_CLIENT_IO_OK)
            return false;
        self->sent += done;
        if (self->sent == request->len)
            probe_watch_writable(self, false);
    }
    return true;
}

/* Sends what is left of the request, and looks for an answer. */
static void probe_step(http_client_probe *self)
{
    char byte;
    size_t got = 0;
    const char *problem;
    http_client_io_result result = HTTP_CLIENT_IO_BROKEN;
    if (probe_send(self))
        result = self->connection->io->receive(self->connection, &byte, 1, &got, &problem);
    if (result != HTTP_CLIENT_IO_AGAIN)
        probe_end(self, result == HTTP_CLIENT_IO_OK || result == HTTP_CLIENT_IO_END);
}

static void probe_on_opened(
    void *arg, dubboc_status status, http_client_connection *opened, const dubboc_error *err)
{
    http_client_probe *self = arg;
    (void)err;
    self->opening = NULL;
    if (status != DUBBOC_OK) {
        probe_end(self, false);
        return;
    }
    int fd = http_client_connection_fd(opened);
    self->connection = opened;
    probe_ask_for_keepalive(fd);
    if (!probe_write_request(self) || !prober_watch(self->prober, fd, self))
        probe_end(self, false);
    else
        probe_step(self);
}

http_client_probe *http_client_probe_begin(http_client_prober *self,
    const http_client_target *target, const char *path, http_client_probed probed, void *arg)
{
    http_client_probe *made = MEM_NEW(http_client_probe);
    if (made == NULL)
        return NULL;
    *made = (http_client_probe){.prober = self, .path = path, .probed = probed, .arg = arg};
    made->opening =
        http_client_opener_begin_apart(self->opener, target, DEADLINE_NEVER, probe_on_opened, made);
    if (made->opening == NULL) {
        free(made);
        return NULL;
    }
    return made;
}

/* --- stepping --- */

int64_t http_client_prober_step(http_client_prober *self)
{
    struct epoll_event events[EVENTS_A_STEP];
    (void)http_client_opener_step(self->opener);
    int count = epoll_wait(self->epoll_fd, events, EVENTS_A_STEP, 0);
    for (int i = 0; i < count; i++)
        if (events[i].data.ptr != NULL)
            probe_step(events[i].data.ptr);
    /* Probes that have ended may have left TLS connections, which the opener closes. */
    return http_client_opener_step(self->opener);
}

/* bare_epoll HOST PORT PATH METHOD PARAMS CALLS IN_FLIGHT: one thread with IN_FLIGHT keep-alive
 * connections, each of which always has one call waiting for its reply. Asynchronous clients are
 * compared with this program, and servers are measured under its load. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench/bare.h"

#define IN_FLIGHT_MAX 4096

typedef struct flow {
    int fd;
    size_t len, capacity;
    char *reply;
} flow;

static bare_request request;
static long unsent;
static long unanswered;

static void send_next(flow *self)
{
    self->len = 0;
    if (unsent == 0)
        return;
    unsent--;
    if (send(self->fd, request.bytes, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        bare_fail("send");
}

static void receive(flow *self)
{
    size_t whole = 0;
    if (self->capacity - self->len < 4096) {
        self->capacity = self->capacity == 0 ? 8192 : self->capacity * 2;
        self->reply = realloc(self->reply, self->capacity + 1);
        if (self->reply == NULL)
            bare_fail("out of memory");
    }
    ssize_t got = recv(self->fd, self->reply + self->len, self->capacity - self->len, 0);
    if (got <= 0)
        bare_fail("recv");
    self->len += (size_t)got;
    if (!bare_reply_is_whole(self->reply, self->len, &whole))
        return;
    unanswered--;
    send_next(self);
}

int main(int argc, char **argv)
{
    static flow flows[IN_FLIGHT_MAX];
    struct epoll_event events[256];
    if (argc != 8 || atoi(argv[7]) < 1 || atoi(argv[7]) > IN_FLIGHT_MAX)
        bare_fail("HOST PORT PATH METHOD PARAMS CALLS IN_FLIGHT");
    int port = atoi(argv[2]), in_flight = atoi(argv[7]), poller = epoll_create1(0);
    request = bare_request_new(argv[1], port, argv[3], argv[4], argv[5]);
    unsent = unanswered = atol(argv[6]);
    for (int i = 0; i < in_flight; i++) {
        flows[i].fd = bare_connect(argv[1], port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &flows[i]};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, flows[i].fd, &event) != 0)
            bare_fail("epoll_ctl");
        send_next(&flows[i]);
    }
    while (unanswered > 0) {
        int ready = epoll_wait(poller, events, 256, 10000);
        if (ready <= 0)
            bare_fail("no reply for 10 s");
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
    return 0;
}

/* One thread polls all sockets. Writes may block, because little data is relayed here. */
#include "tests/support/tcp_relay.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 16

/* fd[0] is connected to the caller; fd[1] to the server, or -1. */
typedef struct connection {
    int fd[2];
} connection;

struct tcp_relay {
    int target;
    int port;
    int listener;
    int bell; /* eventfd that wakes the thread to check the flags */
    atomic_bool is_cut, is_over;
    atomic_int unanswered;
    pthread_t thread;
    connection connections[CONNECTIONS_MAX];
    size_t count;
};

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int connect_to(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void end_connection(tcp_relay *self, size_t i)
{
    close(self->connections[i].fd[0]);
    if (self->connections[i].fd[1] >= 0)
        close(self->connections[i].fd[1]);
    self->connections[i] = self->connections[--self->count];
}

static void accept_one(tcp_relay *self)
{
    connection made = {{accept(self->listener, NULL, NULL), -1}};
    if (made.fd[0] < 0)
        return;
    bool is_answered = atomic_load(&self->unanswered) == 0;
    if (is_answered)
        made.fd[1] = connect_to(self->target);
    else
        atomic_fetch_sub(&self->unanswered, 1);
    if (self->count == CONNECTIONS_MAX || (is_answered && made.fd[1] < 0))
        close(made.fd[0]);
    else
        self->connections[self->count++] = made;
}

/* Forwards bytes. false: the connection has ended. */
static bool pass_on(int from, int to)
{
    char bytes[4096];
    ssize_t len = recv(from, bytes, sizeof bytes, 0);
    return len > 0 && (to < 0 || send(to, bytes, (size_t)len, MSG_NOSIGNAL) == len);
}

static void do_what_is_asked(tcp_relay *self)
{
    uint64_t rings;
    if (read(self->bell, &rings, sizeof rings) > 0 && atomic_exchange(&self->is_cut, false))
        while (self->count > 0)
            end_connection(self, 0);
}

static void serve(tcp_relay *self)
{
    struct pollfd polled[2 + 2 * CONNECTIONS_MAX] = {
        {self->bell, POLLIN, 0}, {self->listener, POLLIN, 0}};
    size_t count = self->count;
    for (size_t i = 0; i < 2 * count; i++)
        polled[2 + i] = (struct pollfd){self->connections[i / 2].fd[i % 2], POLLIN, 0};
    if (poll(polled, 2 + 2 * count, -1) <= 0)
        return;
    for (size_t i = count; i-- > 0;) { /* backwards: an ended connection is replaced by the last */
        const int *fd = self->connections[i].fd;
        if ((polled[2 + 2 * i].revents != 0 && !pass_on(fd[0], fd[1])) ||
            (polled[3 + 2 * i].revents != 0 && !pass_on(fd[1], fd[0])))
            end_connection(self, i);
    }
    if (polled[0].revents != 0)
        do_what_is_asked(self);
    else if (polled[1].revents != 0)
        accept_one(self);
}

static void *run(void *arg)
{
    tcp_relay *self = arg;
    while (!atomic_load(&self->is_over))
        serve(self);
    return NULL;
}

static void ring(tcp_relay *self)
{
    uint64_t once = 1;
    assert_int_equal(sizeof once, write(self->bell, &once, sizeof once));
}

tcp_relay *tcp_relay_new(int port)
{
    tcp_relay *self = calloc(1, sizeof *self);
    assert_non_null(self);
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    self->target = port;
    self->bell = eventfd(0, EFD_CLOEXEC);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(self->bell >= 0 && self->listener >= 0);
    assert_int_equal(0, bind(self->listener, (struct sockaddr *)&address, len));
    assert_int_equal(0, listen(self->listener, CONNECTIONS_MAX));
    assert_int_equal(0, getsockname(self->listener, (struct sockaddr *)&address, &len));
    self->port = ntohs(address.sin_port);
    assert_int_equal(0, pthread_create(&self->thread, NULL, run, self));
    return self;
}

int tcp_relay_port(const tcp_relay *self)
{
    return self->port;
}

void tcp_relay_cut(tcp_relay *self, int unanswered)
{
    atomic_store(&self->unanswered, unanswered);
    atomic_store(&self->is_cut, true);
    ring(self);
}

void tcp_relay_free(tcp_relay *self)
{
    if (self == NULL)
        return;
    atomic_store(&self->is_over, true);
    ring(self);
    pthread_join(self->thread, NULL);
    while (self->count > 0)
        end_connection(self, 0);
    close(self->listener);
    close(self->bell);
    free(self);
}

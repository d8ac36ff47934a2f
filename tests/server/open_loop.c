#include "tests/server/open_loop.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define REPLY_MAX 2048
#define EVENTS 256

typedef struct caller {
    struct caller *next; /* next in the idle list, or in the list of sent requests (oldest first) */
    int fd;              /* -1: not connected */
    bool is_under_way;
    int64_t sent_ns;
    size_t received;
    char reply[REPLY_MAX];
} caller;

typedef struct open_loop {
    const open_loop_settings *settings;
    open_loop_outcome outcome;
    int epoll_fd;
    caller *callers;
    caller *idle;
    caller *first_sent, *last_sent; /* this list may include requests that are already answered */
    int64_t under_way;
    int64_t counted_from_ns, counted_until_ns;
    char request[1024];
    size_t request_len;
} open_loop;

/* Closes the connection with a reset, because tens of thousands of sockets in TIME_WAIT would slow
 * down every other test that looks at the connections of this machine. */
static void caller_close_connection(caller *self)
{
    const struct linger at_once = {.l_onoff = 1};
    if (self->fd >= 0) {
        setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(self->fd);
    }
    self->fd = -1;
}

static void caller_open_connection(open_loop *loop, caller *self)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)loop->settings->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(self->fd >= 0);
    assert_int_equal(connect(self->fd, (struct sockaddr *)&to, sizeof to), 0);
    int on = 1;
    setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = self};
    assert_int_equal(epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, self->fd, &event), 0);
}

/* Increments *counter if now_ns lies in the measured time. */
static void open_loop_count(const open_loop *self, int64_t now_ns, int64_t *counter)
{
    *counter += now_ns >= self->counted_from_ns && now_ns < self->counted_until_ns;
}

static void open_loop_send(open_loop *self, int64_t now_ns)
{
    caller *one = self->idle;
    open_loop_count(self, now_ns, one != NULL ? &self->outcome.sent : &self->outcome.unsent);
    if (one == NULL)
        return;
    self->idle = one->next;
    if (one->fd < 0)
        caller_open_connection(self, one);
    one->is_under_way = true;
    one->sent_ns = now_ns;
    one->received = 0;
    one->next = NULL;
    *(self->last_sent != NULL ? &self->last_sent->next : &self->first_sent) = one;
    self->last_sent = one;
    self->under_way++;
    if (send(one->fd, self->request, self->request_len, MSG_NOSIGNAL) != (ssize_t)self->request_len)
        caller_close_connection(one); /* the request counts as late when its deadline passes */
}

static void caller_end(open_loop *loop, caller *self, int64_t now_ns, int64_t *counter)
{
    self->is_under_way = false;
    loop->under_way--;
    open_loop_count(loop, now_ns, counter);
}

/* Gives up requests that are over their deadline. Answered requests leave the list when they reach
 * its head. */
static void open_loop_give_up_late(open_loop *self, int64_t now_ns)
{
    int64_t deadline_ms = self->settings->deadline_ms > 0 ? self->settings->deadline_ms : 10000;
    while (self->first_sent != NULL) {
        caller *first = self->first_sent;
        if (first->is_under_way && now_ns - first->sent_ns <= deadline_ms * NS_PER_MS)
            return;
        if (first->is_under_way) {
            caller_close_connection(first);
            caller_end(self, first, now_ns, &self->outcome.late);
        }
        self->first_sent = first->next;
        if (self->first_sent == NULL)
            self->last_sent = NULL;
        first->next = self->idle;
        self->idle = first;
    }
}

static bool reply_is_complete(const caller *self)
{
    const char *body = strstr(self->reply, "\r\n\r\n");
    const char *length = strstr(self->reply, "Content-Length: ");
    if (body == NULL || length == NULL || length > body)
        return false;
    size_t head = (size_t)(body + 4 - self->reply);
    return self->received >= head + (size_t)atol(length + strlen("Content-Length: "));
}

static void caller_take_reply(open_loop *loop, caller *self, int64_t now_ns)
{
    bool is_in_time = loop->settings->deadline_ms == 0 ||
                      now_ns - self->sent_ns <= loop->settings->deadline_ms * NS_PER_MS;
    if (strncmp(self->reply, "HTTP/1.1 200 ", 13) == 0 && strstr(self->reply, "\"result\"") != NULL)
        caller_end(loop, self, now_ns, is_in_time ? &loop->outcome.good : &loop->outcome.late);
    else if (strstr(self->reply, "Dubboc-Not-Executed: 1") != NULL)
        caller_end(loop, self, now_ns, &loop->outcome.refused);
    else
        caller_end(loop, self, now_ns, &loop->outcome.other);
    if (strstr(self->reply, "Connection: close") != NULL)
        caller_close_connection(self);
}

static void caller_read_some(open_loop *loop, caller *self, int64_t now_ns)
{
    if (self->fd < 0)
        return;
    ssize_t got =
        recv(self->fd, self->reply + self->received, REPLY_MAX - 1 - self->received, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        caller_close_connection(self);
        if (self->is_under_way)
            caller_end(loop, self, now_ns, &loop->outcome.other);
        return;
    }
    self->received += (size_t)got;
    self->reply[self->received] = '\0';
    if (self->is_under_way && reply_is_complete(self))
        caller_take_reply(loop, self, now_ns);
}

static void open_loop_receive(open_loop *self, int64_t until_ns)
{
    struct epoll_event events[EVENTS];
    int64_t wait_ns = until_ns - clock_now_ns();
    struct timespec wait = {
        .tv_nsec = wait_ns > 0 ? (wait_ns < NS_PER_S ? wait_ns : NS_PER_S - 1) : 0};
    int count = epoll_pwait2(self->epoll_fd, events, EVENTS, &wait, NULL);
    assert_true(count >= 0 || errno == EINTR);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < count; i++)
        caller_read_some(self, events[i].data.ptr, now_ns);
    open_loop_give_up_late(self, now_ns);
}

static void open_loop_init(open_loop *self, const open_loop_settings *settings)
{
    char timeout[64] = "";
    *self = (open_loop){.settings = settings, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    assert_true(self->epoll_fd >= 0);
    self->callers = calloc((size_t)settings->connections, sizeof *self->callers);
    assert_non_null(self->callers);
    for (int i = 0; i < settings->connections; i++) {
        self->callers[i].fd = -1;
        self->callers[i].next = self->idle;
        self->idle = &self->callers[i];
    }
    if (settings->deadline_ms > 0)
        snprintf(timeout, sizeof timeout, "Timeout: %lld\r\n",
            (long long)settings->deadline_ms * NS_PER_MS);
    int len = snprintf(self->request, sizeof self->request,
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
        settings->path, timeout, strlen(settings->body), settings->body);
    assert_in_range(len, 1, sizeof self->request - 1);
    self->request_len = (size_t)len;
}

open_loop_outcome open_loop_run(const open_loop_settings *settings)
{
    open_loop self;
    open_loop_init(&self, settings);
    int64_t begun_ns = clock_now_ns();
    self.counted_from_ns = begun_ns + settings->warm_up_ms * NS_PER_MS;
    int64_t end_ns = self.counted_until_ns =
        self.counted_from_ns + settings->duration_ms * NS_PER_MS;
    double interval_ns = settings->per_second > 0 ? 1e9 / settings->per_second : 0;
    int64_t made = 0;
    for (int64_t now_ns = begun_ns; now_ns < end_ns; now_ns = clock_now_ns()) {
        int64_t due_ns = begun_ns + (int64_t)((double)made * interval_ns);
        bool is_due = interval_ns > 0 ? due_ns <= now_ns
                                      : self.under_way < settings->connections && self.idle != NULL;
        if (is_due) {
            open_loop_send(&self, now_ns);
            made++;
        } else {
            open_loop_receive(&self, deadline_min(interval_ns > 0 ? due_ns : end_ns, end_ns));
        }
    }
    while (self.under_way > 0)
        open_loop_receive(&self, clock_now_ns() + NS_PER_MS);
    for (int i = 0; i < settings->connections; i++)
        caller_close_connection(&self.callers[i]);
    close(self.epoll_fd);
    free(self.callers);
    return self.outcome;
}

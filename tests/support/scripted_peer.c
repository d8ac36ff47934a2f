/* A running peer must not allocate with malloc, calloc or realloc, which tests count and make fail
 * (alloc_fail.h). strndup() and reallocarray() are not among these functions. */
#include "tests/support/scripted_peer.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024

typedef struct served {
    scripted_peer *peer;
    const peer_script *script;
    pthread_t thread;
    int fd;
    bool is_open; /* the script is running; guarded by peer->lock */
    bool resets;  /* set by scripted_peer_reset_all(); guarded by peer->lock */
    char *request;
    size_t len, capacity; /* of request; may include the start of the next request */
} served;

struct scripted_peer {
    const peer_script *scripts;
    size_t script_count;
    int listener;
    int port;
    char url[64];
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_released, is_stopping;
    int connections, requests;
    char *last_request;
    served served[CONNECTIONS_MAX];
};

/* --- one connection --- */

static bool send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool dribble(int fd, const char *text)
{
    for (; *text != '\0'; text++) {
        if (!send_all(fd, text, 1))
            return false;
        poll(NULL, 0, 1); /* a pause, or the bytes would arrive as one segment */
    }
    return true;
}

static bool flood(int fd, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!send_all(fd, text, strlen(text)))
            return false;
    return true;
}

static bool take(int fd, size_t count)
{
    char bytes[4096];
    while (count > 0) {
        ssize_t got = recv(fd, bytes, count < sizeof bytes ? count : sizeof bytes, 0);
        if (got <= 0)
            return false;
        count -= (size_t)got;
    }
    return true;
}

/* Returns the length of the request at the start of text; 0: the request is incomplete. */
static size_t whole_request(char *text, size_t len)
{
    text[len] = '\0';
    const char *end = strstr(text, "\r\n\r\n");
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - text) + 4;
    const char *length = strcasestr(text, "\r\nContent-Length:");
    size_t body = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return len >= head + body ? head + body : 0;
}

static void note_request(served *self, size_t len)
{
    scripted_peer *peer = self->peer;
    char *copy = strndup(self->request, len);
    self->len -= len;
    memmove(self->request, self->request + len, self->len);
    pthread_mutex_lock(&peer->lock);
    peer->requests++;
    free(peer->last_request);
    peer->last_request = copy;
    pthread_mutex_unlock(&peer->lock);
}

static bool receive_more(served *self)
{
    if (self->len + 1 >= self->capacity) {
        self->capacity = self->capacity == 0 ? 4096 : self->capacity * 2;
        self->request = reallocarray(self->request, self->capacity, 1);
        if (self->request == NULL)
            abort();
    }
    ssize_t got = recv(self->fd, self->request + self->len, self->capacity - self->len - 1, 0);
    self->len += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static bool read_request(served *self)
{
    size_t len;
    while (self->len == 0 || (len = whole_request(self->request, self->len)) == 0)
        if (!receive_more(self))
            return false;
    note_request(self, len);
    return true;
}

static bool wait_for_release(scripted_peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    while (!peer->is_released && !peer->is_stopping)
        pthread_cond_wait(&peer->changed, &peer->lock);
    bool is_stopping = peer->is_stopping;
    pthread_mutex_unlock(&peer->lock);
    return !is_stopping;
}

static void reset_on_close(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* false: the script ends here. */
static bool run_step(served *self, const peer_step *step)
{
    switch (step->act) {
    case PEER_ACT_READ:
        return read_request(self);
    case PEER_ACT_TAKE:
        return take(self->fd, step->count);
    case PEER_ACT_SEND:
        return send_all(self->fd, step->text, strlen(step->text));
    case PEER_ACT_DRIBBLE:
        return dribble(self->fd, step->text);
    case PEER_ACT_FLOOD:
        return flood(self->fd, step->text, step->count);
    case PEER_ACT_WAIT:
        return wait_for_release(self->peer);
    case PEER_ACT_HOLD:
        while (take(self->fd, 1))
            ;
        return false;
    case PEER_ACT_RESET:
        reset_on_close(self->fd);
        return false;
    case PEER_ACT_AGAIN:
        return true;
    case PEER_ACT_END:
        break;
    }
    return false;
}

static void *serve(void *arg)
{
    served *self = arg;
    int on = 1;
    setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const peer_step *steps = self->script->steps;
    for (size_t i = 0; i < PEER_STEPS_MAX && run_step(self, &steps[i]);
         i = steps[i].act == PEER_ACT_AGAIN ? 0 : i + 1)
        ;
    pthread_mutex_lock(&self->peer->lock);
    self->is_open = false;
    if (self->resets)
        reset_on_close(self->fd);
    close(self->fd);
    pthread_mutex_unlock(&self->peer->lock);
    free(self->request);
    return NULL;
}

/* --- the listener --- */

static void add(scripted_peer *peer, int fd)
{
    pthread_mutex_lock(&peer->lock);
    int index = peer->connections;
    if (index == CONNECTIONS_MAX) {
        close(fd);
    } else {
        size_t script = (size_t)index < peer->script_count ? (size_t)index : peer->script_count - 1;
        served *self = &peer->served[peer->connections++];
        *self = (served){.peer = peer, .script = &peer->scripts[script], .fd = fd, .is_open = true};
        if (pthread_create(&self->thread, NULL, serve, self) != 0)
            abort();
        pthread_cond_broadcast(&peer->changed);
    }
    pthread_mutex_unlock(&peer->lock);
}

static void *accept_all(void *arg)
{
    scripted_peer *peer = arg;
    int fd;
    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        add(peer, fd);
    return NULL;
}

static int listen_on_loopback(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
        print_error("no listening socket: %s\n", strerror(errno));
        fail();
    }
    *port = ntohs(at.sin_port);
    return fd;
}

scripted_peer *scripted_peer_new(const peer_script *scripts, size_t count)
{
    scripted_peer *peer = calloc(1, sizeof *peer);
    assert_non_null(peer);
    peer->scripts = scripts;
    peer->script_count = count;
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    peer->listener = listen_on_loopback(&peer->port);
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d", peer->port);
    assert_int_equal(pthread_create(&peer->acceptor, NULL, accept_all, peer), 0);
    return peer;
}

const char *scripted_peer_url(const scripted_peer *peer)
{
    return peer->url;
}

int scripted_peer_port(const scripted_peer *peer)
{
    return peer->port;
}

static int read_locked(scripted_peer *peer, const int *figure)
{
    pthread_mutex_lock(&peer->lock);
    int value = *figure;
    pthread_mutex_unlock(&peer->lock);
    return value;
}

int scripted_peer_connections(scripted_peer *peer)
{
    return read_locked(peer, &peer->connections);
}

void scripted_peer_wait_for_connections(scripted_peer *peer, int count)
{
    pthread_mutex_lock(&peer->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    int status = 0;
    while (peer->connections < count && status == 0)
        status = pthread_cond_timedwait(&peer->changed, &peer->lock, &until);
    int seen = peer->connections;
    pthread_mutex_unlock(&peer->lock);
    assert_in_range(seen, count, CONNECTIONS_MAX);
}

int scripted_peer_requests(scripted_peer *peer)
{
    return read_locked(peer, &peer->requests);
}

int scripted_peer_open_connections(scripted_peer *peer)
{
    int count = 0;
    pthread_mutex_lock(&peer->lock);
    for (int i = 0; i < peer->connections; i++)
        count += peer->served[i].is_open;
    pthread_mutex_unlock(&peer->lock);
    return count;
}

char *scripted_peer_last_request(scripted_peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    char *copy = peer->last_request != NULL ? strdup(peer->last_request) : NULL;
    pthread_mutex_unlock(&peer->lock);
    return copy;
}

void scripted_peer_release(scripted_peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    peer->is_released = true;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
}

/* Wakes the threads from recv() by shutdown(). Before a reset only the reading side is shut down,
 * because the other side does not see that. */
static void end_connections(scripted_peer *peer, bool resets)
{
    pthread_mutex_lock(&peer->lock);
    for (int i = 0; i < peer->connections; i++)
        if (peer->served[i].is_open) {
            peer->served[i].resets = resets;
            shutdown(peer->served[i].fd, resets ? SHUT_RD : SHUT_RDWR);
        }
    pthread_mutex_unlock(&peer->lock);
}

static bool has_no_connection(void *arg)
{
    return scripted_peer_open_connections(arg) == 0;
}

void scripted_peer_reset_all(scripted_peer *peer)
{
    end_connections(peer, true);
    assert_true(test_wait_for(has_no_connection, peer, 5000));
}

void scripted_peer_free(scripted_peer *peer)
{
    if (peer == NULL)
        return;
    pthread_mutex_lock(&peer->lock);
    peer->is_stopping = true;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->acceptor, NULL);
    close(peer->listener);
    end_connections(peer, false);
    for (int i = 0; i < peer->connections; i++)
        pthread_join(peer->served[i].thread, NULL);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->lock);
    free(peer->last_request);
    free(peer);
}

/* Opens a plain TCP connection to each server. If that fails, its errno is the reason, which the
 * library does not report. */
#include "registry/zookeeper/probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

#define PROBE_SERVER_MS 1000
#define PROBE_ALL_MS 4000
#define PROBE_REASON_MAX 400

typedef struct probe {
    zk_event event; /* the answer; first, so that the event is the probe */
    zk_mailbox *mailbox;
    char *servers;
    int64_t deadline_ns;
    buffer reason;
} probe;

static void probe_release(zk_event *event)
{
    probe *self = (probe *)(void *)event;
    zk_mailbox_unref(self->mailbox);
    free(self->servers);
    buffer_fini(&self->reason);
    free(self);
}

/* Returns 0 if connected, otherwise an errno. */
static int probe_connect(const struct addrinfo *address, int64_t deadline_ns)
{
    int failure = 0;
    socklen_t len = sizeof failure;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        struct pollfd watched = {.fd = fd, .events = POLLOUT};
        int ready = poll(&watched, 1, deadline_poll_ms(deadline_ns));
        if (ready == 0)
            failure = ETIMEDOUT;
        else if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
            failure = errno;
    }
    close(fd);
    return failure;
}

static void probe_note(probe *self, const char *before, dubboc_slice server, const char *behind)
{
    const char *gap = buffer_slice(&self->reason).len > 0 ? "; " : "";
    buffer_printf(&self->reason, "%s%s%.*s%s", gap, before, SLICE_ARGS(server), behind);
}

static void probe_note_failure(probe *self, int failure, dubboc_slice server)
{
    char text[64];
    if (failure == 0)
        probe_note(self, "connection accepted by ", server, ", but no session was established");
    else if (failure == ECONNREFUSED)
        probe_note(self, "connection refused by ", server, "");
    else if (failure == ETIMEDOUT)
        probe_note(self, "no answer from ", server, "");
    else if (snprintf(text, sizeof text, ": %s", strerror(failure)) > 0)
        probe_note(self, "no connection to ", server, text);
}

/* Tries one server; host and port are copies of the parts of server. */
static void probe_server(probe *self, const char *host, const char *port, dubboc_slice server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int64_t deadline_ns = deadline_min(self->deadline_ns, deadline_in_ms(PROBE_SERVER_MS));
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure != 0) {
        char text[100];
        snprintf(text, sizeof text, ": %s", gai_strerror(failure));
        probe_note(self, "cannot resolve ", server, text);
        return;
    }
    failure = EHOSTUNREACH;
    for (struct addrinfo *one = found; one != NULL && failure != 0; one = one->ai_next)
        failure = probe_connect(one, deadline_ns);
    freeaddrinfo(found);
    self->event.is_reachable = self->event.is_reachable || failure == 0;
    probe_note_failure(self, failure, server);
}

static void probe_all(probe *self)
{
    dubboc_slice rest = slice_of(self->servers), server;
    while (slice_next(&rest, ',', &server) && !deadline_is_over(self->deadline_ns)) {
        char text[300];
        const char *colon = memrchr(server.at, ':', server.len);
        if (colon == NULL || server.len >= sizeof text)
            continue;
        memcpy(text, server.at, server.len);
        text[server.len] = '\0';
        text[colon - server.at] = '\0';
        probe_server(self, text, text + (colon - server.at) + 1, server);
    }
}

static void *probe_run(void *arg)
{
    probe *self = arg;
    zk_mailbox *mailbox = zk_mailbox_ref(self->mailbox); /* the event frees the probe */
    self->deadline_ns = deadline_in_ms(PROBE_ALL_MS);
    probe_all(self);
    const char *reason = buffer_text(&self->reason);
    self->event.path =
        (char *)(uintptr_t)(reason != NULL ? reason : "several servers do not answer");
    zk_mailbox_deliver(mailbox, &self->event);
    zk_mailbox_unref(mailbox);
    return NULL;
}

bool zk_probe_start(const char *servers, zk_mailbox *mailbox)
{
    pthread_t thread;
    probe *self = MEM_NEW(probe);
    if (self == NULL)
        return false;
    self->event.kind = ZK_EVENT_PROBED;
    self->event.release = probe_release;
    self->mailbox = zk_mailbox_ref(mailbox);
    self->servers = mem_dup(servers);
    buffer_init(&self->reason, PROBE_REASON_MAX);
    if (self->servers != NULL &&
        thread_start(&thread, probe_run, self, "zk-probe", NULL) == DUBBOC_OK) {
        pthread_detach(thread);
        return true;
    }
    zk_event_free(&self->event);
    return false;
}

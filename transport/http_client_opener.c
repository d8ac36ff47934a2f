#include "transport/http_client_opener.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/timers.h"
#include "base/wake.h"
#include "transport/http_client_connect.h"
#include "transport/http_client_exchange.h"

#define EVENTS_A_STEP 64

typedef enum opening_state {
    OPENING_WAITS_FOR_NAME,
    OPENING_WAITS_FOR_TURN, /* in the list of openings that a step will begin */
    OPENING_CONNECTS,       /* its curl handle is in the multi handle */
} opening_state;

struct http_client_opening {
    http_client_opener *opener;
    http_client_endpoint *endpoint; /* the opening holds a place of this endpoint; NULL: no pool */
    http_client_opened opened;
    void *arg;
    opening_state state;
    http_client_connect attempt;
    timer_entry limit;
    waiter waiter; /* woken when the name has been looked up */
    http_client_names_wait name_wait;
    waiter_entry named;                   /* in opener->named; guarded by the opener's lock */
    http_client_opening *previous, *next; /* in the opener's list of all openings */
    /* in the list of OPENING_WAITS_FOR_TURN */
    http_client_opening *previous_waiting, *next_waiting;
};

struct http_client_opener {
    http_client_owner owner; /* the first member, so that it can be cast */
    http_client *client;
    CURLM *multi;
    int epoll_fd; /* watches curl's sockets and wake */
    wake wake;
    bool *is_watched; /* whether epoll_fd watches a socket of curl; the descriptor is the index */
    size_t watched_capacity;
    int64_t curl_due_ns; /* when curl wants to be called */
    timers limits;
    http_client_opening *all;
    http_client_opening *first_waiting, *last_waiting;

    mutex lock;                     /* guards the fields below */
    waiter_queue named;             /* openings whose name the next step must look up */
    http_client_connection *buried; /* TLS connections to close, linked by `older` */
};

/* --- callbacks of curl --- */

static void opener_forget_socket(http_client_opener *self, int fd)
{
    if ((size_t)fd >= self->watched_capacity || !self->is_watched[fd])
        return;
    self->is_watched[fd] = false;
    epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* If a socket cannot be watched because there is no memory, its opening fails when its time limit
 * is reached. */
static void opener_watch_socket(http_client_opener *self, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    size_t former = self->watched_capacity;
    if ((size_t)fd >= former) {
        if (!mem_grow((void **)&self->is_watched, &self->watched_capacity, (size_t)fd + 1,
                sizeof *self->is_watched))
            return;
        memset(self->is_watched + former, 0,
            (self->watched_capacity - former) * sizeof *self->is_watched);
    }
    /* Modifying fails if the socket was closed and another one has its number now. */
    self->is_watched[fd] =
        (self->is_watched[fd] && epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0) ||
        epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Always returns 0, because curl fails all transfers of the multi handle if a callback returns an
 * error. curl may report CURL_POLL_REMOVE for a socket that it has closed before (libraries.md
 * C13); then opener_close_socket() has already called opener_forget_socket(). */
static int opener_on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)curl, (void)known;
    if (what == CURL_POLL_REMOVE)
        opener_forget_socket(arg, fd);
    else
        opener_watch_socket(arg, fd,
            ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) |
                ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u));
    return 0;
}

/* curl calls this instead of close(). */
static int opener_close_socket(void *arg, curl_socket_t fd)
{
    opener_forget_socket(arg, fd);
    return close(fd);
}

static int opener_on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    http_client_opener *self = arg;
    (void)multi;
    self->curl_due_ns = timeout_ms < 0 ? DEADLINE_NEVER : deadline_in_ms(timeout_ms);
    return 0;
}

/* --- life --- */

/* The close function of the owner: leaves the work to the next step. Any thread. */
static void opener_bury(http_client_owner *owner, http_client_connection *connection)
{
    http_client_opener *self = (http_client_opener *)owner;
    mutex_lock(&self->lock);
    connection->older = self->buried;
    self->buried = connection;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
}

static void opener_close_buried(http_client_opener *self)
{
    mutex_lock(&self->lock);
    http_client_connection *buried = self->buried;
    self->buried = NULL;
    mutex_unlock(&self->lock);
    while (buried != NULL) {
        http_client_connection *next = buried->older;
        curl_multi_remove_handle(self->multi, buried->curl);
        buried->owner = NULL;
        http_client_connection_close(buried);
        buried = next;
    }
}

static bool opener_open_descriptors(http_client_opener *self)
{
    struct epoll_event event = {.events = EPOLLIN};
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!wake_open(&self->wake) || self->epoll_fd < 0)
        return false;
    event.data.fd = self->wake.fd;
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->wake.fd, &event) == 0;
}

static bool opener_init_curl(http_client_opener *self)
{
    self->multi = curl_multi_init();
    return self->multi != NULL &&
           curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, opener_on_socket) == CURLM_OK &&
           curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self) == CURLM_OK &&
           curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, opener_on_timer) == CURLM_OK &&
           curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self) == CURLM_OK;
}

dubboc_status http_client_opener_new(
    http_client *client, http_client_opener **made, dubboc_error *err)
{
    http_client_opener *self = MEM_NEW(http_client_opener);
    if (self == NULL)
        return error_no_memory(err);
    self->owner.close = opener_bury;
    self->client = client;
    self->curl_due_ns = DEADLINE_NEVER;
    mutex_init(&self->lock, MUTEX_RANK_OPENER);
    dubboc_status status = DUBBOC_OK;
    if (!opener_open_descriptors(self))
        status = error_set(err, DUBBOC_E_SYSTEM, "no descriptor for opening connections: %s",
            strerrordesc_np(errno));
    else if (!opener_init_curl(self))
        status = error_no_memory(err);
    if (status != DUBBOC_OK) {
        http_client_opener_free(self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

void http_client_opener_free(http_client_opener *self)
{
    if (self == NULL)
        return;
    assert(self->all == NULL);
    opener_close_buried(self);
    curl_multi_cleanup(self->multi);
    wake_close(&self->wake);
    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
    mutex_fini(&self->lock);
    free(self->is_watched);
    free(self);
}

http_client_owner *http_client_opener_owner(http_client_opener *self)
{
    return &self->owner;
}

int http_client_opener_fd(const http_client_opener *self)
{
    return self->epoll_fd;
}

/* --- the end of an opening --- */

static void opening_unlink(http_client_opening *self)
{
    http_client_opener *opener = self->opener;
    *(self->previous != NULL ? &self->previous->next : &opener->all) = self->next;
    if (self->next != NULL)
        self->next->previous = self->previous;
    timers_clear(&opener->limits, &self->limit);
}

static void opening_leave_turn(http_client_opening *self)
{
    http_client_opener *opener = self->opener;
    *(self->previous_waiting != NULL ? &self->previous_waiting->next_waiting
                                     : &opener->first_waiting) = self->next_waiting;
    *(self->next_waiting != NULL ? &self->next_waiting->previous_waiting : &opener->last_waiting) =
        self->previous_waiting;
}

/* Ends the opening's wait for a name, so that no look-up wakes the opening from now on. */
static void opening_leave_name(http_client_opening *self)
{
    http_client_opener *opener = self->opener;
    http_client_names_leave(opener->client->names, &self->name_wait);
    mutex_lock(&opener->lock);
    waiter_queue_leave(&opener->named, &self->named);
    mutex_unlock(&opener->lock);
}

/* Frees everything except the place. */
static void opening_free(http_client_opening *self)
{
    opening_leave_name(self);
    if (self->state == OPENING_WAITS_FOR_TURN)
        opening_leave_turn(self);
    if (self->attempt.curl != NULL && self->state == OPENING_CONNECTS)
        curl_multi_remove_handle(self->opener->multi, self->attempt.curl);
    opening_unlink(self);
    http_client_connect_fini(&self->attempt);
    free(self);
}

static void opening_give_place_back(http_client_endpoint *endpoint)
{
    if (endpoint != NULL)
        http_client_endpoint_free_place(endpoint);
}

static void opening_fail(http_client_opening *self, dubboc_status status, const dubboc_error *err)
{
    http_client_opened opened = self->opened;
    void *arg = self->arg;
    http_client_endpoint *endpoint = self->endpoint;
    opening_free(self);
    opening_give_place_back(endpoint);
    opened(arg, status, NULL, err);
}

static void opening_end(http_client_opening *self, CURLcode code)
{
    dubboc_error err;
    http_client_connection *connection = NULL;
    dubboc_status status = http_client_connect_finish(&self->attempt, code, &connection, &err);
    if (status != DUBBOC_OK) {
        opening_fail(self, status, &err);
        return;
    }
    http_client_opened opened = self->opened;
    void *arg = self->arg;
    if (self->endpoint != NULL)
        http_client_endpoint_adopt(self->endpoint, connection);
    if (connection->curl != NULL)
        connection->owner = &self->opener->owner;
    opening_free(self);
    opened(arg, DUBBOC_OK, connection, NULL);
}

void http_client_opening_cancel(http_client_opening *self)
{
    http_client_endpoint *endpoint = self->endpoint;
    opening_free(self);
    opening_give_place_back(endpoint);
}

/* --- beginning --- */

/* Makes the next step call opening_look_up_name() for this opening. Any thread. */
static void opening_look_soon(waiter *of)
{
    http_client_opening *self =
        (http_client_opening *)((char *)of - offsetof(http_client_opening, waiter));
    http_client_opener *opener = self->opener;
    mutex_lock(&opener->lock);
    waiter_queue_join(&opener->named, &self->named, of);
    mutex_unlock(&opener->lock);
    wake_signal(&opener->wake);
}

static void opening_wait_for_turn(http_client_opening *self)
{
    http_client_opener *opener = self->opener;
    self->state = OPENING_WAITS_FOR_TURN;
    self->previous_waiting = opener->last_waiting;
    self->next_waiting = NULL;
    *(opener->last_waiting != NULL ? &opener->last_waiting->next_waiting : &opener->first_waiting) =
        self;
    opener->last_waiting = self;
}

static void opening_look_up_name(http_client_opening *self)
{
    dubboc_error err;
    char text[NAMES_TEXT_SIZE];
    const http_client_target *target = self->attempt.target;
    http_client_names_state found = http_client_names_look(
        target->client->names, slice_of(target->name), &self->name_wait, &self->waiter, text);
    if (found == NAMES_PENDING)
        return;
    /* An answer that came just now may have put the opening into `named` again. */
    opening_leave_name(self);
    dubboc_status status = http_client_connect_use_name(&self->attempt, found, text, &err);
    if (status == DUBBOC_OK)
        opening_wait_for_turn(self);
    else
        opening_fail(self, status, &err);
}

/* endpoint is NULL for a connection that belongs to no pool. Returns NULL if there is no memory;
 * the place was given back. */
static http_client_opening *opener_begin(http_client_opener *self, http_client_endpoint *endpoint,
    const http_client_target *target, int64_t deadline_ns, http_client_opened opened, void *arg)
{
    http_client_opening *made = MEM_NEW(http_client_opening);
    if (made == NULL) {
        opening_give_place_back(endpoint);
        return NULL;
    }
    made->opener = self;
    made->endpoint = endpoint;
    made->opened = opened;
    made->arg = arg;
    made->waiter.wake = opening_look_soon;
    made->next = self->all;
    if (self->all != NULL)
        self->all->previous = made;
    self->all = made;
    if (!http_client_connect_begin(&made->attempt, target, deadline_ns)) {
        http_client_opening_cancel(made);
        return NULL;
    }
    timers_set(&self->limits, &made->limit, made->attempt.until_ns);
    if (http_client_connect_needs_name(&made->attempt))
        opening_look_soon(&made->waiter);
    else
        opening_wait_for_turn(made);
    return made;
}

http_client_opening *http_client_opener_begin(http_client_opener *self,
    http_client_endpoint *endpoint, int64_t deadline_ns, http_client_opened opened, void *arg)
{
    return opener_begin(
        self, endpoint, http_client_endpoint_target(endpoint), deadline_ns, opened, arg);
}

http_client_opening *http_client_opener_begin_apart(http_client_opener *self,
    const http_client_target *target, int64_t deadline_ns, http_client_opened opened, void *arg)
{
    return opener_begin(self, NULL, target, deadline_ns, opened, arg);
}

/* --- stepping --- */

static void opener_take_events(http_client_opener *self)
{
    struct epoll_event events[EVENTS_A_STEP];
    int running;
    int count = epoll_wait(self->epoll_fd, events, EVENTS_A_STEP, 0);
    for (int i = 0; i < count; i++) {
        uint32_t seen = events[i].events;
        int what = ((seen & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((seen & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((seen & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        if (events[i].data.fd == self->wake.fd)
            wake_clear(&self->wake);
        else
            curl_multi_socket_action(self->multi, events[i].data.fd, what, &running);
    }
}

static http_client_opening *opener_take_named(http_client_opener *self)
{
    mutex_lock(&self->lock);
    waiter_entry *first = self->named.first;
    if (first != NULL)
        waiter_queue_leave(&self->named, first);
    mutex_unlock(&self->lock);
    return first != NULL
               ? (http_client_opening *)((char *)first - offsetof(http_client_opening, named))
               : NULL;
}

static void opener_end_late(http_client_opener *self)
{
    timer_entry *due;
    dubboc_error err;
    while ((due = timers_take_due(&self->limits, clock_now_ns())) != NULL) {
        http_client_opening *late =
            (http_client_opening *)((char *)due - offsetof(http_client_opening, limit));
        dubboc_status status = http_client_connect_is_late(&late->attempt, &err);
        opening_fail(late, status, &err);
    }
}

static bool opening_set_options(http_client_opening *self)
{
    CURL *curl = self->attempt.curl;
    return curl_easy_setopt(curl, CURLOPT_PRIVATE, self) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, opener_close_socket) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, self->opener) == CURLE_OK;
}

static void opening_connect(http_client_opening *self)
{
    dubboc_error err;
    http_client_opener *opener = self->opener;
    opening_leave_turn(self);
    self->state = OPENING_CONNECTS;
    dubboc_status status = http_client_connect_prepare(&self->attempt, &err);
    if (status == DUBBOC_OK && (!opening_set_options(self) || curl_multi_add_handle(opener->multi,
                                                                  self->attempt.curl) != CURLM_OK))
        status = error_no_memory(&err);
    if (status != DUBBOC_OK)
        opening_fail(self, status, &err);
}

static void opener_begin_waiting(http_client_opener *self)
{
    for (int i = 0; i < OPENER_BEGINS_MAX && self->first_waiting != NULL; i++)
        opening_connect(self->first_waiting);
}

static void opener_let_curl_go_on(http_client_opener *self)
{
    int running;
    if (self->curl_due_ns == DEADLINE_NEVER || clock_now_ns() < self->curl_due_ns)
        return;
    self->curl_due_ns = DEADLINE_NEVER;
    /* libcurl may start a thread to resolve a proxy's name, and that thread must not receive the
     * program's signals. */
    sigset_t former;
    bool has_proxy = self->client->settings.proxy[0] != '\0';
    if (has_proxy)
        thread_signals_block(&former);
    curl_multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (has_proxy)
        thread_signals_restore(&former);
}

static void opener_tell_ends(http_client_opener *self)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(self->multi, &left)) != NULL) {
        char *opening = NULL;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &opening) == CURLE_OK &&
            opening != NULL)
            opening_end((http_client_opening *)(void *)opening, code);
    }
}

int64_t http_client_opener_step(http_client_opener *self)
{
    http_client_opening *named;
    opener_take_events(self);
    while ((named = opener_take_named(self)) != NULL)
        opening_look_up_name(named);
    opener_end_late(self);
    opener_begin_waiting(self);
    opener_let_curl_go_on(self);
    opener_tell_ends(self);
    opener_close_buried(self);
    if (self->first_waiting != NULL)
        return clock_now_ns();
    return deadline_min(self->curl_due_ns, timers_first_ns(&self->limits));
}

#include "client/io_loop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

#define EVENTS_A_TURN 128
#define IO_LOOP_PAUSE_MS 100 /* after epoll_wait() has failed, so that the loop does not spin */

/* What the loop knows about one descriptor. The descriptor is the index in the table. */
typedef struct io_slot {
    io_task *task;   /* the task that waits for it; NULL: none */
    uint64_t serial; /* the connection whose descriptor is in the epoll set; 0: none */
    bool has_ended;  /* an event said that the peer has closed, or that the connection failed */
} io_slot;

struct io_loop {
    int epoll_fd;
    int timer_fd; /* makes epoll_fd readable when the first timer is due */
    wake wake;
    bool has_thread; /* constant while the loop runs; false: dubboc_client_step() runs it */
    pthread_t thread;
    atomic_bool is_stopping;

    /* used on the loop's thread only */
    timers timers;
    int64_t armed_ns; /* when timer_fd becomes readable: perhaps too early, never too late */
    io_slot *slots;
    size_t slot_capacity;
    uint64_t turns; /* how many have ended */

    mutex lock; /* guards the fields below */
    io_task *first_posted, *last_posted;
    size_t posted_count;
    bool is_waiting; /* The loop waits, or will wait, so whoever posts a task must wake it. */
};

static _Thread_local const io_loop *io_loop_current; /* the loop whose turn this thread runs */

/* --- life --- */

/* The data that epoll returns with an event. The serial number distinguishes the event from an
 * event of a closed connection that had the same descriptor. */
static epoll_data_t io_loop_mark(int fd, uint64_t serial)
{
    return (epoll_data_t){.u64 = serial << 32 | (uint32_t)fd};
}

static bool io_loop_add_descriptor(const io_loop *self, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = io_loop_mark(fd, 0)};
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool io_loop_open_descriptors(io_loop *self)
{
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return wake_open(&self->wake) && self->epoll_fd >= 0 && self->timer_fd >= 0 &&
           io_loop_add_descriptor(self, self->timer_fd) &&
           io_loop_add_descriptor(self, self->wake.fd);
}

dubboc_status io_loop_new(io_loop **made, dubboc_error *err)
{
    io_loop *self = MEM_NEW(io_loop);
    if (self == NULL)
        return error_no_memory(err);
    mutex_init(&self->lock, MUTEX_RANK_IO_LOOP);
    self->armed_ns = DEADLINE_NEVER;
    self->is_waiting = true;
    if (!io_loop_open_descriptors(self)) {
        int problem = errno;
        io_loop_free(self);
        return error_set(err, DUBBOC_E_SYSTEM,
            "no descriptor for the loop of asynchronous calls: %s", strerrordesc_np(problem));
    }
    *made = self;
    return DUBBOC_OK;
}

void io_loop_free(io_loop *self)
{
    if (self == NULL)
        return;
    io_loop_stop_thread(self);
    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
    if (self->timer_fd >= 0)
        close(self->timer_fd);
    wake_close(&self->wake);
    mutex_fini(&self->lock);
    free(self->slots);
    free(self);
}

int io_loop_fd(const io_loop *self)
{
    return self->epoll_fd;
}

uint64_t io_loop_turn_number(const io_loop *self)
{
    return self->turns;
}

bool io_loop_is_current(const io_loop *self)
{
    return io_loop_current == self;
}

bool io_loop_is_within(void)
{
    return io_loop_current != NULL;
}

/* --- posted tasks --- */

void io_loop_post(io_loop *self, io_task *task)
{
    bool must_wake = false;
    mutex_lock(&self->lock);
    if (!task->is_posted) {
        task->is_posted = true;
        task->previous_posted = self->last_posted;
        task->next_posted = NULL;
        *(self->last_posted != NULL ? &self->last_posted->next_posted : &self->first_posted) = task;
        self->last_posted = task;
        self->posted_count++;
        must_wake = self->is_waiting;
        self->is_waiting = false;
    }
    mutex_unlock(&self->lock);
    if (must_wake)
        wake_signal(&self->wake);
}

static void io_loop_unpost_locked(io_loop *self, io_task *task)
{
    *(task->previous_posted != NULL ? &task->previous_posted->next_posted : &self->first_posted) =
        task->next_posted;
    *(task->next_posted != NULL ? &task->next_posted->previous_posted : &self->last_posted) =
        task->previous_posted;
    task->previous_posted = task->next_posted = NULL;
    task->is_posted = false;
    self->posted_count--;
}

static io_task *io_loop_take_posted(io_loop *self)
{
    mutex_lock(&self->lock);
    io_task *first = self->first_posted;
    if (first != NULL)
        io_loop_unpost_locked(self, first);
    mutex_unlock(&self->lock);
    return first;
}

/* Tasks that are posted meanwhile are left to the next turn, because a task that posts itself again
 * and again must not keep descriptors and timers from being served. */
static void io_loop_run_posted(io_loop *self)
{
    mutex_lock(&self->lock);
    size_t count = self->posted_count;
    mutex_unlock(&self->lock);
    for (; count > 0; count--) {
        io_task *task = io_loop_take_posted(self);
        if (task == NULL)
            return;
        task->run(task, IO_POSTED);
    }
}

/* false: a task is posted, so the loop must not wait. */
static bool io_loop_begin_waiting(io_loop *self)
{
    mutex_lock(&self->lock);
    self->is_waiting = self->first_posted == NULL;
    bool may_wait = self->is_waiting;
    mutex_unlock(&self->lock);
    return may_wait;
}

/* --- timers --- */

void io_loop_set_timer(io_loop *self, io_task *task, int64_t due_ns)
{
    timers_set(&self->timers, &task->timer, due_ns);
}

/* Arms timer_fd for the first timer. If timer_fd is already armed for an earlier time, it is left
 * alone, which saves a system call: the loop then wakes too early, finds nothing due, and arms
 * timer_fd again. This is the usual case, because later calls have later deadlines. */
static void io_loop_arm(io_loop *self)
{
    int64_t first_ns = timers_first_ns(&self->timers);
    if (first_ns >= self->armed_ns)
        return;
    int64_t left_ns = first_ns - clock_now_ns();
    if (left_ns < 1)
        left_ns = 1; /* 0 would disarm it */
    struct itimerspec when = {
        .it_value = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S}};
    if (timerfd_settime(self->timer_fd, 0, &when, NULL) == 0)
        self->armed_ns = first_ns;
}

static void io_loop_run_timers(io_loop *self)
{
    timer_entry *timer;
    int64_t now_ns = timers_first_ns(&self->timers) != DEADLINE_NEVER ? clock_now_ns() : 0;
    while ((timer = timers_take_due(&self->timers, now_ns)) != NULL) {
        io_task *task = (io_task *)((char *)timer - offsetof(io_task, timer));
        task->run(task, IO_TIME);
    }
}

/* --- descriptors --- */

static io_slot *io_loop_slot(io_loop *self, int fd)
{
    if ((size_t)fd < self->slot_capacity)
        return &self->slots[fd];
    size_t former = self->slot_capacity;
    if (!mem_grow((void **)&self->slots, &self->slot_capacity, (size_t)fd + 1, sizeof(io_slot)))
        return NULL;
    memset(self->slots + former, 0, (self->slot_capacity - former) * sizeof(io_slot));
    return &self->slots[fd];
}

static bool io_loop_register(io_loop *self, int fd, uint64_t serial, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = io_loop_mark(fd, serial)};
    if (epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    return errno == EEXIST && epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

bool io_loop_await(io_loop *self, io_task *task, int fd, uint64_t serial)
{
    io_slot *slot = io_loop_slot(self, fd);
    if (slot == NULL) {
        errno = ENOMEM;
        return false;
    }
    if (slot->serial != serial) {
        if (!io_loop_register(self, fd, serial, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET))
            return false;
        slot->serial = serial;
        slot->has_ended = false;
    }
    slot->task = task;
    task->fd = fd + 1;
    return true;
}

bool io_loop_watch(io_loop *self, io_task *task, int fd)
{
    io_slot *slot = io_loop_slot(self, fd);
    if (slot == NULL)
        errno = ENOMEM;
    if (slot == NULL || !io_loop_register(self, fd, 0, EPOLLIN))
        return false;
    slot->task = task;
    task->fd = fd + 1;
    return true;
}

bool io_loop_has_ended(const io_loop *self, const io_task *task)
{
    return task->fd != 0 && self->slots[task->fd - 1].has_ended;
}

void io_loop_forget(io_loop *self, io_task *task)
{
    if (task->fd != 0)
        self->slots[task->fd - 1].task = NULL;
    task->fd = 0;
}

void io_loop_leave(io_loop *self, io_task *task)
{
    timers_clear(&self->timers, &task->timer);
    io_loop_forget(self, task);
    mutex_lock(&self->lock);
    if (task->is_posted)
        io_loop_unpost_locked(self, task);
    mutex_unlock(&self->lock);
}

/* No task of this loop waits for the descriptor: its connection is idle, or another thread uses
 * it. */
static void io_loop_drop_descriptor(io_loop *self, int fd)
{
    epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    self->slots[fd].serial = 0;
}

static void io_loop_clear_timer(io_loop *self)
{
    uint64_t count;
    if (read(self->timer_fd, &count, sizeof count) > 0)
        self->armed_ns = DEADLINE_NEVER;
}

/* An event of a socket, or of a descriptor that a task watches. */
static void io_loop_serve(io_loop *self, int fd, uint32_t serial, uint32_t events)
{
    if ((size_t)fd >= self->slot_capacity || (uint32_t)self->slots[fd].serial != serial)
        return; /* the event belongs to a connection that was closed in this turn */
    io_slot *slot = &self->slots[fd];
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        slot->has_ended = true;
    if (slot->task != NULL)
        slot->task->run(slot->task, IO_READY);
    else
        io_loop_drop_descriptor(self, fd);
}

static void io_loop_take_event(io_loop *self, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    if (fd == self->wake.fd)
        wake_clear(&self->wake);
    else if (fd == self->timer_fd)
        io_loop_clear_timer(self);
    else
        io_loop_serve(self, fd, (uint32_t)(event->data.u64 >> 32), event->events);
}

/* --- turns --- */

/* How long epoll_wait() may block. At most WAKE_LOOK_MS, so that a wake-up that failed only causes
 * a delay. */
static int io_loop_wait_ms(io_loop *self, int timeout_ms)
{
    return io_loop_begin_waiting(self) ? wake_wait_ms(timeout_ms) : 0;
}

static dubboc_status io_loop_wait(
    io_loop *self, int timeout_ms, struct epoll_event *events, int *count, dubboc_error *err)
{
    io_loop_arm(self);
    *count = epoll_wait(self->epoll_fd, events, EVENTS_A_TURN, io_loop_wait_ms(self, timeout_ms));
    if (*count >= 0 || errno == EINTR) {
        *count = *count > 0 ? *count : 0;
        return DUBBOC_OK;
    }
    *count = 0;
    return error_set(err, DUBBOC_E_SYSTEM,
        "the loop of asynchronous calls cannot wait: epoll_wait: %s", strerrordesc_np(errno));
}

/* The program polls epoll_fd, so this makes epoll_fd readable if something remains to be done. */
static void io_loop_show(io_loop *self)
{
    io_loop_arm(self);
    if (!io_loop_begin_waiting(self))
        wake_signal(&self->wake);
}

dubboc_status io_loop_turn(io_loop *self, int timeout_ms, dubboc_error *err)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count;
    dubboc_status status = io_loop_wait(self, timeout_ms, events, &count, err);
    mutex_lock(&self->lock);
    self->is_waiting = false; /* tasks that are posted from now on are seen in this turn */
    mutex_unlock(&self->lock);
    const io_loop *former = io_loop_current; /* set if another loop's callback steps this loop */
    io_loop_current = self;
    for (int i = 0; i < count; i++)
        io_loop_take_event(self, &events[i]);
    io_loop_run_timers(self);
    io_loop_run_posted(self);
    io_loop_current = former;
    self->turns++;
    if (!self->has_thread)
        io_loop_show(self);
    return status;
}

/* --- the thread --- */

static void *io_loop_run(void *arg)
{
    io_loop *self = arg;
    dubboc_error err;
    while (!atomic_load(&self->is_stopping)) {
        if (io_loop_turn(self, -1, &err) == DUBBOC_OK)
            continue;
        LOG_THROTTLED(DUBBOC_LOG_ERROR, "client", "asynchronous calls cannot go on",
            "reason=\"%s\"", err.text);
        poll(NULL, 0, IO_LOOP_PAUSE_MS);
    }
    return NULL;
}

dubboc_status io_loop_start_thread(io_loop *self, dubboc_error *err)
{
    self->has_thread = true;
    dubboc_status status = thread_start(&self->thread, io_loop_run, self, "dubboc-io", err);
    if (status != DUBBOC_OK)
        self->has_thread = false;
    return status;
}

void io_loop_stop_thread(io_loop *self)
{
    if (!self->has_thread)
        return;
    atomic_store(&self->is_stopping, true);
    wake_signal(&self->wake);
    pthread_join(self->thread, NULL);
    self->has_thread = false;
}

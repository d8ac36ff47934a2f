/* An event loop that runs tasks, in its own thread or in dubboc_client_step().
 *
 * A task is a field of the object that waits, for example an asynchronous call. The loop runs a
 * task when another thread has posted it, when its timer is due, or when its descriptor is ready.
 * The loop knows nothing else about tasks.
 *
 * The sockets of pooled connections are watched edge-triggered and stay in the epoll set after a
 * task has finished with them, because the next task will probably use the same connection. So a
 * call on a pooled connection needs no epoll_ctl(). A serial number distinguishes a connection from
 * an earlier connection that had the same descriptor. If an event comes and no task waits for the
 * descriptor, the descriptor is removed from the epoll set. */
#ifndef CLIENT_IO_LOOP_H
#define CLIENT_IO_LOOP_H

#include <dubboc/error.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/mutex.h"
#include "base/timers.h"
#include "base/wake.h"

typedef struct io_loop io_loop;

/* Why a task is run. */
enum {
    IO_POSTED = 1,
    IO_TIME = 2,  /* its timer was due, and has been cleared */
    IO_READY = 4, /* its descriptor is probably ready */
};

/* The owner sets run and fills the rest with zeros. All fields but run belong to the loop. */
typedef struct io_task io_task;
struct io_task {
    /* Called on the thread of the loop, without locks. It must not block. It may free the task. */
    void (*run)(io_task *self, unsigned why);
    timer_entry timer;
    int fd; /* the descriptor that it waits for, plus 1; 0: none */
    /* guarded by the loop's lock */
    bool is_posted;
    struct io_task *previous_posted, *next_posted;
};

/* DUBBOC_E_SYSTEM: no descriptor is left. DUBBOC_E_NO_MEMORY. */
dubboc_status io_loop_new(io_loop **self, dubboc_error *err);

/* Ends the thread, if there is one. No task may be left. self may be NULL. */
void io_loop_free(io_loop *self);

/* Starts a thread that makes turns until io_loop_stop_thread(). DUBBOC_E_SYSTEM,
 * DUBBOC_E_NO_MEMORY. */
dubboc_status io_loop_start_thread(io_loop *self, dubboc_error *err);

/* Ends the thread and waits for it. No-op if there is none. */
void io_loop_stop_thread(io_loop *self);

/* Returns a descriptor that is readable when io_loop_turn() has something to do. */
int io_loop_fd(const io_loop *self);

/* Waits until there is something to do, for at most timeout_ms (negative: no limit), and does it.
 * May return after WAKE_LOOK_MS without having done anything. Only one thread at a time may call
 * this function. DUBBOC_E_SYSTEM: epoll_wait() failed; err says why. Timers and posted tasks have
 * been run nevertheless. */
dubboc_status io_loop_turn(io_loop *self, int timeout_ms, dubboc_error *err);

/* The number of the present turn; only for the thread of the loop. */
uint64_t io_loop_turn_number(const io_loop *self);

/* Whether the caller runs inside a turn of this loop, or of any loop. */
bool io_loop_is_current(const io_loop *self);
bool io_loop_is_within(void);

/* Makes the loop run the task with IO_POSTED, in this turn or in the next one. A task that is
 * posted already is run only once. Any thread; the caller may hold locks of a lower rank. */
void io_loop_post(io_loop *self, io_task *task);

/* --- The functions below are for the thread of the loop only. */

/* Sets the timer of the task. DEADLINE_NEVER: clears it. */
void io_loop_set_timer(io_loop *self, io_task *task, int64_t due_ns);

/* Makes the loop run the task with IO_READY when fd becomes readable or writable. The loop reports
 * only changes (EPOLLET), so a caller that has begun to read or write must have gone on until
 * EAGAIN or a short read; otherwise it must post the task. serial is the number of the connection,
 * not 0. A task waits for one descriptor at most. false: no memory, or epoll refused; see errno. */
bool io_loop_await(io_loop *self, io_task *task, int fd, uint64_t serial);

/* Makes the loop run the task with IO_READY in each turn in which fd is readable. Only this task
 * may use fd. false: see io_loop_await(). */
bool io_loop_watch(io_loop *self, io_task *task, int fd);

/* Whether epoll has reported that the connection the task waits for was closed by its peer or has
 * failed. Then reading never blocks, and the loop reports nothing more, so a task that wants to
 * read must do so without waiting for an event. */
bool io_loop_has_ended(const io_loop *self, const io_task *task);

/* Ends the wait for a descriptor. To be called before the descriptor is closed or given to another
 * task. No-op if the task waits for none. */
void io_loop_forget(io_loop *self, io_task *task);

/* Clears the timer, ends the wait for a descriptor, and removes the task from the posted tasks.
 * From now on no thread may post the task. */
void io_loop_leave(io_loop *self, io_task *task);

#endif

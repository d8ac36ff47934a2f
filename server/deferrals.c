/* A `parked` is a held HTTP request with open answers. Its list of holes has one entry for each
 * answer that a handler has deferred. The first handler of an exchange that defers its answer makes
 * the `parked`.
 *
 * The counter `missing` is the number of open holes, plus one while the handlers of the message are
 * still running. The thread that decrements it to zero answers the HTTP request, and no other
 * thread touches the request after that. So it does not matter in which order the answer, the
 * return of the handler, the deadline and the stop of the server come. Each hole is closed once, by
 * the first of them; an answer that comes later is dropped. A single request is a `parked` with one
 * hole and no text around it. */
#include "server/deferrals.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "server/reply.h"

/* An open answer is given up this long after the caller's deadline; by then the caller has timed
 * out by itself. If both sides ended the call at the same time, the same call would sometimes end
 * with this server's error reply and sometimes with the caller's own time-out. */
#define DEFERRAL_GRACE_NS (500 * NS_PER_MS)
/* The shortest time between two searches for expired answers. */
#define DEFERRAL_LOOK_AGAIN_NS (5 * NS_PER_MS)

typedef enum hole_state {
    HOLE_OPEN,
    HOLE_ANSWERED,
    HOLE_EXPIRED, /* the caller's deadline passed first */
    HOLE_STOPPED  /* the server was stopped first */
} hole_state;

/* One deferred answer, and its place in the reply. */
typedef struct hole {
    hole_state state;
    size_t at;           /* offset in parked.text where the answer belongs */
    dubboc_slice id;     /* an owned copy */
    buffer answer;       /* the whole reply, if state is HOLE_ANSWERED */
    call_counts *counts; /* the counters of its method */
} hole;

struct parked {
    deferrals *owner;
    http_server_request *incoming;
    /* What the handlers have written: the answers of the other requests of a batch. */
    buffer text;
    hole *holes;
    size_t count;
    size_t capacity;
    /* See the top of this file. */
    size_t missing;
    /* One reference for each hole until its parked_fill(), plus one until the HTTP request is
     * answered. */
    size_t refs;
    int64_t received_ns; /* when the HTTP request arrived */
    int64_t deadline_ns; /* when the open answers are given up */
    /* Neighbours in deferrals.first. */
    parked *next;
    parked *prev;
};

/* --- rights to answer --- */

bool deferrals_open(deferrals *self)
{
    if (atomic_fetch_add(&self->open, 1) < self->open_max)
        return true;
    deferrals_close(self);
    LOG_THROTTLED(DUBBOC_LOG_WARN, "server", "too many deferred answers are open",
        "deferred_max=%zu", self->open_max);
    return false;
}

void deferrals_close(deferrals *self)
{
    atomic_fetch_sub(&self->open, 1);
}

/* --- parking --- */

static void parked_link_locked(deferrals *owner, parked *self)
{
    self->next = owner->first;
    if (self->next != NULL)
        self->next->prev = self;
    owner->first = self;
}

static void parked_unlink_locked(parked *self)
{
    if (self->prev != NULL)
        self->prev->next = self->next;
    else
        self->owner->first = self->next;
    if (self->next != NULL)
        self->next->prev = self->prev;
}

/* Closes a hole for good, and counts the end of its call. */
static void hole_close_locked(hole *self, hole_state state, int64_t received_ns, bool is_error)
{
    self->state = state;
    call_counts_end(self->counts, received_ns, is_error);
}

static void parked_unref(parked *self)
{
    mutex_lock(&self->owner->lock);
    bool is_last = --self->refs == 0;
    mutex_unlock(&self->owner->lock);
    if (!is_last)
        return;
    for (size_t i = 0; i < self->count; i++) {
        free((char *)self->holes[i].id.at);
        buffer_fini(&self->holes[i].answer);
    }
    free(self->holes);
    buffer_fini(&self->text);
    free(self);
}

parked *parked_new(deferrals *owner, http_server_request *incoming, int64_t deadline_ns)
{
    parked *made = MEM_NEW(parked);
    if (made == NULL)
        return NULL;
    made->owner = owner;
    made->incoming = incoming;
    made->missing = 1;
    made->refs = 1;
    made->received_ns = http_server_request_received_ns(incoming);
    made->deadline_ns = deadline_ns;
    if (made->deadline_ns < DEADLINE_NEVER - DEFERRAL_GRACE_NS)
        made->deadline_ns += DEFERRAL_GRACE_NS;
    mutex_lock(&owner->lock);
    parked_link_locked(owner, made);
    bool is_earlier = made->deadline_ns < owner->earliest_ns;
    if (is_earlier)
        owner->earliest_ns = made->deadline_ns;
    mutex_unlock(&owner->lock);
    if (is_earlier)
        wake_signal(&owner->wake);
    return made;
}

bool parked_add(parked *self, size_t at, call_counts *counts, dubboc_slice id_take, size_t *index)
{
    mutex_lock(&self->owner->lock);
    void *holes = self->holes;
    bool has_room = mem_grow(&holes, &self->capacity, self->count + 1, sizeof *self->holes);
    self->holes = holes;
    if (has_room) {
        hole *added = &self->holes[self->count];
        *added = (hole){.state = HOLE_OPEN, .at = at, .id = id_take, .counts = counts};
        buffer_init(&added->answer, REPLY_BYTES_MAX);
        if (self->owner->is_stopped)
            hole_close_locked(added, HOLE_STOPPED, self->received_ns, true);
        else
            self->missing++;
        self->refs++;
        *index = self->count++;
    }
    mutex_unlock(&self->owner->lock);
    return has_room;
}

/* --- answering the HTTP request --- */

static void hole_write(const hole *self, buffer *out)
{
    const char *problem = "out of memory";
    if (self->state == HOLE_ANSWERED && self->answer.status == DUBBOC_OK) {
        buffer_append(out, self->answer.data, self->answer.len);
        return;
    }
    if (self->state == HOLE_EXPIRED)
        problem = "no answer was given within the caller's time-out";
    if (self->state == HOLE_STOPPED)
        problem = "the server was stopped before the answer was given";
    int code = self->state == HOLE_ANSWERED ? JSONRPC_INTERNAL_ERROR : JSONRPC_SERVER_ERROR;
    jsonrpc_write_error(out, self->id, code, slice_of(problem), NULL);
}

/* Appends text[from, to). */
static void parked_append_text(buffer *out, const buffer *text, size_t from, size_t to)
{
    if (to > from && out->status == DUBBOC_OK)
        buffer_append(out, text->data + from, to - from);
}

/* Answers the HTTP request. To be called when nothing is missing and self is unlinked. No other
 * thread uses the holes then, except that a late parked_fill() may still read the state of a closed
 * hole. */
static void parked_answer(parked *self)
{
    buffer *out = http_server_request_out(self->incoming);
    size_t done = 0;
    out->status = self->text.status; /* if the text has failed, the reply fails as a whole */
    for (size_t i = 0; out->status == DUBBOC_OK && i < self->count; i++) {
        parked_append_text(out, &self->text, done, self->holes[i].at);
        hole_write(&self->holes[i], out);
        done = self->holes[i].at;
    }
    parked_append_text(out, &self->text, done, self->text.len);
    reply_send(self->incoming, true);
    parked_unref(self);
}

/* Decrements `missing`. true: it is 0 and self is unlinked; the caller must unlock and then call
 * parked_answer(). */
static bool parked_settle_locked(parked *self)
{
    if (--self->missing > 0)
        return false;
    parked_unlink_locked(self);
    return true;
}

size_t parked_count(const parked *self)
{
    return self->count; /* no lock, because only the thread that runs the handlers changes count */
}

void parked_release(parked *self)
{
    /* Move what the handlers have written out of the request's buffer, because the reply will be
     * assembled there. */
    buffer *out = http_server_request_out(self->incoming);
    self->text = *out;
    buffer_init(out, self->text.max_bytes);
    /* the deferred answer may take long, so free the body now */
    http_server_request_drop_body(self->incoming);
    mutex_lock(&self->owner->lock);
    bool is_complete = parked_settle_locked(self);
    mutex_unlock(&self->owner->lock);
    if (is_complete)
        parked_answer(self);
}

/* --- deferred answers --- */

/* The program may call this at any time on any thread, so deferrals_stop() waits for calls that are
 * in progress (answering). */
void parked_fill(parked *self, size_t index, buffer *reply_take, bool is_error)
{
    deferrals *owner = self->owner;
    bool is_complete = false;
    mutex_lock(&owner->lock);
    owner->answering++;
    hole *mine = &self->holes[index];
    if (mine->state == HOLE_OPEN) {
        hole_close_locked(mine, HOLE_ANSWERED, self->received_ns, is_error);
        mine->answer = *reply_take;
        buffer_init(reply_take, 0);
        is_complete = parked_settle_locked(self);
    }
    mutex_unlock(&owner->lock);
    buffer_fini(reply_take);
    if (is_complete)
        parked_answer(self);
    parked_unref(self);
    deferrals_close(owner);
    mutex_lock(&owner->lock);
    if (--owner->answering == 0)
        condition_wake_one(&owner->answered);
    mutex_unlock(&owner->lock);
}

/* --- answers that do not come --- */

/* Closes the open holes. Returns whether nothing is missing any more; self is unlinked then. */
static bool parked_give_up_locked(parked *self, hole_state state)
{
    bool is_complete = false;
    for (size_t i = 0; i < self->count; i++) {
        if (self->holes[i].state != HOLE_OPEN)
            continue;
        hole_close_locked(&self->holes[i], state, self->received_ns, true);
        is_complete = parked_settle_locked(self);
    }
    return is_complete;
}

/* Gives up the open answers whose time is over at now_ns, answers the HTTP requests that are
 * complete then, and returns when the next open answer has to be given up. */
static int64_t deferrals_give_up(deferrals *self, int64_t now_ns, hole_state state)
{
    parked *complete = NULL;
    int64_t next_ns = DEADLINE_NEVER;
    mutex_lock(&self->lock);
    for (parked *one = self->first, *next; one != NULL; one = next) {
        next = one->next;
        if (one->deadline_ns > now_ns) {
            next_ns = deadline_min(next_ns, one->deadline_ns);
        } else if (parked_give_up_locked(one, state)) {
            one->next = complete;
            complete = one;
        } else {
            /* the request's handlers are still running and may defer more answers */
            next_ns = deadline_min(next_ns, now_ns);
        }
    }
    if (next_ns != DEADLINE_NEVER && state == HOLE_EXPIRED &&
        next_ns < now_ns + DEFERRAL_LOOK_AGAIN_NS)
        next_ns = now_ns + DEFERRAL_LOOK_AGAIN_NS;
    self->earliest_ns = next_ns;
    mutex_unlock(&self->lock);
    for (parked *one = complete, *next; one != NULL; one = next) {
        next = one->next;
        parked_answer(one);
    }
    return next_ns;
}

int64_t deferrals_expire(deferrals *self)
{
    wake_clear(&self->wake);
    return deferrals_give_up(self, clock_now_ns(), HOLE_EXPIRED);
}

static bool deferrals_has_to_end(deferrals *self)
{
    mutex_lock(&self->lock);
    bool ends = self->ends;
    mutex_unlock(&self->lock);
    return ends;
}

/* The thread that gives up answers when they are due. */
static void *deferrals_watch_clock(void *arg)
{
    deferrals *self = arg;
    int64_t next_ns = DEADLINE_NEVER;
    while (!deferrals_has_to_end(self)) {
        struct pollfd woken = {.fd = self->wake.fd, .events = POLLIN};
        poll(&woken, 1, wake_wait_ms(deadline_poll_ms(next_ns)));
        next_ns = deferrals_expire(self);
    }
    return NULL;
}

void deferrals_init(deferrals *self)
{
    *self = (deferrals){.earliest_ns = DEADLINE_NEVER, .wake = {.fd = -1}};
    mutex_init(&self->lock, MUTEX_RANK_DEFERRALS);
    condition_init(&self->answered);
}

dubboc_status deferrals_start(deferrals *self, bool with_thread, dubboc_error *err)
{
    if (self->wake.fd < 0 && !wake_open(&self->wake))
        return error_set(err, DUBBOC_E_SYSTEM,
            "cannot create a descriptor for deferred answers: %s", strerror(errno));
    mutex_lock(&self->lock);
    assert(self->first == NULL);
    self->is_stopped = self->ends = false;
    self->earliest_ns = DEADLINE_NEVER;
    mutex_unlock(&self->lock);
    self->has_thread = false;
    if (!with_thread)
        return DUBBOC_OK;
    dubboc_status status =
        thread_start(&self->thread, deferrals_watch_clock, self, "dubboc-deferred", err);
    self->has_thread = status == DUBBOC_OK;
    return status;
}

static void deferrals_wait_answered(deferrals *self)
{
    mutex_lock(&self->lock);
    while (self->answering > 0)
        condition_wait(&self->answered, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}

void deferrals_stop(deferrals *self)
{
    mutex_lock(&self->lock);
    self->is_stopped = true;
    self->ends = true;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    self->has_thread = false;
    deferrals_give_up(self, INT64_MAX, HOLE_STOPPED);
    deferrals_wait_answered(self);
}

void deferrals_fini(deferrals *self)
{
    deferrals_wait_answered(self);
    wake_close(&self->wake);
    condition_fini(&self->answered);
    mutex_fini(&self->lock);
}

/* A list from the oldest to the newest request. See work_queue.h for the order in which they are
 * taken. */
#include "server/work_queue.h"

#include "base/clock.h"

/* How many requests work_queue_expire() examines at most, because its caller holds a lock. */
#define EXPIRE_MAX 4096

/* The weight of a new measurement in the average: 1/8. */
#define AVERAGE_SHIFT 3
/* work_cost_doubt() lowers the average by 1/16. */
#define DOUBT_SHIFT 4

void work_cost_note(work_cost *self, int64_t took_ns)
{
    int64_t average = atomic_load_explicit(&self->average_ns, memory_order_relaxed);
    average = average == 0 ? took_ns : average + ((took_ns - average) >> AVERAGE_SHIFT);
    atomic_store_explicit(&self->average_ns, average, memory_order_relaxed);
}

void work_cost_doubt(work_cost *self)
{
    int64_t average = atomic_load_explicit(&self->average_ns, memory_order_relaxed);
    atomic_store_explicit(
        &self->average_ns, average - (average >> DOUBT_SHIFT), memory_order_relaxed);
}

static int64_t work_cost_average(const work_cost *self)
{
    return self != NULL ? atomic_load_explicit(&self->average_ns, memory_order_relaxed) : 0;
}

static void work_queue_unlink(work_queue *self, work *one)
{
    *(one->older != NULL ? &one->older->newer : &self->oldest) = one->newer;
    *(one->newer != NULL ? &one->newer->older : &self->newest) = one->older;
    one->older = one->newer = NULL;
    self->count--;
}

static void work_queue_refuse(work_queue *self, work *one, work_refusal refusal, work **refused)
{
    work_queue_unlink(self, one);
    one->refusal = refusal;
    one->older = *refused;
    *refused = one;
}

static bool work_queue_is_standing(const work_queue *self, int64_t now_ns)
{
    return self->count > 0 && now_ns - self->not_empty_since_ns >= WORK_STANDING_NS;
}

/* Whether the request cannot be answered in time any more. The average running time says nothing
 * about a single call, so it counts only while the queue is overloaded: an idle server must not
 * refuse a method because it is slow now and then. */
static bool work_is_too_late(const work *one, bool is_standing, int64_t now_ns)
{
    if (now_ns >= one->start_by_ns)
        return true;
    return is_standing && one->deadline_ns != DEADLINE_NEVER &&
           one->deadline_ns - now_ns <= work_cost_average(one->cost);
}

/* Why the request is refused. The average is corrected only by handlers that run. If even a request
 * that has not waited at all would be refused because of the average, the average is lowered a
 * little. So after a few such refusals one request is started and measured, and a single slow call
 * cannot block its method for as long as the overload lasts. */
static work_refusal work_lateness(const work *one)
{
    if (one->deadline_ns == DEADLINE_NEVER)
        return WORK_QUEUED_TOO_LONG;
    if (one->cost != NULL && one->deadline_ns - one->arrived_ns <= work_cost_average(one->cost))
        work_cost_doubt(one->cost);
    return WORK_TOO_LATE;
}

/* Refuses the oldest requests that are too late. Younger requests with a shorter deadline are not
 * looked for here; they are found when they are taken, or by work_queue_expire(). */
static void work_queue_refuse_late(work_queue *self, int64_t now_ns, work **refused)
{
    bool is_standing = work_queue_is_standing(self, now_ns);
    while (self->oldest != NULL && work_is_too_late(self->oldest, is_standing, now_ns))
        work_queue_refuse(self, self->oldest, work_lateness(self->oldest), refused);
}

work *work_queue_add(work_queue *self, work *added, int64_t now_ns)
{
    work *refused = NULL;
    work_queue_refuse_late(self, now_ns, &refused);
    if (self->count == 0)
        self->not_empty_since_ns = now_ns;
    added->arrived_ns = now_ns;
    added->newer = NULL;
    added->older = self->newest;
    *(self->newest != NULL ? &self->newest->newer : &self->oldest) = added;
    self->newest = added;
    self->count++;
    if (self->count > self->max) {
        work *last = work_queue_is_standing(self, now_ns) ? self->oldest : self->newest;
        work_queue_refuse(self, last, WORK_QUEUE_FULL, &refused);
    }
    return refused;
}

work *work_queue_take(work_queue *self, int64_t now_ns, work **refused)
{
    *refused = NULL;
    work_queue_refuse_late(self, now_ns, refused);
    bool is_standing = work_queue_is_standing(self, now_ns);
    while (self->count > 0) {
        work *next = is_standing ? self->newest : self->oldest;
        if (!work_is_too_late(next, is_standing, now_ns)) {
            work_queue_unlink(self, next);
            next->started_ns = now_ns;
            return next;
        }
        work_queue_refuse(self, next, work_lateness(next), refused);
    }
    return NULL;
}

work *work_queue_expire(work_queue *self, int64_t now_ns)
{
    bool is_standing = work_queue_is_standing(self, now_ns);
    work *refused = NULL, *newer;
    size_t seen = 0;
    for (work *each = self->oldest; each != NULL && seen < EXPIRE_MAX; each = newer, seen++) {
        newer = each->newer;
        if (work_is_too_late(each, is_standing, now_ns))
            work_queue_refuse(self, each, work_lateness(each), &refused);
    }
    return refused;
}

work *work_queue_take_all(work_queue *self, work_refusal refusal)
{
    work *refused = NULL;
    while (self->newest != NULL)
        work_queue_refuse(self, self->newest, refusal, &refused);
    return refused;
}

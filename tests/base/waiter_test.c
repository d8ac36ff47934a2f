/* Tests queues of waiters, a thread that blocks as a waiter, and the stop signal that ends every
 * wait. */
#include "tests/support/test.h"

#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "base/stop_signal.h"

typedef struct counting_waiter {
    waiter waiter;
    int count;
} counting_waiter;

static void count_wake(waiter *of)
{
    ((counting_waiter *)of)->count++;
}

static void every_waiter_of_a_queue_is_woken_in_the_order_of_joining(void **state)
{
    (void)state;
    counting_waiter waiters[3] = {{{count_wake}, 0}, {{count_wake}, 0}, {{count_wake}, 0}};
    waiter_entry entries[3] = {{0}};
    waiter_queue queue = {0};
    for (int i = 0; i < 3; i++)
        waiter_queue_join(&queue, &entries[i], &waiters[i].waiter);
    /* joining again keeps the place in the queue */
    waiter_queue_join(&queue, &entries[0], &waiters[0].waiter);
    assert_ptr_equal(queue.first, &entries[0]);
    assert_ptr_equal(queue.first->next, &entries[1]);
    assert_ptr_equal(queue.last, &entries[2]);
    waiter_queue_wake_all(&queue);
    for (int i = 0; i < 3; i++)
        assert_int_equal(waiters[i].count, 1);
    for (int i = 0; i < 3; i++)
        waiter_queue_leave(&queue, &entries[i]);
}

static void waiters_that_join_in_order_have_tickets_in_order(void **state)
{
    (void)state;
    counting_waiter each = {{count_wake}, 0};
    waiter_entry entries[4] = {{0}};
    uint64_t tickets[4];
    waiter_queue queue = {0};
    for (int i = 0; i < 4; i++)
        tickets[i] = waiter_take_ticket();
    for (int i = 0; i < 4; i++) {
        int joins = (int[]){2, 0, 3, 1}[i];
        waiter_queue_join_in_order(&queue, &entries[joins], &each.waiter, tickets[joins]);
    }
    waiter_queue_leave(&queue, &entries[0]);
    waiter_queue_join_in_order(&queue, &entries[0], &each.waiter, tickets[0]);
    const waiter_entry *at = queue.first;
    for (int i = 0; i < 4; i++, at = at->next)
        assert_ptr_equal(at, &entries[i]);
    assert_null(at);
    for (int i = 3; i >= 0; i--) {
        assert_ptr_equal(queue.last, &entries[i]);
        waiter_queue_leave(&queue, &entries[i]);
    }
    assert_null(queue.first);
}

static void a_queue_wakes_no_waiter_that_has_left(void **state)
{
    (void)state;
    counting_waiter waiters[3] = {{{count_wake}, 0}, {{count_wake}, 0}, {{count_wake}, 0}};
    for (int leaver = 0; leaver < 3; leaver++) {
        waiter_entry entries[3] = {{0}};
        waiter_queue queue = {0};
        for (int i = 0; i < 3; i++)
            waiter_queue_join(&queue, &entries[i], &waiters[i].waiter);
        waiter_queue_leave(&queue, &entries[leaver]);
        waiter_queue_leave(&queue, &entries[leaver]); /* leaving twice is harmless */
        waiter_queue_wake_all(&queue);
        for (int i = 0; i < 3; i++)
            waiter_queue_leave(&queue, &entries[i]);
        assert_null(queue.first);
        assert_null(queue.last);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(waiters[i].count, 2);
}

static void a_thread_that_was_woken_before_it_waits_does_not_block(void **state)
{
    (void)state;
    thread_waiter thread;
    thread_waiter_init(&thread);
    thread.waiter.wake(&thread.waiter);
    thread.waiter.wake(&thread.waiter);
    assert_true(thread_waiter_wait(&thread, DEADLINE_NEVER));
    /* the first wait has consumed both wake-ups */
    assert_false(thread_waiter_wait(&thread, clock_now_ns()));
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    thread_waiter thread;
    thread_waiter_init(&thread);
    int64_t deadline_ns = clock_now_ns() + 2 * NS_PER_MS;
    assert_false(thread_waiter_wait(&thread, deadline_ns));
    assert_true(clock_now_ns() >= deadline_ns);
}

/* Two threads take turns: each one wakes the other and then waits. */
#define TURNS 20000

typedef struct pair {
    thread_waiter threads[2];
    mutex lock;
    waiter_queue queue; /* under lock */
    /* under lock: counts the turns; even and odd numbers belong to different threads */
    int turn;
} pair;

static void take_turns(pair *self, int mine)
{
    waiter_entry entry = {0};
    for (;;) {
        mutex_lock(&self->lock);
        bool is_over = self->turn >= TURNS;
        bool is_mine = self->turn % 2 == mine;
        if (is_mine || is_over) {
            self->turn += is_over ? 0 : 1;
            waiter_queue_wake_all(&self->queue);
        } else {
            waiter_queue_join(&self->queue, &entry, &self->threads[mine].waiter);
        }
        mutex_unlock(&self->lock);
        if (is_over)
            break;
        if (!is_mine)
            assert_true(thread_waiter_wait(&self->threads[mine], deadline_in_ms(60000)));
    }
    mutex_lock(&self->lock);
    waiter_queue_leave(&self->queue, &entry);
    mutex_unlock(&self->lock);
}

static void *take_second_turns(void *arg)
{
    take_turns(arg, 1);
    return NULL;
}

static void no_wake_up_is_lost_between_two_threads(void **state)
{
    (void)state;
    pair self = {.turn = 0};
    pthread_t other;
    mutex_init(&self.lock, MUTEX_RANK_STOP);
    thread_waiter_init(&self.threads[0]);
    thread_waiter_init(&self.threads[1]);
    assert_int_equal(pthread_create(&other, NULL, take_second_turns, &self), 0);
    take_turns(&self, 0);
    pthread_join(other, NULL);
    assert_int_equal(self.turn, TURNS);
    assert_null(self.queue.first);
    mutex_fini(&self.lock);
}

static void *block_for_ever(void *arg)
{
    thread_waiter thread;
    thread_waiter_init(&thread);
    stop_signal_block(arg, &thread, DEADLINE_NEVER);
    return NULL;
}

static int watched_waiters(stop_signal *stop)
{
    int count = 0;
    mutex_lock(&stop->lock);
    for (const waiter_entry *entry = stop->watched.first; entry != NULL; entry = entry->next)
        count++;
    mutex_unlock(&stop->lock);
    return count;
}

static void a_stop_ends_the_waits_of_all_threads_and_those_that_begin_later(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    stop_signal stop;
    pthread_t threads[THREADS];
    assert_true(stop_signal_init(&stop));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, block_for_ever, &stop), 0);
    while (watched_waiters(&stop) < THREADS)
        sched_yield();
    stop_signal_give(&stop);
    stop_signal_give(&stop);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(stop_signal_is_given(&stop));
    block_for_ever(&stop);
    assert_null(stop.watched.first);
    stop_signal_fini(&stop);
}

static void a_waiter_that_is_no_longer_watched_is_not_woken_by_the_stop(void **state)
{
    (void)state;
    stop_signal stop;
    counting_waiter stays = {{count_wake}, 0}, leaves = {{count_wake}, 0};
    waiter_entry entries[2] = {{0}};
    assert_true(stop_signal_init(&stop));
    assert_true(stop_signal_watch(&stop, &entries[0], &stays.waiter));
    assert_true(stop_signal_watch(&stop, &entries[1], &leaves.waiter));
    stop_signal_unwatch(&stop, &entries[1]);
    stop_signal_give(&stop);
    assert_int_equal(stays.count, 1);
    assert_int_equal(leaves.count, 0);
    stop_signal_unwatch(&stop, &entries[0]);
    assert_false(stop_signal_watch(&stop, &entries[1], &leaves.waiter));
    stop_signal_fini(&stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_waiter_of_a_queue_is_woken_in_the_order_of_joining),
        cmocka_unit_test(waiters_that_join_in_order_have_tickets_in_order),
        cmocka_unit_test(a_queue_wakes_no_waiter_that_has_left),
        cmocka_unit_test(a_thread_that_was_woken_before_it_waits_does_not_block),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(no_wake_up_is_lost_between_two_threads),
        cmocka_unit_test(a_stop_ends_the_waits_of_all_threads_and_those_that_begin_later),
        cmocka_unit_test(a_waiter_that_is_no_longer_watched_is_not_woken_by_the_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Snapshots are freed while other threads read: writers swap and free as fast as they can, and a
 * reader would notice a snapshot that is freed too early. */
#include "tests/support/test.h"

#include <pthread.h>

#include "base/clock.h"
#include "selector/cache_line.h"
#include "selector/readers.h"

#define READERS 6
#define CHANGES 400
#define ALIVE UINT64_C(0x0123456789ABCDEF)

typedef struct world {
    readers *readers;
    uint64_t *_Atomic current;
    atomic_bool is_over;
    atomic_ulong dead_seen;
    atomic_ulong reads;
} world;

static readers *readers_new(void)
{
    readers *made = cache_line_zeroed(sizeof *made);
    assert_non_null(made);
    return made;
}

static uint64_t *living(void)
{
    uint64_t *made = malloc(sizeof *made);
    if (made == NULL)
        abort();
    *made = ALIVE;
    return made;
}

static void *read_on(void *arg)
{
    world *self = arg;
    while (!atomic_load(&self->is_over)) {
        atomic_uint *entered = readers_enter(self->readers);
        const uint64_t *seen = atomic_load(&self->current);
        for (int i = 0; i < 20; i++)
            if (*(const volatile uint64_t *)seen != ALIVE)
                atomic_fetch_add(&self->dead_seen, 1);
        readers_leave(entered);
        atomic_fetch_add(&self->reads, 1);
    }
    return NULL;
}

static void *write_on(void *arg)
{
    world *self = arg;
    for (int i = 0; i < CHANGES; i++) {
        uint64_t *former = atomic_exchange(&self->current, living());
        readers_wait(self->readers);
        *former = 0; /* shows a freed snapshot to the readers even without a sanitizer */
        free(former);
    }
    return NULL;
}

static void no_reader_sees_a_freed_snapshot_while_two_writers_swap(void **state)
{
    (void)state;
    world self = {.readers = readers_new()};
    pthread_t threads[READERS], writers[2];
    atomic_store(&self.current, living());
    for (int i = 0; i < READERS; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, read_on, &self));
    for (int i = 0; i < 2; i++)
        assert_int_equal(0, pthread_create(&writers[i], NULL, write_on, &self));
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&self.is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(0, atomic_load(&self.dead_seen));
    free(atomic_load(&self.current));
    free(self.readers);
}

typedef struct waiting {
    readers *readers;
    atomic_bool is_done;
} waiting;

static void *wait_for_readers(void *arg)
{
    waiting *self = arg;
    readers_wait(self->readers);
    atomic_store(&self->is_done, true);
    return NULL;
}

static bool epoch_was_flipped(void *arg)
{
    return atomic_load(&((waiting *)arg)->readers->epoch) == 1;
}

static bool is_done(void *arg)
{
    return atomic_load(&((waiting *)arg)->is_done);
}

static void the_writer_waits_for_present_readers_and_not_for_new_ones(void **state)
{
    (void)state;
    waiting self = {.readers = readers_new()};
    pthread_t thread;
    atomic_uint *before = readers_enter(self.readers);
    assert_int_equal(0, pthread_create(&thread, NULL, wait_for_readers, &self));
    assert_true(test_wait_for(epoch_was_flipped, &self, 5000));
    assert_false(is_done(&self));
    atomic_uint *after = readers_enter(self.readers); /* a reader of the new epoch that stays */
    assert_ptr_not_equal(before, after);
    readers_leave(before);
    assert_true(test_wait_for(is_done, &self, 5000));
    pthread_join(thread, NULL);
    readers_leave(after);
    free(self.readers);
}

static void the_writer_waits_for_a_late_reader_of_the_other_epoch_too(void **state)
{
    (void)state;
    waiting self = {.readers = readers_new()};
    pthread_t thread;
    /* this reader has read the epoch just before it is flipped */
    atomic_uint *straggler = readers_enter(self.readers);
    atomic_store(&self.readers->epoch, 1);
    assert_int_equal(0, pthread_create(&thread, NULL, wait_for_readers, &self));
    for (int i = 0; i < 50; i++)
        assert_false(test_wait_for(is_done, &self, 1));
    readers_leave(straggler);
    assert_true(test_wait_for(is_done, &self, 5000));
    pthread_join(thread, NULL);
    free(self.readers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reader_sees_a_freed_snapshot_while_two_writers_swap),
        cmocka_unit_test(the_writer_waits_for_present_readers_and_not_for_new_ones),
        cmocka_unit_test(the_writer_waits_for_a_late_reader_of_the_other_epoch_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

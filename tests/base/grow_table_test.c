/* Tests the hash table that is read without a lock. */
#include "tests/support/test.h"

#include <pthread.h>

#include "base/grow_table.h"

#define BUCKETS 8

typedef struct number {
    size_t value;
    grow_entry entry;
} number;

/* Gives several values the same hash, and several hashes the same bucket. */
static uint64_t hash_of(size_t value)
{
    return value / 3;
}

static number *find(const grow_table *table, size_t value)
{
    for (grow_entry *at = grow_table_first(table, hash_of(value)); at != NULL;
         at = grow_entry_next(at))
        if (GROW_OWNER(at, number, entry)->value == value)
            return GROW_OWNER(at, number, entry);
    return NULL;
}

static void finds_each_entry_among_equal_hashes(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    grow_bucket buckets[BUCKETS];
    grow_table table;
    number numbers[COUNT];
    grow_table_init(&table, buckets, BUCKETS, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_null(find(&table, i));
        numbers[i].value = i;
        assert_int_equal(grow_table_count(&table), i);
        assert_true(grow_table_add(&table, &numbers[i].entry, hash_of(i)));
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(find(&table, i), &numbers[i]);
    assert_null(find(&table, COUNT));
    size_t same = 0;
    for (grow_entry *at = grow_table_first(&table, 5); at != NULL; at = grow_entry_next(at)) {
        assert_int_equal(GROW_OWNER(at, number, entry)->value / 3, 5);
        same++;
    }
    assert_int_equal(same, 3);
}

static void a_full_table_refuses_entries(void **state)
{
    (void)state;
    grow_bucket buckets[1];
    grow_table table;
    number one = {.value = 1}, two = {.value = 2}, three = {.value = 3};
    grow_table_init(&table, buckets, 1, 2);
    assert_true(grow_table_add(&table, &one.entry, hash_of(1)));
    assert_false(grow_table_is_full(&table));
    assert_true(grow_table_add(&table, &two.entry, hash_of(2)));
    assert_true(grow_table_is_full(&table));
    assert_false(grow_table_add(&table, &three.entry, hash_of(3)));
    assert_null(find(&table, 3));
    assert_ptr_equal(find(&table, 1), &one);
    assert_int_equal(grow_table_count(&table), 2);
}

static void taking_all_entries_returns_each_one_and_empties_the_table(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    grow_bucket buckets[BUCKETS];
    grow_table table;
    number numbers[COUNT];
    size_t sum = 0, count = 0;
    grow_table_init(&table, buckets, BUCKETS, COUNT);
    assert_null(grow_table_take_all(&table));
    for (size_t i = 0; i < COUNT; i++) {
        numbers[i].value = i;
        assert_true(grow_table_add(&table, &numbers[i].entry, hash_of(i)));
    }
    for (grow_entry *at = grow_table_take_all(&table); at != NULL; at = at->next) {
        sum += GROW_OWNER(at, number, entry)->value;
        count++;
    }
    assert_int_equal(count, COUNT);
    assert_int_equal(sum, COUNT * (COUNT - 1) / 2);
    assert_int_equal(grow_table_count(&table), 0);
    assert_null(find(&table, 7));
    assert_true(grow_table_add(&table, &numbers[7].entry, hash_of(7)));
    assert_ptr_equal(find(&table, 7), &numbers[7]);
}

/* --- reading while another thread adds --- */

#define SHARED_COUNT 20000

typedef struct shared_table {
    grow_table table;
    grow_bucket buckets[BUCKETS * 64];
    number numbers[SHARED_COUNT];
    _Atomic size_t added; /* numbers below it are in the table */
    _Atomic size_t wrong;
} shared_table;

/* Looks up numbers until all have been added. Every other look-up is for the number that is being
 * added at that moment; a reader sees its fields correctly only if the table publishes them. */
static void *look_until_all_are_there(void *arg)
{
    shared_table *self = arg;
    for (size_t at = 0, added = 0; added < SHARED_COUNT; at++) {
        added = atomic_load_explicit(&self->added, memory_order_acquire);
        size_t value = at % 2 == 0 ? added : at % (added + 1);
        number *found = find(&self->table, value);
        if (found != NULL && found->value != value)
            atomic_fetch_add(&self->wrong, 1);
    }
    for (size_t i = 0; i < SHARED_COUNT; i++)
        if (find(&self->table, i) != &self->numbers[i])
            atomic_fetch_add(&self->wrong, 1);
    return NULL;
}

static void entries_are_found_whole_while_others_are_added(void **state)
{
    (void)state;
    pthread_t readers[3];
    shared_table *self = calloc(1, sizeof *self);
    assert_non_null(self);
    grow_table_init(&self->table, self->buckets, BUCKETS * 64, SHARED_COUNT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look_until_all_are_there, self), 0);
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        self->numbers[i].value = i;
        bool is_added = grow_table_add(&self->table, &self->numbers[i].entry, hash_of(i));
        /* counted and asserted later: a failed assert here would end the test while the readers
         * still run */
        atomic_fetch_add(&self->wrong, is_added ? 0 : 1);
        atomic_store_explicit(&self->added, i + 1, memory_order_release);
    }
    for (size_t i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&self->wrong), 0);
    free(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_entry_among_equal_hashes),
        cmocka_unit_test(a_full_table_refuses_entries),
        cmocka_unit_test(taking_all_entries_returns_each_one_and_empties_the_table),
        cmocka_unit_test(entries_are_found_whole_while_others_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

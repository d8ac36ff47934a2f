/* A hash table that only grows. Finding takes no lock and never waits, so it can be used for every
 * call. Entries are added under a lock of the owner, and stay in the table until the table is
 * freed, when no other thread uses it any more. The table has a ceiling, because its entries are
 * made for names that the program uses (interfaces, methods).
 *
 * An entry is a member of the object that it stands for, at any offset:
 *
 *     for (grow_entry *at = grow_table_first(&table, hash); at != NULL; at = grow_entry_next(at))
 *         if (slice_is(name, GROW_OWNER(at, reference, entry)->interface))
 *             return GROW_OWNER(at, reference, entry); */
#ifndef BASE_GROW_TABLE_H
#define BASE_GROW_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does not change once the entry is in a table. */
typedef struct grow_entry {
    struct grow_entry *next;
    uint64_t hash;
} grow_entry;

/* The object of that type whose member `member` is the entry `at`. */
#define GROW_OWNER(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

typedef _Atomic(grow_entry *) grow_bucket;

typedef struct grow_table {
    /* Constant: */
    grow_bucket *buckets;
    size_t bucket_count;
    size_t max; /* the ceiling of count */
    /* Written under the owner's lock: */
    _Atomic size_t count;
} grow_table;

/* Initialises an empty table. buckets: memory of the caller that must live as long as the table;
 * bucket_count: a power of two. At most max entries can be added. */
void grow_table_init(grow_table *self, grow_bucket *buckets, size_t bucket_count, size_t max);

/* Adds an entry; readers see it from now on. The caller holds the lock that guards adding, and has
 * checked under it that there is no such entry. false: the table is full. */
bool grow_table_add(grow_table *self, grow_entry *entry, uint64_t hash);

/* Empties the table and returns its entries, linked by next, so that they can be freed. No other
 * thread may use the table during the call. */
grow_entry *grow_table_take_all(grow_table *self);

/* How many entries there are. Exact only under the owner's lock. */
static inline size_t grow_table_count(const grow_table *self)
{
    return atomic_load_explicit(&self->count, memory_order_relaxed);
}

static inline bool grow_table_is_full(const grow_table *self)
{
    return grow_table_count(self) >= self->max;
}

/* The next entry with the same hash. NULL: there is none. */
static inline grow_entry *grow_entry_next(const grow_entry *entry)
{
    uint64_t hash = entry->hash;
    grow_entry *at = entry->next;
    while (at != NULL && at->hash != hash)
        at = at->next;
    return at;
}

/* The first entry with that hash. The caller must compare the key too, because different keys may
 * have equal hashes. NULL: there is none. */
static inline grow_entry *grow_table_first(const grow_table *self, uint64_t hash)
{
    grow_entry *at =
        atomic_load_explicit(&self->buckets[hash & (self->bucket_count - 1)], memory_order_acquire);
    while (at != NULL && at->hash != hash)
        at = at->next;
    return at;
}

#endif

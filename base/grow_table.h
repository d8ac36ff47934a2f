/* A hash table that only grows: finding takes no lock and never waits, so it may stand on the path
 * of every call. Entries are added under a lock of the owner and stay where they are until the
 * table itself is taken apart, when nobody reads it any more. What a program names (interfaces,
 * methods) is kept in such tables, which is why they have a ceiling.
 *
 * An entry is embedded in what it stands for, at any place:
 *
 *     for (grow_entry *at = grow_table_first(&table, hash); at != NULL; at = grow_entry_next(at))
 *         if (slice_is(name, GROW_OWNER(at, reference, entry)->interface))
 *             return GROW_OWNER(at, reference, entry);
 */
#ifndef BASE_GROW_TABLE_H
#define BASE_GROW_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Constant once the entry is in a table. */
typedef struct grow_entry {
    struct grow_entry *next;
    uint64_t hash;
} grow_entry;

/* What holds the entry at as its given member. */
#define GROW_OWNER(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

typedef _Atomic(grow_entry *) grow_bucket;

typedef struct grow_table {
    /* Constant: */
    grow_bucket *buckets;
    size_t bucket_count;
    size_t max; /* entries */
    /* Written under the owner's lock: */
    _Atomic size_t count;
} grow_table;

/* An empty table. buckets: room of the caller's that lives as long as the table; bucket_count: a
 * power of two. At most max entries can be added. */
void grow_table_init(grow_table *self, grow_bucket *buckets, size_t bucket_count, size_t max);

/* Adds an entry, which readers see whole from now on. The caller holds the lock that guards adding,
 * and has looked under it that no such entry is there. false: the table is full. */
bool grow_table_add(grow_table *self, grow_entry *entry, uint64_t hash);

/* Empties the table and returns its entries, linked by next, for freeing. Nobody else may use the
 * table meanwhile. */
grow_entry *grow_table_take_all(grow_table *self);

/* How many entries there are; without the lock a moment ago. */
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

/* The first entry with that hash; entries with equal hashes may differ. NULL: there is none. */
static inline grow_entry *grow_table_first(const grow_table *self, uint64_t hash)
{
    grow_entry *at =
        atomic_load_explicit(&self->buckets[hash & (self->bucket_count - 1)], memory_order_acquire);
    while (at != NULL && at->hash != hash)
        at = at->next;
    return at;
}

#endif

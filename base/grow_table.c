/* An entry becomes visible to readers by one release store into its bucket. */
#include "base/grow_table.h"

#include <assert.h>

void grow_table_init(grow_table *self, grow_bucket *buckets, size_t bucket_count, size_t max)
{
    assert(bucket_count > 0 && (bucket_count & (bucket_count - 1)) == 0);
    self->buckets = buckets;
    self->bucket_count = bucket_count;
    self->max = max;
    atomic_init(&self->count, 0);
    for (size_t i = 0; i < bucket_count; i++)
        atomic_init(&buckets[i], NULL);
}

bool grow_table_add(grow_table *self, grow_entry *entry, uint64_t hash)
{
    size_t count = grow_table_count(self);
    grow_bucket *bucket = &self->buckets[hash & (self->bucket_count - 1)];
    if (count >= self->max)
        return false;
    entry->hash = hash;
    entry->next = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, entry, memory_order_release);
    atomic_store_explicit(&self->count, count + 1, memory_order_relaxed);
    return true;
}

grow_entry *grow_table_take_all(grow_table *self)
{
    grow_entry *all = NULL;
    for (size_t i = 0; i < self->bucket_count; i++) {
        grow_entry *next;
        for (grow_entry *at = atomic_load(&self->buckets[i]); at != NULL; at = next) {
            next = at->next;
            at->next = all;
            all = at;
        }
        atomic_store(&self->buckets[i], NULL);
    }
    atomic_store(&self->count, 0);
    return all;
}

/* Creates and frees snapshots, and prepares the policies' tables before a snapshot is published. */
#include "selector/snapshot.h"

#include "base/mem.h"

snapshot *snapshot_new(size_t count)
{
    if (count > (SIZE_MAX - sizeof(snapshot)) / sizeof(snapshot_entry))
        return NULL;
    snapshot *self = mem_zeroed(1, sizeof(snapshot) + count * sizeof(snapshot_entry));
    if (self != NULL)
        self->count = count;
    return self;
}

static void snapshot_settle_weights(snapshot *self)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < self->count; i++)
        sum += self->entries[i].weight;
    self->is_equal = true;
    for (size_t i = 0; i < self->count; i++) {
        if (sum == 0)
            self->entries[i].weight = 1;
        if (self->entries[i].weight != self->entries[0].weight)
            self->is_equal = false;
    }
}

bool snapshot_prepare(snapshot *self)
{
    snapshot_settle_weights(self);
    for (size_t i = 0; self->count > 0 && i < POLICY_COUNT; i++) {
        void *table = NULL;
        if (!policies[i]->prepare(self, &table))
            return false;
        atomic_init(&self->tables[i], table);
    }
    return true;
}

void snapshot_free(snapshot *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < POLICY_COUNT; i++)
        free(atomic_load(&self->tables[i]));
    free(self);
}

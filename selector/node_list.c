/* A list is changed in two steps. Prepare may fail for lack of memory and changes nothing that
 * readers see; commit cannot fail. */
#include "selector/node_list.h"

#include "base/mem.h"

/* --- the index --- */

/* Hashes eight bytes at a time. Seeded, because the texts come from the network and could be chosen
 * to collide. */
static uint64_t node_hash_text(dubboc_slice text, uint64_t seed)
{
    uint64_t hash = seed ^ text.len;
    while (text.len > 0) {
        uint64_t word = 0;
        size_t taken = text.len < sizeof word ? text.len : sizeof word;
        memcpy(&word, text.at, taken);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
        text = slice_make(text.at + taken, text.len - taken);
    }
    return hash;
}

static void node_index_add(node_list *self, node *added)
{
    size_t at = (size_t)added->hash & (self->slots - 1);
    while (self->index[at] != NULL)
        at = (at + 1) & (self->slots - 1);
    self->index[at] = added;
}

static node *node_index_find(const node_list *self, dubboc_slice text, uint64_t hash)
{
    for (size_t at = (size_t)hash & (self->slots - 1); self->index[at] != NULL;
         at = (at + 1) & (self->slots - 1)) {
        node *found = self->index[at];
        if (found->hash == hash && found->len == text.len &&
            memcmp(found->text, text.at, text.len) == 0)
            return found;
    }
    return NULL;
}

/* Removes a node and moves the nodes that it had displaced closer to their own slots. */
static void node_index_remove(node_list *self, const node *gone)
{
    size_t mask = self->slots - 1, hole = (size_t)gone->hash & mask;
    while (self->index[hole] != gone)
        hole = (hole + 1) & mask;
    for (size_t at = (hole + 1) & mask; self->index[at] != NULL; at = (at + 1) & mask) {
        size_t home = (size_t)self->index[at]->hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            self->index[hole] = self->index[at];
            hole = at;
        }
    }
    self->index[hole] = NULL;
}

/* Makes the table large enough for count nodes to fill at most half of it. false: no memory. */
static bool node_index_reserve(node_list *self, size_t count)
{
    size_t slots = self->slots > 0 ? self->slots : 16;
    while (slots < count * 2)
        slots *= 2;
    if (slots == self->slots)
        return true;
    node **index = MEM_NEW_ARRAY(slots, node *);
    if (index == NULL)
        return false;
    free(self->index);
    self->index = index;
    self->slots = slots;
    for (size_t i = 0; i < self->count; i++)
        node_index_add(self, self->nodes[i]);
    return true;
}

/* --- reading the texts --- */

static node *node_list_add_new(node_list *self, const node_reader *reader, dubboc_slice text,
    uint64_t hash, node_change *change)
{
    if (!mem_grow((void **)&change->added, &change->added_capacity, change->added_count + 1,
            sizeof(node *)))
        return NULL;
    node *added = node_new(reader, text, hash);
    if (added == NULL)
        return NULL;
    change->added[change->added_count++] = added;
    node_index_add(self, added);
    return added;
}

/* Finds or creates the node of every text. Most lists have hardly changed and keep their order, so
 * the node after the last one found is tried first, without hashing the text. */
static bool node_list_read_texts(node_list *self, const node_reader *reader,
    const char *const *texts, size_t count, node_change *change)
{
    size_t expected = 0;
    for (size_t i = 0; i < count; i++) {
        node *found = expected < self->count ? self->nodes[expected] : NULL;
        if (found != NULL && strcmp(found->text, texts[i]) == 0) {
            expected++;
        } else {
            dubboc_slice text = slice_of(texts[i]);
            uint64_t hash = node_hash_text(text, reader->hash_seed);
            found = node_index_find(self, text, hash);
            if (found == NULL) {
                found = node_list_add_new(self, reader, text, hash, change);
                if (found == NULL)
                    return false;
            } else if (found->place < self->count && self->nodes[found->place] == found) {
                expected = found->place + 1;
            }
        }
        if (found->seen == self->reading)
            continue; /* duplicate in the list */
        found->seen = self->reading;
        change->nodes[change->count++] = found;
    }
    return true;
}

/* --- order and snapshot --- */

static int node_compare_for_sort(const void *a, const void *b)
{
    return node_compare(*(node *const *)a, *(node *const *)b);
}

/* Merges the former usable nodes that are still in the list, and the new usable nodes. */
static void node_change_merge_usable(const node_list *self, node_change *change)
{
    size_t fresh = 0;
    for (size_t i = 0; i < change->added_count; i++)
        /* moves the usable nodes to the front; all stay in the array */
        if (change->added[i]->provider != NULL) {
            node *usable = change->added[i];
            change->added[i] = change->added[fresh];
            change->added[fresh++] = usable;
        }
    if (fresh > 1)
        qsort(change->added, fresh, sizeof(node *), node_compare_for_sort);
    size_t next = 0;
    for (size_t i = 0; i < self->usable_count; i++) {
        node *kept = self->usable[i];
        if (kept->seen != self->reading)
            continue;
        while (next < fresh && node_compare(change->added[next], kept) < 0)
            change->usable[change->usable_count++] = change->added[next++];
        change->usable[change->usable_count++] = kept;
    }
    while (next < fresh)
        change->usable[change->usable_count++] = change->added[next++];
}

/* Of nodes with the same identity only the first is used. Of these, nodes of weight 0 are only used
 * if all have weight 0. */
static void node_change_mark_unused(const node_change *change)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < change->usable_count; i++) {
        node *each = change->usable[i];
        bool is_double = i > 0 && change->usable[i - 1]->provider == each->provider;
        each->unused = is_double ? "the same provider as another node" : NULL;
        sum += is_double ? 0 : each->weight;
    }
    for (size_t i = 0; sum > 0 && i < change->usable_count; i++)
        if (change->usable[i]->unused == NULL && change->usable[i]->weight == 0)
            change->usable[i]->unused = "weight 0";
}

static bool node_change_make_snapshot(node_change *change)
{
    node_change_mark_unused(change);
    change->next = snapshot_new(change->usable_count);
    if (change->next == NULL)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < change->usable_count; i++) {
        const node *each = change->usable[i];
        if (each->unused == NULL)
            change->next->entries[count++] = (snapshot_entry){.provider = each->provider,
                .settings = each->settings,
                .weight = each->weight,
                .peer = each->peer};
    }
    change->next->count = count;
    return snapshot_prepare(change->next);
}

/* --- prepare, commit --- */

static void node_change_abandon(node_list *self, provider_set *providers, node_change *change)
{
    for (size_t i = 0; i < change->added_count; i++) {
        node_index_remove(self, change->added[i]);
        node_free(providers, change->added[i]);
    }
    snapshot_free(change->next);
    free(change->nodes);
    free(change->usable);
    free(change->added);
    *change = (node_change){.is_same = true};
}

bool node_list_prepare(node_list *self, const node_reader *reader, const char *const *texts,
    size_t count, node_change *change)
{
    *change = (node_change){.is_same = false};
    self->reading++;
    change->nodes = MEM_NEW_ARRAY(count + 1, node *);
    bool is_made = change->nodes != NULL && node_index_reserve(self, self->count + count) &&
                   node_list_read_texts(self, reader, texts, count, change);
    if (is_made && change->added_count == 0 && change->count == self->count) {
        node_change_abandon(self, reader->providers, change);
        return true;
    }
    if (is_made) {
        change->usable = MEM_NEW_ARRAY(self->usable_count + change->added_count + 1, node *);
        is_made = change->usable != NULL;
    }
    if (is_made) {
        node_change_merge_usable(self, change);
        is_made = node_change_make_snapshot(change);
    }
    if (!is_made)
        node_change_abandon(self, reader->providers, change);
    return is_made;
}

bool node_list_prepare_fixed(
    node_list *self, provider_set *providers, node *only_take, node_change *change)
{
    *change = (node_change){.count = 1, .usable_count = 1};
    self->reading++;
    change->nodes = MEM_NEW_ARRAY(1, node *);
    change->usable = MEM_NEW_ARRAY(1, node *);
    bool is_made = change->nodes != NULL && change->usable != NULL && node_index_reserve(self, 1);
    if (is_made) {
        only_take->seen = self->reading;
        change->nodes[0] = change->usable[0] = only_take;
        is_made = node_change_make_snapshot(change);
    }
    if (!is_made) {
        node_change_abandon(self, providers, change);
        node_free(providers, only_take);
    }
    return is_made;
}

void node_list_commit(node_list *self, node_change *change)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->nodes[i]->seen != self->reading) {
            node_index_remove(self, self->nodes[i]);
            self->nodes[i]->next = change->gone;
            change->gone = self->nodes[i];
            change->gone_count++;
        }
    free(self->nodes);
    free(self->usable);
    self->nodes = change->nodes;
    self->count = change->count;
    for (size_t i = 0; i < self->count; i++)
        self->nodes[i]->place = i;
    self->usable = change->usable;
    self->usable_count = change->usable_count;
    free(change->added);
    change->nodes = change->usable = change->added = NULL;
}

node *node_list_take_all(node_list *self)
{
    node *all = NULL;
    for (size_t i = 0; i < self->count; i++) {
        self->nodes[i]->next = all;
        all = self->nodes[i];
    }
    free(self->nodes);
    free(self->usable);
    free(self->index);
    *self = (node_list){.count = 0};
    return all;
}

void node_list_fini(node_list *self, provider_set *providers)
{
    for (size_t i = 0; i < self->count; i++)
        node_free(providers, self->nodes[i]);
    free(self->nodes);
    free(self->usable);
    free(self->index);
    *self = (node_list){.count = 0};
}

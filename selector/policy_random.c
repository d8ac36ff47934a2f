/* Policy random: each provider is chosen in proportion to its weight, independently of earlier
 * choices. O(1) for any number of providers.
 *
 * With unequal weights it uses an alias table (Walker; built by Vose's method): the weights are cut
 * and stacked into count columns of equal height. Each column holds at most two providers: its own
 * below the threshold, its alias above. One random number gives both the column and the height. */
#include "selector/snapshot.h"

#include "base/mem.h"
#include "base/random.h"

typedef struct column {
    uint32_t threshold; /* the share of the column's own provider, in units of 2^-32 */
    uint32_t alias;
} column;

/* Fills the columns. heights[i] is weight * count; full is the height of a column (the sum of the
 * weights). todo holds the indices: those lower than full from the front, the others from the
 * back. */
static void random_fill_columns(
    column *columns, uint64_t *heights, uint32_t *todo, size_t count, uint64_t full)
{
    size_t small = 0, large = count;
    for (size_t i = 0; i < count; i++)
        todo[heights[i] < full ? small++ : --large] = (uint32_t)i;
    /* Heights are below 2^53, so a double represents them exactly, and the quotient is below 1. */
    while (small > 0 && large < count) {
        uint32_t low = todo[--small], high = todo[large];
        columns[low].threshold = (uint32_t)((double)heights[low] / (double)full * 4294967296.0);
        columns[low].alias = high;
        heights[high] -= full - heights[low];
        if (heights[high] < full) { /* the column `high` is lower than full now */
            large++;
            todo[small++] = high;
        }
    }
    /* apart from rounding errors the remaining columns are full */
    for (size_t i = 0; i < small; i++)
        columns[todo[i]] = (column){.threshold = UINT32_MAX, .alias = todo[i]};
    for (size_t i = large; i < count; i++)
        columns[todo[i]] = (column){.threshold = UINT32_MAX, .alias = todo[i]};
}

static bool random_prepare(const struct snapshot *of, void **table)
{
    if (of->is_equal)
        return true;
    column *columns = MEM_NEW_ARRAY(of->count, column);
    uint64_t *heights = MEM_NEW_ARRAY(of->count, uint64_t);
    uint32_t *todo = MEM_NEW_ARRAY(of->count, uint32_t);
    bool is_made = columns != NULL && heights != NULL && todo != NULL;
    if (is_made) {
        uint64_t sum = 0;
        for (size_t i = 0; i < of->count; i++) {
            sum += of->entries[i].weight;
            heights[i] = (uint64_t)of->entries[i].weight * of->count;
        }
        random_fill_columns(columns, heights, todo, of->count, sum);
        *table = columns;
    } else {
        free(columns);
    }
    free(heights);
    free(todo);
    return is_made;
}

static size_t random_choose(const struct snapshot *of, policy_table *table, policy_state *state,
    const struct pick_request *request)
{
    (void)state;
    (void)request;
    uint64_t random = random_next();
    size_t at = (size_t)(((random >> 32) * of->count) >> 32);
    const column *columns = atomic_load_explicit(table, memory_order_relaxed);
    if (columns == NULL)
        return at;
    const column *chosen = &columns[at];
    return (uint32_t)random < chosen->threshold ? at : chosen->alias;
}

const policy policy_random = {.prepare = random_prepare, .choose = random_choose};

/* Policy roundrobin: one provider after the other, heavier ones more often, evenly spread over the
 * round (smooth weighted round robin). A round is exact: in as many picks as the round has slots,
 * made by any number of threads, each provider is chosen precisely as often as its weight says.
 *
 * The usual algorithm keeps a running value for each provider and needs a lock and O(n) per pick.
 * Here the round is computed once per snapshot: the weights are divided by their common divisor,
 * provider i gets q(i) of S slots, its k-th slot at (k + phase(i)) * S / q(i), and a counting sort
 * puts all slots in order. The phases, multiples of the golden ratio, keep providers of equal
 * weight from being next to each other. A pick is one atomic addition. Rounds longer than the
 * ceiling are scaled down, but every provider keeps at least one slot. */
#include "selector/snapshot.h"

#include "base/mem.h"

/* The maximum number of slots, or 4 for each provider if that is more. At this length the rounding
 * error of a weight is at most half a slot. */
#define ROUND_MAX 4096

typedef struct round_table {
    size_t slots;
    uint32_t who[]; /* index of an entry of the snapshot */
} round_table;

static uint64_t round_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Writes the number of slots of each provider to shares, and returns the sum. */
static size_t round_share_slots(const struct snapshot *of, uint32_t *shares)
{
    uint64_t divisor = 0, sum = 0, limit = of->count > ROUND_MAX / 4 ? of->count * 4 : ROUND_MAX;
    for (size_t i = 0; i < of->count; i++) {
        divisor = round_common_divisor(divisor, of->entries[i].weight);
        sum += of->entries[i].weight;
    }
    sum /= divisor;
    size_t slots = 0;
    for (size_t i = 0; i < of->count; i++) {
        uint64_t share = of->entries[i].weight / divisor;
        if (sum > limit)
            share = (share * limit + sum / 2) / sum;
        shares[i] = share > 0 ? (uint32_t)share : 1;
        slots += shares[i];
    }
    return slots;
}

/* The ideal index of the k-th slot of provider i; below slots. */
static size_t round_ideal_place(size_t i, uint32_t k, uint32_t share, size_t slots)
{
    /* frac((i + 1) * golden ratio) * 2^32 */
    uint64_t phase = ((uint64_t)(i + 1) * UINT32_C(2654435769)) & UINT32_MAX;
    uint64_t place = (((uint64_t)k << 32) + phase) / share; /* below 2^32 */
    return (size_t)((place * slots) >> 32);
}

/* Counting sort by ideal index; ends must hold slots + 1 zeros. */
static void round_lay_out(round_table *round, const uint32_t *shares, uint32_t *ends, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < shares[i]; k++)
            ends[round_ideal_place(i, k, shares[i], round->slots) + 1]++;
    for (size_t place = 1; place <= round->slots; place++)
        ends[place] += ends[place - 1];
    for (size_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < shares[i]; k++)
            round->who[ends[round_ideal_place(i, k, shares[i], round->slots)]++] = (uint32_t)i;
}

static bool roundrobin_prepare(const struct snapshot *of, void **table)
{
    if (of->is_equal)
        return true;
    uint32_t *shares = MEM_NEW_ARRAY(of->count, uint32_t);
    size_t slots = shares != NULL ? round_share_slots(of, shares) : 0;
    uint32_t *ends = MEM_NEW_ARRAY(slots + 1, uint32_t);
    round_table *round = mem_zeroed(1, sizeof(round_table) + slots * sizeof(uint32_t));
    bool is_made = shares != NULL && ends != NULL && round != NULL;
    if (is_made) {
        round->slots = slots;
        round_lay_out(round, shares, ends, of->count);
        *table = round;
    } else {
        free(round);
    }
    free(shares);
    free(ends);
    return is_made;
}

static size_t roundrobin_choose(const struct snapshot *of, policy_table *table, policy_state *state,
    const struct pick_request *request)
{
    (void)request;
    uint64_t turn = atomic_fetch_add_explicit(&state->counter, 1, memory_order_relaxed);
    const round_table *round = atomic_load_explicit(table, memory_order_relaxed);
    if (round == NULL)
        return (size_t)(turn % of->count);
    return round->who[turn % round->slots];
}

const policy policy_roundrobin = {.prepare = roundrobin_prepare, .choose = roundrobin_choose};

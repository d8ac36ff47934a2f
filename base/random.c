/* Each thread has its own generator, seeded when it is first used. */
#include "base/random.h"

#include <sys/random.h>

#include "base/clock.h"

static _Thread_local uint64_t random_state; /* 0: not seeded yet */

uint64_t random_step(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(2685821657736338717);
}

/* Early during boot the kernel has no random numbers yet; then the clock and an address are the
 * seed. */
static uint64_t random_first_state(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed || seed == 0)
        seed = (uint64_t)clock_now_ns() ^ (uint64_t)(uintptr_t)&random_state;
    return seed != 0 ? seed : 1;
}

uint64_t random_next(void)
{
    if (random_state == 0)
        random_state = random_first_state();
    return random_step(&random_state);
}

uint64_t random_below(uint64_t limit)
{
    return limit > 0 ? random_next() % limit : 0;
}

void random_seed(uint64_t seed)
{
    random_state = seed != 0 ? seed : 1;
}

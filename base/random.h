/* Random numbers for choices that need not be secret: xorshift64* (Vigna, "An experimental
 * exploration of Marsaglia's xorshift generators, scrambled"). Threads share no state. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* The next number of this thread's generator, which is seeded by the kernel. */
uint64_t random_next(void);

/* A number from 0 to limit - 1, nearly evenly distributed; 0 if limit is 0. */
uint64_t random_below(uint64_t limit);

/* For tests: seeds this thread's generator, so that its numbers can be repeated. */
void random_seed(uint64_t seed);

/* The next number of a generator whose state belongs to the caller. The state must not start at
 * 0. */
uint64_t random_step(uint64_t *state);

#endif

/* Random numbers for choices that need not be secret: xorshift64*, see Vigna, "An experimental
 * exploration of Marsaglia's xorshift generators, scrambled". No state is shared between
 * threads. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* This thread's next number. Its first one is seeded by the kernel. */
uint64_t random_next(void);

/* Evenly from 0 to limit - 1; 0 for a limit of 0. */
uint64_t random_below(uint64_t limit);

/* For tests: this thread's numbers repeat from here on. */
void random_seed(uint64_t seed);

/* The next number of a sequence of one's own. The state may start as any number but 0. */
uint64_t random_step(uint64_t *state);

#endif

/* Makes each allocation of our own code fail in turn.
 *
 * A test program that uses it is linked so that malloc, calloc, realloc, mmap and mremap are
 * replaced; in its .mk:
 *     tests_codec_x_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
 * This covers the code that is linked into the program (ours), not the allocations inside libcurl
 * or libmicrohttpd. cJSON allocates through its hooks, which alloc_fail_at() sets. The replacement
 * works under the sanitizers. Allocations of all threads are counted together. */
#ifndef TESTS_SUPPORT_ALLOC_FAIL_H
#define TESTS_SUPPORT_ALLOC_FAIL_H

#include <stdbool.h>

/* Makes the nth allocation after this call (1: the next one) return NULL, once; 0: none fails.
 * Counting starts at zero again. */
void alloc_fail_at(unsigned long nth);

/* Returns the number of allocations since alloc_fail_at(). */
unsigned long alloc_fail_count(void);

/* Whether the allocation that had to fail has been reached. */
bool alloc_fail_was_hit(void);

/* Runs body repeatedly: the 1st allocation fails in the first run, the 2nd in the second run, and
 * so on, until a run ends before its allocation is reached. The last run has must_work set, and no
 * allocation fails in it. Returns how many allocations failed. body makes a whole round (make, use,
 * free), handles DUBBOC_E_NO_MEMORY and frees everything; AddressSanitizer or valgrind reports
 * leaks. */
unsigned long alloc_fail_each(void (*body)(void *arg, bool must_work), void *arg);

#endif

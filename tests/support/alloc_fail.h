/* Makes each allocation of our own code fail in turn.
 *
 * A test program that uses it is linked so that malloc, calloc, realloc, mmap and mremap are
 * replaced; in its .mk:
 *      tests_codec_x_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
 * This covers the code that is linked into the program (ours), not the allocations inside libcurl
 * or libmicrohttpd. cJSON is covered by its hooks, from the first use on. It works under the
 * sanitizers. Allocations of all threads are counted together. */
#ifndef TESTS_SUPPORT_ALLOC_FAIL_H
#define TESTS_SUPPORT_ALLOC_FAIL_H

#include <stdbool.h>

/* From now on the nth allocation (1: the next one) returns NULL, once. 0: none. Counting starts
 * anew. */
void alloc_fail_at(unsigned long nth);

/* How many allocations there were since alloc_fail_at(). */
unsigned long alloc_fail_count(void);

/* Whether the one that was to fail has been reached. */
bool alloc_fail_was_hit(void);

/* Runs body with the 1st, 2nd, ... allocation failing until it runs through with none left to fail,
 * and returns how many failed. body makes a whole round (make, use, free), copes with
 * DUBBOC_E_NO_MEMORY, and leaves nothing behind; that nothing leaks is seen by AddressSanitizer and
 * valgrind. must_work: nothing fails in this round, which is the last one. */
unsigned long alloc_fail_each(void (*body)(void *arg, bool must_work), void *arg);

#endif

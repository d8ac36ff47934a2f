/* A program that links names.c uses its getaddrinfo() instead of that of the system, so that no
 * test asks a real name server. Names that begin with "unknown" are unknown at once; look-ups of
 * names that begin with "slow" end only after names_let_go(true). */
#ifndef TESTS_SUPPORT_NAMES_H
#define TESTS_SUPPORT_NAMES_H

#include <stdbool.h>

void names_let_go(bool lets_go);

/* How many look-ups of "slow" names are waiting. */
int names_waiting(void);

/* How many "slow" names have been asked for to find the own address. */
int names_asked_for_own_address(void);

#endif

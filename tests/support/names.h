/* A program that links names.c uses its getaddrinfo() instead of the system's, so that no test asks
 * a real name server. A name that begins with "unknown" fails at once. A look-up of a name that
 * begins with "slow" ends only after names_let_go(true). */
#ifndef TESTS_SUPPORT_NAMES_H
#define TESTS_SUPPORT_NAMES_H

#include <stdbool.h>

void names_let_go(bool lets_go);

/* Returns how many look-ups of "slow" names are waiting. */
int names_waiting(void);

/* Returns how many look-ups of "slow" names were made to find the own address. */
int names_asked_for_own_address(void);

/* Returns how many look-ups of "slow" names have begun. */
int names_asked(void);

#endif

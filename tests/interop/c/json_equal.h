/* Comparing two JSON trees exactly: every digit of a number counts, the order of members does not.
 */
#ifndef TESTS_INTEROP_C_JSON_EQUAL_H
#define TESTS_INTEROP_C_JSON_EQUAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* NULL is equal to nothing, not even to NULL. */
bool json_is_equal(const cJSON *a, const cJSON *b);

#endif

/* Builds cJSON trees from texts that the scanner has checked (json_scan.h), and measures how large
 * they would be. */
#ifndef CODEC_JSON_BUILD_H
#define CODEC_JSON_BUILD_H

#include <dubboc/json.h>

#include "base/slice.h"

/* The most values in a tree. A value takes at least 64 bytes there, and up to 40 times its text
 * (libraries.md J5). */
#define JSON_TREE_VALUES_MAX (1u * 1024 * 1024)

/* How large the tree of a text would be. */
typedef struct json_tree_cost {
    size_t values;
    size_t bytes; /* memory that malloc() would use for the tree */
} json_tree_cost;

/* Measures the tree of a checked text without building it. */
json_tree_cost json_tree_cost_of(dubboc_slice checked);

/* Builds the tree of a text that was checked by the scanner. The errors are those of
 * dubboc_json_parse(). */
dubboc_status json_build(dubboc_slice checked, cJSON **tree, dubboc_error *err);

#endif

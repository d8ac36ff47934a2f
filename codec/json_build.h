/* Building cJSON trees of texts that the scanner has checked (json_scan.h). */
#ifndef CODEC_JSON_BUILD_H
#define CODEC_JSON_BUILD_H

#include <dubboc/json.h>

#include "base/slice.h"

/* in a tree: each takes 64 bytes and more, 40 times its text (libraries.md J5) */
#define JSON_TREE_VALUES_MAX (1u * 1024 * 1024)

/* What the tree of a checked text would take: its values, and bytes as malloc() counts them. */
typedef struct json_tree_cost {
    size_t values;
    size_t bytes;
} json_tree_cost;

json_tree_cost json_tree_cost_of(dubboc_slice checked);

/* Builds the tree of a text that was checked by this scanner. Errors as dubboc_json_parse(). */
dubboc_status json_build(dubboc_slice checked, cJSON **tree, dubboc_error *err);

#endif

/* The place of a node in a tree, for error texts: "$.user.tags[2]". */
#ifndef CODEC_JSON_PATH_H
#define CODEC_JSON_PATH_H

#include <dubboc/json.h>

#include "codec/json_scan.h"

#define JSON_PATH_TEXT_MAX 256

typedef struct json_path_step {
    const char *key; /* borrowed; NULL: an array's item, see index */
    size_t index;
} json_path_step;

/* Initialise depth to 0. Steps at or above depth are undefined. */
typedef struct json_path {
    unsigned depth;
    json_path_step steps[JSON_DEPTH_MAX];
} json_path;

/* Adds a step. false: there are 128 already. */
bool json_path_push_key(json_path *path, const char *key);
bool json_path_push_index(json_path *path, size_t index);

/* Fills an empty path with the steps from root to node. false: node is not in that tree, or is
 * deeper than 128 levels. root may be NULL. */
bool json_path_find(json_path *path, const cJSON *root, const cJSON *node);

/* Writes the path as text, cut if it is too long; returns text. Control bytes and invalid UTF-8 are
 * shown as '?'. */
const char *json_path_text(const json_path *path, char text[JSON_PATH_TEXT_MAX]);

/* Sets err to status and the text "<path>: <text>". */
dubboc_status json_path_error(const json_path *path, dubboc_error *err, dubboc_status status,
    const char *text, ...) DUBBOC_PRINTF(4, 5);

#endif

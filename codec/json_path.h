/* Where in a tree something is, for error texts: "$.user.tags[2]". */
#ifndef CODEC_JSON_PATH_H
#define CODEC_JSON_PATH_H

#include <dubboc/json.h>

#include "codec/json_scan.h"

#define JSON_PATH_TEXT_MAX 256

typedef struct json_path_step {
    const char *key; /* borrowed; NULL: index counts */
    size_t index;
} json_path_step;

/* Starts with depth 0; what lies above depth means nothing. */
typedef struct json_path {
    unsigned depth;
    json_path_step steps[JSON_DEPTH_MAX];
} json_path;

/* Goes one level down. false: 128 levels are full. */
bool json_path_push_key(json_path *path, const char *key);
bool json_path_push_index(json_path *path, size_t index);

/* Fills an empty path with the way from root to node. false: node is not in that tree, or deeper
 * than 128 levels. root may be NULL. */
bool json_path_find(json_path *path, const cJSON *root, const cJSON *node);

/* Writes it, cut at its end when too long; returns text. Bytes that would spoil a line of text are
 * shown as '?'. */
const char *json_path_text(const json_path *path, char text[JSON_PATH_TEXT_MAX]);

/* Sets err to status and "<path>: " and the text. */
dubboc_status json_path_error(const json_path *path, dubboc_error *err, dubboc_status status,
    const char *text, ...) DUBBOC_PRINTF(4, 5);

#endif

/* Making cJSON nodes: allocated with cJSON_malloc(), linked as cJSON links them (the first child's
 * prev is the last one), so that appending takes the same time however long the list is. What is
 * done for every node of a text is inline. */
#ifndef CODEC_JSON_TREE_H
#define CODEC_JSON_TREE_H

#include <dubboc/json.h>

#include <string.h>

#include "base/slice.h"

/* A node of that cJSON type, all else empty. NULL: no memory. */
static inline cJSON *json_node_new(int type)
{
    cJSON *node = (cJSON *)cJSON_malloc(sizeof *node);
    if (node != NULL)
        *node = (cJSON){.type = type};
    return node;
}

/* A number node, with valueint as cJSON fills it. */
cJSON *json_node_number(double value);

/* A string or raw node holding a copy of text, which has no zero byte. */
cJSON *json_node_text(int type, dubboc_slice text);

/* A zero-ended copy, made with cJSON_malloc(). */
static inline char *json_text_dup(dubboc_slice text)
{
    char *copy = (char *)cJSON_malloc(text.len + 1);
    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* Sets a number node's value. */
void json_node_set_number(cJSON *node, double value);

/* Links a node as the parent's last child. */
static inline void json_node_append(cJSON *parent, cJSON *child)
{
    cJSON *first = parent->child;
    if (first == NULL) {
        parent->child = child;
        child->prev = child;
        return;
    }
    cJSON *last = first->prev;
    last->next = child;
    child->prev = last;
    first->prev = child;
}

/* A copy of a tree, without the key of its root. DUBBOC_E_NO_MEMORY; DUBBOC_E_TOO_BIG: deeper than
 * 128 levels. */
dubboc_status json_copy(const cJSON *tree, cJSON **copy);

/* The type without cJSON's flags. */
static inline int json_node_type(const cJSON *node)
{
    return node->type & 0xFF;
}

#endif

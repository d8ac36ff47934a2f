/* Makes cJSON nodes with cJSON_malloc(), and links them like cJSON does: prev of the first child is
 * the last child, so appending takes the same time however many children there are. Functions that
 * run for every node of a text are inline. */
#ifndef CODEC_JSON_TREE_H
#define CODEC_JSON_TREE_H

#include <dubboc/json.h>

#include <string.h>

#include "base/slice.h"

/* A node of that cJSON type; all other fields are empty. NULL: no memory. */
static inline cJSON *json_node_new(int type)
{
    cJSON *node = (cJSON *)cJSON_malloc(sizeof *node);
    if (node != NULL)
        *node = (cJSON){.type = type};
    return node;
}

/* A number node; valueint is filled in as cJSON does. NULL: no memory. */
cJSON *json_node_number(double value);

/* A string or raw node with a copy of text, which must not contain a NUL. NULL: no memory. */
cJSON *json_node_text(int type, dubboc_slice text);

/* A copy that ends with a NUL, made with cJSON_malloc(). NULL: no memory. */
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

/* Sets the value of a number node, and its valueint as cJSON does. */
void json_node_set_number(cJSON *node, double value);

/* Appends a node as the parent's last child. */
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

/* Copies a tree, without the key of its root. DUBBOC_E_NO_MEMORY. DUBBOC_E_TOO_BIG: the tree is
 * deeper than 128 levels. */
dubboc_status json_copy(const cJSON *tree, cJSON **copy);

/* The type of a node, without cJSON's flags. */
static inline int json_node_type(const cJSON *node)
{
    return node->type & 0xFF;
}

#endif

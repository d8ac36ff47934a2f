/* Makes and copies cJSON nodes. Trees are not copied with cJSON_Duplicate(), because its depth has
 * no limit (libraries.md J6). */
#include "codec/json_tree.h"

#include <limits.h>

#include "codec/json_scan.h"

void json_node_set_number(cJSON *node, double value)
{
    node->valuedouble = value;
    if (value >= INT_MAX)
        node->valueint = INT_MAX;
    else if (value <= (double)INT_MIN)
        node->valueint = INT_MIN;
    else
        node->valueint = (int)value;
}

cJSON *json_node_number(double value)
{
    cJSON *node = json_node_new(cJSON_Number);
    if (node != NULL)
        json_node_set_number(node, value);
    return node;
}

cJSON *json_node_text(int type, dubboc_slice text)
{
    cJSON *node = json_node_new(type);
    if (node == NULL)
        return NULL;
    node->valuestring = json_text_dup(text);
    if (node->valuestring != NULL)
        return node;
    cJSON_Delete(node);
    return NULL;
}

static cJSON *tree_copy_node(const cJSON *node, bool with_key)
{
    cJSON *copy = json_node_new(json_node_type(node));
    if (copy == NULL)
        return NULL;
    copy->valueint = node->valueint;
    copy->valuedouble = node->valuedouble;
    if (node->valuestring != NULL)
        copy->valuestring = json_text_dup(slice_of(node->valuestring));
    if (with_key && node->string != NULL)
        copy->string = json_text_dup(slice_of(node->string));
    if ((node->valuestring != NULL && copy->valuestring == NULL) ||
        (with_key && node->string != NULL && copy->string == NULL)) {
        cJSON_Delete(copy);
        return NULL;
    }
    return copy;
}

/* The path to the node that is being copied: to[level] is the copy of from[level]. */
typedef struct tree_copying {
    unsigned depth;
    const cJSON *from[JSON_DEPTH_MAX];
    cJSON *to[JSON_DEPTH_MAX];
} tree_copying;

/* The node that follows this node and its children; NULL: there is none. */
static const cJSON *tree_after(tree_copying *self, const cJSON *node)
{
    while (self->depth > 0) {
        if (node->next != NULL)
            return node->next;
        node = self->from[--self->depth];
    }
    return NULL;
}

static dubboc_status tree_copy_children(const cJSON *tree, cJSON *root)
{
    tree_copying self;
    self.depth = 0;
    const cJSON *node = tree;
    cJSON *copy = root;
    for (;;) {
        if (node->child != NULL) {
            if (self.depth == JSON_DEPTH_MAX)
                return DUBBOC_E_TOO_BIG;
            self.from[self.depth] = node;
            self.to[self.depth++] = copy;
            node = node->child;
        } else {
            node = tree_after(&self, node);
        }
        if (node == NULL)
            return DUBBOC_OK;
        copy = tree_copy_node(node, true);
        if (copy == NULL)
            return DUBBOC_E_NO_MEMORY;
        json_node_append(self.to[self.depth - 1], copy);
    }
}

dubboc_status json_copy(const cJSON *tree, cJSON **copy)
{
    cJSON *root = tree_copy_node(tree, false);
    if (root == NULL)
        return DUBBOC_E_NO_MEMORY;
    dubboc_status status = tree_copy_children(tree, root);
    if (status == DUBBOC_OK)
        *copy = root;
    else
        cJSON_Delete(root);
    return status;
}

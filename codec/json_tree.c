/* Making cJSON nodes. */
#include "codec/json_tree.h"

#include <limits.h>

cJSON *json_node_new(int type)
{
    cJSON *node = cJSON_malloc(sizeof *node);
    if (node != NULL)
        *node = (cJSON){.type = type};
    return node;
}

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

char *json_text_dup(dubboc_slice text)
{
    char *copy = cJSON_malloc(text.len + 1);
    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
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

void json_node_append(cJSON *parent, cJSON *child)
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

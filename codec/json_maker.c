/* Makes one JSON node from one C value, and keeps the first failure. */
#include "codec/json_maker.h"

#include <math.h>

#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_number.h"
#include "codec/json_tree.h"

void json_maker_init(json_maker *self, dubboc_error *err)
{
    self->path.depth = 0;
    self->err = err;
    self->status = DUBBOC_OK;
}

cJSON *json_make_failed(json_maker *self, const char *problem)
{
    if (self->status == DUBBOC_OK)
        self->status = json_path_error(&self->path, self->err, DUBBOC_E_ARGUMENT, "%s", problem);
    return NULL;
}

cJSON *json_make_node(json_maker *self, cJSON *node)
{
    if (node == NULL && self->status == DUBBOC_OK)
        self->status = error_no_memory(self->err);
    return node;
}

cJSON *json_make_string(json_maker *self, dubboc_slice text)
{
    if (text.at == NULL)
        return json_make_failed(self, "the string is NULL");
    if (!utf8_is_valid(text))
        return json_make_failed(self, "the string is not UTF-8");
    if (memchr(text.at, '\0', text.len) != NULL)
        return json_make_failed(self, "the string holds a zero byte, which a C string cannot hold");
    return json_make_node(self, json_node_text(cJSON_String, text));
}

cJSON *json_make_string_or_null(json_maker *self, const char *text)
{
    if (text == NULL)
        return json_make_node(self, json_node_new(cJSON_NULL));
    return json_make_string(self, slice_of(text));
}

cJSON *json_make_double(json_maker *self, double value)
{
    if (isnan(value))
        return json_make_failed(self, "the number is NaN, which JSON cannot hold");
    if (isinf(value))
        return json_make_failed(self, "the number is infinite, which JSON cannot hold");
    return json_make_node(self, json_node_number(value));
}

cJSON *json_make_decimal(json_maker *self, const char *text)
{
    if (text == NULL)
        return json_make_failed(self, "the decimal is NULL");
    if (!json_number_is_valid(slice_of(text)))
        return json_make_failed(self, "the decimal is not a JSON number");
    return json_make_node(self, dubboc_json_decimal_new(text, strlen(text)));
}

cJSON *json_make_bool(json_maker *self, bool value)
{
    cJSON *node = json_make_node(self, json_node_new(value ? cJSON_True : cJSON_False));
    if (node != NULL)
        node->valueint = value;
    return node;
}

cJSON *json_make_taken(json_maker *self, cJSON *node)
{
    return node != NULL ? node : json_make_failed(self, "the tree is NULL");
}

cJSON *json_make_copy(json_maker *self, const cJSON *tree)
{
    if (tree == NULL)
        return json_make_failed(self, "the tree is NULL");
    cJSON *copy;
    dubboc_status status = json_copy(tree, &copy);
    if (status == DUBBOC_OK)
        return copy;
    if (status == DUBBOC_E_NO_MEMORY)
        return json_make_node(self, NULL);
    return json_make_failed(self, "the tree is deeper than 128 levels");
}

/* A node that was taken over may have a key, because it may have been detached from another
 * object. */
static void maker_set_key(cJSON *node, char *name)
{
    if (node->string != NULL && (node->type & cJSON_StringIsConst) == 0)
        cJSON_free(node->string);
    node->type &= ~cJSON_StringIsConst;
    node->string = name;
}

bool json_make_member(json_maker *self, cJSON *parent, const char *key, cJSON *child)
{
    if (child == NULL)
        return false;
    char *name = key != NULL ? json_text_dup(slice_of(key)) : NULL;
    if (key != NULL && name == NULL) {
        cJSON_Delete(child);
        json_make_node(self, NULL);
        return false;
    }
    maker_set_key(child, name);
    json_node_append(parent, child);
    return true;
}

static bool maker_entered(json_maker *self, bool has_room)
{
    if (!has_room)
        json_make_failed(self, "deeper than 128 levels");
    return has_room;
}

bool json_maker_enter_key(json_maker *self, const char *key)
{
    if (key == NULL || !utf8_is_valid(slice_of(key))) {
        json_make_failed(self, key == NULL ? "a name is NULL" : "a name is not UTF-8");
        return false;
    }
    return maker_entered(self, json_path_push_key(&self->path, key));
}

bool json_maker_enter_index(json_maker *self, size_t index)
{
    return maker_entered(self, json_path_push_index(&self->path, index));
}

void json_maker_leave(json_maker *self)
{
    self->path.depth--;
}

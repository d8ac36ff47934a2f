/* Builds trees from values whose types the compiler knows (<dubboc/json_typed.h>). On
 * failure the trees that were to be taken over are freed, whether they were used already or not, so
 * that the caller never has to free one. */
#include "base/error.h"
#include "codec/json_maker.h"
#include "codec/json_tree.h"

static cJSON *typed_build_value(json_maker *self, const dubboc_json_value *value);

/* For a value that is not built: frees the trees in it that were to be taken over. */
static void typed_drop_value(const dubboc_json_value *value)
{
    if (value->kind == DUBBOC_JSON_OWNED_)
        cJSON_Delete(value->is.owned);
    if (value->kind != DUBBOC_JSON_ARRAY_ && value->kind != DUBBOC_JSON_OBJECT_)
        return;
    for (const dubboc_json_value *one = value->is.list; one->kind != DUBBOC_JSON_END_; one++)
        typed_drop_value(one);
}

static bool typed_build_child(
    json_maker *self, cJSON *parent, const dubboc_json_value *value, size_t index)
{
    bool is_object = json_node_type(parent) == cJSON_Object;
    if (!(is_object ? json_maker_enter_key(self, value->name)
                    : json_maker_enter_index(self, index))) {
        typed_drop_value(value);
        return false;
    }
    bool is_built = json_make_member(
        self, parent, is_object ? value->name : NULL, typed_build_value(self, value));
    json_maker_leave(self);
    return is_built;
}

static cJSON *typed_build_list(json_maker *self, int type, const dubboc_json_value *list)
{
    cJSON *node = json_make_node(self, json_node_new(type));
    bool is_built = node != NULL;
    for (size_t i = 0; list[i].kind != DUBBOC_JSON_END_; i++) {
        if (is_built)
            is_built = typed_build_child(self, node, &list[i], i);
        else
            typed_drop_value(&list[i]);
    }
    if (is_built)
        return node;
    cJSON_Delete(node);
    return NULL;
}

static cJSON *typed_build_value(json_maker *self, const dubboc_json_value *value)
{
    switch (value->kind) {
    case DUBBOC_JSON_NULL_:
        return json_make_node(self, json_node_new(cJSON_NULL));
    case DUBBOC_JSON_BOOL_:
        return json_make_bool(self, value->is.flag);
    case DUBBOC_JSON_SIGNED_:
        return json_make_node(self, dubboc_json_i64_new(value->is.i64));
    case DUBBOC_JSON_UNSIGNED_:
        return json_make_node(self, dubboc_json_u64_new(value->is.u64));
    case DUBBOC_JSON_DOUBLE_:
        return json_make_double(self, value->is.number);
    case DUBBOC_JSON_DECIMAL_:
        return json_make_decimal(self, value->is.text);
    case DUBBOC_JSON_STRING_:
        return json_make_string(self, slice_of(value->is.text));
    case DUBBOC_JSON_STRING_OR_NULL_:
        return json_make_string_or_null(self, value->is.text);
    case DUBBOC_JSON_SLICE_:
        return json_make_string(self, slice_make(value->is.text, value->len));
    case DUBBOC_JSON_OWNED_:
        return json_make_taken(self, value->is.owned);
    case DUBBOC_JSON_BORROWED_:
        return json_make_copy(self, value->is.borrowed);
    case DUBBOC_JSON_ARRAY_:
        return typed_build_list(self, cJSON_Array, value->is.list);
    case DUBBOC_JSON_OBJECT_:
        return typed_build_list(self, cJSON_Object, value->is.list);
    default:
        return json_make_failed(self, "a value of a kind that this release does not know");
    }
}

dubboc_status dubboc_json_build_value(
    cJSON **tree, dubboc_error *err, const dubboc_json_value *value)
{
    json_maker self;
    json_maker_init(&self, err);
    cJSON *root = typed_build_value(&self, value);
    if (root == NULL)
        return self.status;
    *tree = root;
    error_clear(err);
    return DUBBOC_OK;
}

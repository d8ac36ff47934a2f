/* Reads a tree into variables whose types the compiler knows (<dubboc/json_typed.h>). */
#include "base/error.h"
#include "codec/json_reader.h"
#include "codec/json_tree.h"

static dubboc_status typed_read_target(
    json_reader *self, const cJSON *value, const dubboc_json_target *target);

static int64_t typed_signed_max(size_t size)
{
    return (int64_t)(UINT64_MAX >> (65 - 8 * size));
}

static dubboc_status typed_read_signed(
    json_reader *self, const cJSON *value, const dubboc_json_target *target)
{
    int64_t number, max = typed_signed_max(target->size);
    dubboc_status status = json_read_i64(self, value, -max - 1, max, &number);
    if (status != DUBBOC_OK)
        return status;
    if (target->size == sizeof(int8_t))
        *(int8_t *)target->to.number = (int8_t)number;
    else if (target->size == sizeof(int16_t))
        *(int16_t *)target->to.number = (int16_t)number;
    else if (target->size == sizeof(int32_t))
        *(int32_t *)target->to.number = (int32_t)number;
    else
        /* long and long long have the same size */
        memcpy(target->to.number, &number, sizeof number);
    return DUBBOC_OK;
}

static dubboc_status typed_read_unsigned(
    json_reader *self, const cJSON *value, const dubboc_json_target *target)
{
    uint64_t number;
    dubboc_status status =
        json_read_u64(self, value, UINT64_MAX >> (64 - 8 * target->size), &number);
    if (status != DUBBOC_OK)
        return status;
    if (target->size == sizeof(uint8_t))
        *(uint8_t *)target->to.number = (uint8_t)number;
    else if (target->size == sizeof(uint16_t))
        *(uint16_t *)target->to.number = (uint16_t)number;
    else if (target->size == sizeof(uint32_t))
        *(uint32_t *)target->to.number = (uint32_t)number;
    else
        memcpy(target->to.number, &number, sizeof number);
    return DUBBOC_OK;
}

/* Reads a member or item, which may be missing (child NULL). For an optional target null means
 * missing. */
static dubboc_status typed_read_child(
    json_reader *self, const cJSON *child, const dubboc_json_target *target)
{
    bool is_left_out =
        child == NULL || (target->is_optional && json_node_type(child) == cJSON_NULL);
    if (is_left_out && target->is_optional)
        return DUBBOC_OK;
    if (is_left_out)
        return json_path_error(&self->path, self->err, DUBBOC_E_NOT_FOUND,
            target->name != NULL ? "is missing" : "expected an item, found the end of the array");
    return typed_read_target(self, child, target);
}

static dubboc_status typed_read_items(
    json_reader *self, const cJSON *array, const dubboc_json_target *list)
{
    if (json_node_type(array) != cJSON_Array)
        return json_read_wrong_type(self, array, "an array");
    const cJSON *item = array->child;
    size_t count = 0;
    for (; list[count].kind != DUBBOC_JSON_END_; count++, item = item != NULL ? item->next : NULL) {
        if (!json_path_push_index(&self->path, count))
            return json_path_error(
                &self->path, self->err, DUBBOC_E_ARGUMENT, "more than 128 levels");
        dubboc_status status = typed_read_child(self, item, &list[count]);
        self->path.depth--;
        if (status != DUBBOC_OK)
            return status;
    }
    if (item == NULL)
        return DUBBOC_OK;
    return json_path_error(&self->path, self->err, DUBBOC_E_RANGE, "expected %zu item%s, found %d",
        count, count == 1 ? "" : "s", cJSON_GetArraySize(array));
}

static dubboc_status typed_read_members(
    json_reader *self, const cJSON *object, const dubboc_json_target *list)
{
    if (json_node_type(object) != cJSON_Object)
        return json_read_wrong_type(self, object, "an object");
    for (; list->kind != DUBBOC_JSON_END_; list++) {
        if (list->name == NULL)
            return json_path_error(&self->path, self->err, DUBBOC_E_ARGUMENT, "a name is NULL");
        if (!json_path_push_key(&self->path, list->name))
            return json_path_error(
                &self->path, self->err, DUBBOC_E_ARGUMENT, "more than 128 levels");
        dubboc_status status = typed_read_child(self, dubboc_json_get(object, list->name), list);
        self->path.depth--;
        if (status != DUBBOC_OK)
            return status;
    }
    return DUBBOC_OK;
}

static dubboc_status typed_read_target(
    json_reader *self, const cJSON *value, const dubboc_json_target *target)
{
    switch (target->kind) {
    case DUBBOC_JSON_BOOL_:
        return json_read_bool(self, value, target->to.flag);
    case DUBBOC_JSON_SIGNED_:
        return typed_read_signed(self, value, target);
    case DUBBOC_JSON_UNSIGNED_:
        return typed_read_unsigned(self, value, target);
    case DUBBOC_JSON_DOUBLE_:
        return json_read_double(self, value, target->to.real);
    case DUBBOC_JSON_DECIMAL_:
        return json_read_decimal(self, value, target->to.text, target->size);
    case DUBBOC_JSON_STRING_:
        return json_read_string(self, value, false, target->to.string);
    case DUBBOC_JSON_STRING_OR_NULL_:
        return json_read_string(self, value, true, target->to.string);
    case DUBBOC_JSON_OWNED_:
        return json_read_copy(self, value, target->to.owned);
    case DUBBOC_JSON_BORROWED_:
        *target->to.borrowed = value;
        return DUBBOC_OK;
    case DUBBOC_JSON_ARRAY_:
        return typed_read_items(self, value, target->to.list);
    case DUBBOC_JSON_OBJECT_:
        return typed_read_members(self, value, target->to.list);
    default:
        return json_path_error(&self->path, self->err, DUBBOC_E_ARGUMENT,
            "a target of a kind that this release does not know");
    }
}

dubboc_status dubboc_json_read_target(
    const cJSON *tree, dubboc_error *err, const dubboc_json_target *target)
{
    if (tree == NULL)
        return error_set(err, DUBBOC_E_TYPE, "$: the tree is NULL");
    json_reader self;
    json_reader_init(&self, err);
    dubboc_status status = json_reader_fini(&self, typed_read_child(&self, tree, target));
    if (status == DUBBOC_OK)
        error_clear(err);
    return status;
}

/* Arguments from a tree, as a format tells. An optional member that is absent is gone through as well, with no node, since its
 * arguments have to be passed over. */
#include "base/error.h"
#include "base/mem.h"
#include "codec/json_format.h"
#include "codec/json_tree.h"

#include <limits.h>

typedef struct unpack {
    json_format format;
    va_list args;
    dubboc_error *err;
    cJSON ***copies; /* targets of O that have been filled */
    size_t copy_count;
    size_t copy_capacity;
    const cJSON **seen; /* members that the format has named, of all objects that are open */
    size_t seen_count;
    size_t seen_capacity;
} unpack;

/* value NULL: only passes over the arguments. */
static dubboc_status unpack_value(unpack *self, const cJSON *value);

static const char *kind_name(const cJSON *value)
{
    switch (json_node_type(value)) {
    case cJSON_String:
        return "a string";
    case cJSON_Number:
        return "a number";
    case cJSON_Object:
        return "an object";
    case cJSON_Array:
        return "an array";
    case cJSON_True:
    case cJSON_False:
        return "a boolean";
    case cJSON_NULL:
        return "null";
    default:
        return dubboc_json_is_number(value) ? "a number" : "raw text";
    }
}

static dubboc_status wrong_type(unpack *self, const cJSON *value, const char *expected)
{
    return json_format_error(&self->format, self->err, DUBBOC_E_TYPE, "expected %s, found %s", expected, kind_name(value));
}

/* Of a number that was read with that status. */
static dubboc_status wrong_number(unpack *self, const cJSON *value, dubboc_status status, const char *expected)
{
    if (status == DUBBOC_E_TYPE)
        return wrong_type(self, value, expected);
    char text[64];
    if (dubboc_json_decimal(value, text, sizeof text) != DUBBOC_OK)
        return json_format_error(&self->format, self->err, DUBBOC_E_RANGE, "expected %s, found a number that is none", expected);
    return json_format_error(&self->format, self->err, DUBBOC_E_RANGE, "expected %s, found %s", expected, text);
}

static dubboc_status unpack_string(unpack *self, const cJSON *value)
{
    bool may_be_null = json_format_take_if(&self->format, '?');
    const char **target = va_arg(self->args, const char **);
    if (value == NULL)
        return DUBBOC_OK;
    if (may_be_null && json_node_type(value) == cJSON_NULL) {
        *target = NULL;
        return DUBBOC_OK;
    }
    if (json_node_type(value) != cJSON_String || value->valuestring == NULL)
        return wrong_type(self, value, may_be_null ? "a string or null" : "a string");
    *target = value->valuestring;
    return DUBBOC_OK;
}

static dubboc_status unpack_int(unpack *self, const cJSON *value)
{
    int *target = va_arg(self->args, int *);
    if (value == NULL)
        return DUBBOC_OK;
    int64_t number = 0;
    dubboc_status status = dubboc_json_i64(value, &number);
    if (status == DUBBOC_OK && (number < INT_MIN || number > INT_MAX))
        status = DUBBOC_E_RANGE;
    if (status != DUBBOC_OK)
        return wrong_number(self, value, status, "an integer that fits int");
    *target = (int)number;
    return DUBBOC_OK;
}

static dubboc_status unpack_i64(unpack *self, const cJSON *value)
{
    int64_t *target = va_arg(self->args, int64_t *);
    dubboc_status status = value != NULL ? dubboc_json_i64(value, target) : DUBBOC_OK;
    return status == DUBBOC_OK ? DUBBOC_OK : wrong_number(self, value, status, "an integer that fits int64_t");
}

static dubboc_status unpack_u64(unpack *self, const cJSON *value)
{
    uint64_t *target = va_arg(self->args, uint64_t *);
    dubboc_status status = value != NULL ? dubboc_json_u64(value, target) : DUBBOC_OK;
    return status == DUBBOC_OK ? DUBBOC_OK : wrong_number(self, value, status, "an integer that fits uint64_t");
}

static dubboc_status unpack_double(unpack *self, const cJSON *value)
{
    double *target = va_arg(self->args, double *);
    dubboc_status status = value != NULL ? dubboc_json_double(value, target) : DUBBOC_OK;
    return status == DUBBOC_OK ? DUBBOC_OK : wrong_number(self, value, status, "a number that a double holds exactly");
}

static dubboc_status unpack_bool(unpack *self, const cJSON *value)
{
    bool *target = va_arg(self->args, bool *);
    if (value == NULL)
        return DUBBOC_OK;
    int type = json_node_type(value);
    if (type != cJSON_True && type != cJSON_False)
        return wrong_type(self, value, "a boolean");
    *target = type == cJSON_True;
    return DUBBOC_OK;
}

static dubboc_status unpack_null(unpack *self, const cJSON *value)
{
    if (value != NULL && json_node_type(value) != cJSON_NULL)
        return wrong_type(self, value, "null");
    return DUBBOC_OK;
}

static dubboc_status unpack_borrowed(unpack *self, const cJSON *value)
{
    const cJSON **target = va_arg(self->args, const cJSON **);
    if (value != NULL)
        *target = value;
    return DUBBOC_OK;
}

static dubboc_status unpack_copy(unpack *self, const cJSON *value)
{
    cJSON **target = va_arg(self->args, cJSON **);
    if (value == NULL)
        return DUBBOC_OK;
    void *copies = self->copies;
    if (!mem_grow(&copies, &self->copy_capacity, self->copy_count + 1, sizeof *self->copies))
        return error_no_memory(self->err);
    self->copies = copies;
    cJSON *copy;
    dubboc_status status = json_copy(value, &copy);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(self->err);
    if (status != DUBBOC_OK)
        return json_format_error(&self->format, self->err, DUBBOC_E_RANGE, "deeper than 128 levels");
    *target = copy;
    self->copies[self->copy_count++] = target;
    return DUBBOC_OK;
}

static dubboc_status unpack_item(unpack *self, const cJSON *item, bool is_skipping, size_t index)
{
    if (!json_path_push_index(&self->format.path, index))
        return json_format_fault(&self->format, self->err, "more than 128 levels");
    dubboc_status status;
    if (item == NULL && !is_skipping)
        status = json_format_error(&self->format, self->err, DUBBOC_E_NOT_FOUND, "expected an item, found the end of the array");
    else
        status = unpack_value(self, item);
    self->format.path.depth--;
    return status;
}

static dubboc_status unpack_array(unpack *self, const cJSON *array)
{
    if (array != NULL && json_node_type(array) != cJSON_Array)
        return wrong_type(self, array, "an array");
    const cJSON *item = array != NULL ? array->child : NULL;
    size_t index = 0;
    for (;; index++) {
        char next = json_format_peek(&self->format);
        if (next == ']' || next == '*' || next == '\0')
            break;
        dubboc_status status = unpack_item(self, item, array == NULL, index);
        if (status != DUBBOC_OK)
            return status;
        item = item != NULL ? item->next : NULL;
    }
    bool takes_more = json_format_take_if(&self->format, '*');
    if (json_format_take(&self->format) != ']')
        return json_format_fault(&self->format, self->err, takes_more ? "no ] after *" : "a bracket is not closed");
    if (item != NULL && !takes_more)
        return json_format_error(
            &self->format, self->err, DUBBOC_E_RANGE, "expected %zu items, found %d", index, cJSON_GetArraySize(array));
    return DUBBOC_OK;
}

static dubboc_status remember_member(unpack *self, const cJSON *member)
{
    void *seen = self->seen;
    if (!mem_grow(&seen, &self->seen_capacity, self->seen_count + 1, sizeof *self->seen))
        return error_no_memory(self->err);
    self->seen = seen;
    self->seen[self->seen_count++] = member;
    return DUBBOC_OK;
}

/* The value of a member; NULL with DUBBOC_OK: it is to be skipped. */
static dubboc_status find_member(unpack *self, const cJSON *object, const char *key, bool is_optional, const cJSON **member)
{
    *member = NULL;
    if (object == NULL)
        return DUBBOC_OK;
    const cJSON *found = dubboc_json_get(object, key);
    if (found == NULL && !is_optional)
        return json_format_error(&self->format, self->err, DUBBOC_E_NOT_FOUND, "is missing");
    if (found == NULL)
        return DUBBOC_OK;
    if (!is_optional || json_node_type(found) != cJSON_NULL)
        *member = found;
    return remember_member(self, found);
}

static dubboc_status unpack_member(unpack *self, const cJSON *object)
{
    if (json_format_take(&self->format) != 's')
        return json_format_fault(&self->format, self->err, "a key other than s");
    bool is_optional = json_format_take_if(&self->format, '?');
    const char *key = va_arg(self->args, const char *);
    if (key == NULL)
        return json_format_error(&self->format, self->err, DUBBOC_E_ARGUMENT, "a name is NULL");
    if (!json_path_push_key(&self->format.path, key))
        return json_format_fault(&self->format, self->err, "more than 128 levels");
    const cJSON *member;
    dubboc_status status = find_member(self, object, key, is_optional, &member);
    if (status == DUBBOC_OK)
        status = unpack_value(self, member);
    self->format.path.depth--;
    return status;
}

static bool was_seen(const unpack *self, size_t since, const cJSON *member)
{
    for (size_t i = since; i < self->seen_count; i++) {
        if (self->seen[i] == member)
            return true;
    }
    return false;
}

static dubboc_status refuse_others(unpack *self, const cJSON *object, size_t since)
{
    for (const cJSON *member = object != NULL ? object->child : NULL; member != NULL; member = member->next) {
        if (was_seen(self, since, member))
            continue;
        if (json_path_push_key(&self->format.path, member->string != NULL ? member->string : ""))
            (void)json_format_error(&self->format, self->err, DUBBOC_E_TYPE, "is not expected");
        return DUBBOC_E_TYPE;
    }
    return DUBBOC_OK;
}

static dubboc_status unpack_object(unpack *self, const cJSON *object)
{
    if (object != NULL && json_node_type(object) != cJSON_Object)
        return wrong_type(self, object, "an object");
    size_t seen_before = self->seen_count;
    for (;;) {
        char next = json_format_peek(&self->format);
        if (next == '}' || next == '!' || next == '\0')
            break;
        dubboc_status status = unpack_member(self, object);
        if (status != DUBBOC_OK)
            return status;
    }
    bool is_strict = json_format_take_if(&self->format, '!');
    if (json_format_take(&self->format) != '}')
        return json_format_fault(&self->format, self->err, is_strict ? "no } after !" : "a bracket is not closed");
    dubboc_status status = is_strict ? refuse_others(self, object, seen_before) : DUBBOC_OK;
    self->seen_count = seen_before;
    return status;
}

static dubboc_status unpack_value(unpack *self, const cJSON *value)
{
    switch (json_format_take(&self->format)) {
    case 's':
        return unpack_string(self, value);
    case 'i':
        return unpack_int(self, value);
    case 'I':
        return unpack_i64(self, value);
    case 'U':
        return unpack_u64(self, value);
    case 'f':
        return unpack_double(self, value);
    case 'b':
        return unpack_bool(self, value);
    case 'n':
        return unpack_null(self, value);
    case 'o':
        return unpack_borrowed(self, value);
    case 'O':
        return unpack_copy(self, value);
    case '{':
        return unpack_object(self, value);
    case '[':
        return unpack_array(self, value);
    case '\0':
        return json_format_fault(&self->format, self->err, "a value is missing");
    default:
        return json_format_fault(&self->format, self->err, "an unknown code");
    }
}

static void take_copies_back(unpack *self)
{
    while (self->copy_count > 0) {
        cJSON **target = self->copies[--self->copy_count];
        cJSON_Delete(*target);
        *target = NULL;
    }
}

dubboc_status dubboc_json_vunpack(const cJSON *tree, dubboc_error *err, const char *format, va_list args)
{
    if (tree == NULL)
        return error_set(err, DUBBOC_E_TYPE, "$: no tree (NULL)");
    unpack self;
    json_format_init(&self.format, format);
    va_copy(self.args, args);
    self.err = err;
    self.copies = NULL;
    self.copy_count = self.copy_capacity = 0;
    self.seen = NULL;
    self.seen_count = self.seen_capacity = 0;
    dubboc_status status = unpack_value(&self, tree);
    if (status == DUBBOC_OK && json_format_peek(&self.format) != '\0')
        status = json_format_fault(&self.format, err, "something after the value");
    if (status != DUBBOC_OK)
        take_copies_back(&self);
    else
        error_clear(err);
    va_end(self.args);
    free(self.copies);
    free(self.seen);
    return status;
}

dubboc_status dubboc_json_unpack(const cJSON *tree, dubboc_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dubboc_status status = dubboc_json_vunpack(tree, err, format, args);
    va_end(args);
    return status;
}

/* Reads a tree into the arguments that a format names. An optional member that is missing is
 * processed too, without a node, because its arguments must be skipped. */
#include "base/error.h"
#include "base/mem.h"
#include "codec/json_format.h"
#include "codec/json_reader.h"
#include "codec/json_tree.h"

#include <limits.h>

typedef struct unpack {
    json_format format;
    va_list args;
    json_reader reader;
    /* The members that the format has named, in all objects that are open. */
    const cJSON **seen;
    size_t seen_count;
    size_t seen_capacity;
} unpack;

/* Reads value into the arguments of the next code. value NULL: only skips the arguments. */
static dubboc_status unpack_value(unpack *self, const cJSON *value);

static dubboc_status unpack_fault(unpack *self, const char *what)
{
    return json_format_fault(&self->format, &self->reader.path, self->reader.err, what);
}

static dubboc_status unpack_string(unpack *self, const cJSON *value)
{
    bool may_be_null = json_format_take_if(&self->format, '?');
    const char **target = va_arg(self->args, const char **);
    return value != NULL ? json_read_string(&self->reader, value, may_be_null, target) : DUBBOC_OK;
}

static dubboc_status unpack_int(unpack *self, const cJSON *value)
{
    int *target = va_arg(self->args, int *);
    int64_t number;
    if (value == NULL)
        return DUBBOC_OK;
    dubboc_status status = json_read_i64(&self->reader, value, INT_MIN, INT_MAX, &number);
    if (status == DUBBOC_OK)
        *target = (int)number;
    return status;
}

static dubboc_status unpack_i64(unpack *self, const cJSON *value)
{
    int64_t *target = va_arg(self->args, int64_t *);
    return value != NULL ? json_read_i64(&self->reader, value, INT64_MIN, INT64_MAX, target)
                         : DUBBOC_OK;
}

static dubboc_status unpack_u64(unpack *self, const cJSON *value)
{
    uint64_t *target = va_arg(self->args, uint64_t *);
    return value != NULL ? json_read_u64(&self->reader, value, UINT64_MAX, target) : DUBBOC_OK;
}

static dubboc_status unpack_double(unpack *self, const cJSON *value)
{
    double *target = va_arg(self->args, double *);
    return value != NULL ? json_read_double(&self->reader, value, target) : DUBBOC_OK;
}

static dubboc_status unpack_decimal(unpack *self, const cJSON *value)
{
    char *target = va_arg(self->args, char *);
    size_t size = va_arg(self->args, size_t);
    return value != NULL ? json_read_decimal(&self->reader, value, target, size) : DUBBOC_OK;
}

static dubboc_status unpack_bool(unpack *self, const cJSON *value)
{
    bool *target = va_arg(self->args, bool *);
    return value != NULL ? json_read_bool(&self->reader, value, target) : DUBBOC_OK;
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
    return value != NULL ? json_read_copy(&self->reader, value, target) : DUBBOC_OK;
}

static dubboc_status unpack_item(unpack *self, const cJSON *item, bool is_skipping, size_t index)
{
    if (!json_path_push_index(&self->reader.path, index))
        return unpack_fault(self, "more than 128 levels");
    dubboc_status status;
    if (item == NULL && !is_skipping)
        status = json_path_error(&self->reader.path, self->reader.err, DUBBOC_E_NOT_FOUND,
            "expected an item, found the end of the array");
    else
        status = unpack_value(self, item);
    self->reader.path.depth--;
    return status;
}

static dubboc_status unpack_array(unpack *self, const cJSON *array)
{
    if (array != NULL && json_node_type(array) != cJSON_Array)
        return json_read_wrong_type(&self->reader, array, "an array");
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
        return unpack_fault(self, takes_more ? "no ] after *" : "a bracket is not closed");
    if (item != NULL && !takes_more)
        return json_path_error(&self->reader.path, self->reader.err, DUBBOC_E_RANGE,
            "expected %zu item%s, found %d", index, index == 1 ? "" : "s",
            cJSON_GetArraySize(array));
    return DUBBOC_OK;
}

static dubboc_status unpack_remember_member(unpack *self, const cJSON *member)
{
    void *seen = self->seen;
    if (!mem_grow(&seen, &self->seen_capacity, self->seen_count + 1, sizeof *self->seen))
        return error_no_memory(self->reader.err);
    self->seen = seen;
    self->seen[self->seen_count++] = member;
    return DUBBOC_OK;
}

/* Finds a member. *member NULL with DUBBOC_OK: the member is to be skipped. */
static dubboc_status unpack_find_member(
    unpack *self, const cJSON *object, const char *key, bool is_optional, const cJSON **member)
{
    *member = NULL;
    if (object == NULL)
        return DUBBOC_OK;
    const cJSON *found = dubboc_json_get(object, key);
    if (found == NULL && !is_optional)
        return json_path_error(
            &self->reader.path, self->reader.err, DUBBOC_E_NOT_FOUND, "is missing");
    if (found == NULL)
        return DUBBOC_OK;
    if (!is_optional || json_node_type(found) != cJSON_NULL)
        *member = found;
    return unpack_remember_member(self, found);
}

static dubboc_status unpack_member(unpack *self, const cJSON *object)
{
    if (json_format_take(&self->format) != 's')
        return unpack_fault(self, "a key other than s");
    bool is_optional = json_format_take_if(&self->format, '?');
    const char *key = va_arg(self->args, const char *);
    if (key == NULL)
        return json_path_error(
            &self->reader.path, self->reader.err, DUBBOC_E_ARGUMENT, "a name is NULL");
    if (!json_path_push_key(&self->reader.path, key))
        return unpack_fault(self, "more than 128 levels");
    const cJSON *member;
    dubboc_status status = unpack_find_member(self, object, key, is_optional, &member);
    if (status == DUBBOC_OK)
        status = unpack_value(self, member);
    self->reader.path.depth--;
    return status;
}

static bool unpack_was_seen(const unpack *self, size_t since, const cJSON *member)
{
    for (size_t i = since; i < self->seen_count; i++) {
        if (self->seen[i] == member)
            return true;
    }
    return false;
}

static dubboc_status unpack_refuse_others(unpack *self, const cJSON *object, size_t since)
{
    for (const cJSON *member = object != NULL ? object->child : NULL; member != NULL;
         member = member->next) {
        if (unpack_was_seen(self, since, member))
            continue;
        if (json_path_push_key(&self->reader.path, member->string != NULL ? member->string : ""))
            (void)json_path_error(
                &self->reader.path, self->reader.err, DUBBOC_E_TYPE, "is not expected");
        return DUBBOC_E_TYPE;
    }
    return DUBBOC_OK;
}

static dubboc_status unpack_object(unpack *self, const cJSON *object)
{
    if (object != NULL && json_node_type(object) != cJSON_Object)
        return json_read_wrong_type(&self->reader, object, "an object");
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
        return unpack_fault(self, is_strict ? "no } after !" : "a bracket is not closed");
    dubboc_status status = is_strict ? unpack_refuse_others(self, object, seen_before) : DUBBOC_OK;
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
    case 'D':
        return unpack_decimal(self, value);
    case 'b':
        return unpack_bool(self, value);
    case 'n':
        return value != NULL ? json_read_null(&self->reader, value) : DUBBOC_OK;
    case 'o':
        return unpack_borrowed(self, value);
    case 'O':
        return unpack_copy(self, value);
    case '{':
        return unpack_object(self, value);
    case '[':
        return unpack_array(self, value);
    case '\0':
        return unpack_fault(self, "a value is missing");
    default:
        return unpack_fault(self, "an unknown code");
    }
}

dubboc_status dubboc_json_vunpack(
    const cJSON *tree, dubboc_error *err, const char *format, va_list args)
{
    if (tree == NULL)
        return error_set(err, DUBBOC_E_TYPE, "$: the tree is NULL");
    unpack self;
    json_format_init(&self.format, format);
    va_copy(self.args, args);
    json_reader_init(&self.reader, err);
    self.seen = NULL;
    self.seen_count = self.seen_capacity = 0;
    dubboc_status status = unpack_value(&self, tree);
    if (status == DUBBOC_OK && json_format_peek(&self.format) != '\0')
        status = unpack_fault(&self, "something after the value");
    if (json_reader_fini(&self.reader, status) == DUBBOC_OK)
        error_clear(err);
    va_end(self.args);
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

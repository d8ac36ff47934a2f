#include "tests/interop/c/json_equal.h"

#include <dubboc/dubboc.h>
#include <string.h>

static bool are_numbers_equal(const cJSON *a, const cJSON *b)
{
    int64_t x, y;
    char left[128], right[128];
    if (dubboc_json_i64(a, &x) == DUBBOC_OK && dubboc_json_i64(b, &y) == DUBBOC_OK)
        return x == y;
    return dubboc_json_decimal(a, left, sizeof left) == DUBBOC_OK &&
           dubboc_json_decimal(b, right, sizeof right) == DUBBOC_OK && strcmp(left, right) == 0;
}

/* Members in any order. */
static bool are_objects_equal(const cJSON *a, const cJSON *b)
{
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return false;
    for (const cJSON *member = a->child; member != NULL; member = member->next)
        if (!json_is_equal(member, dubboc_json_get(b, member->string)))
            return false;
    return true;
}

static bool are_arrays_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!json_is_equal(x, y))
            return false;
    return x == NULL && y == NULL;
}

bool json_is_equal(const cJSON *a, const cJSON *b)
{
    if (a == NULL || b == NULL)
        return false;
    if (dubboc_json_is_number(a) || dubboc_json_is_number(b))
        return dubboc_json_is_number(a) && dubboc_json_is_number(b) && are_numbers_equal(a, b);
    if ((a->type & 0xFF) != (b->type & 0xFF))
        return false;
    if (cJSON_IsString(a))
        return strcmp(a->valuestring, b->valuestring) == 0;
    if (cJSON_IsArray(a))
        return are_arrays_equal(a, b);
    return !cJSON_IsObject(a) || are_objects_equal(a, b);
}

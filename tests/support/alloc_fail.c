#include "tests/support/alloc_fail.h"

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_ulong count;
static atomic_ulong fails_at;

static bool fails_now(void)
{
    unsigned long at = atomic_fetch_add(&count, 1) + 1;
    return at == atomic_load(&fails_at);
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t items, size_t size)
{
    return fails_now() ? NULL : __real_calloc(items, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

void alloc_fail_at(unsigned long nth)
{
    static cJSON_Hooks hooks = {.malloc_fn = __wrap_malloc, .free_fn = free};
    cJSON_InitHooks(&hooks);
    atomic_store(&fails_at, nth);
    atomic_store(&count, 0);
}

unsigned long alloc_fail_count(void)
{
    return atomic_load(&count);
}

bool alloc_fail_was_hit(void)
{
    unsigned long at = atomic_load(&fails_at);
    return at != 0 && atomic_load(&count) >= at;
}

unsigned long alloc_fail_each(void (*body)(void *arg, bool must_work), void *arg)
{
    unsigned long nth = 0;
    do {
        alloc_fail_at(++nth);
        body(arg, /* must_work */ false);
    } while (alloc_fail_was_hit());
    alloc_fail_at(0);
    body(arg, /* must_work */ true);
    return nth - 1;
}

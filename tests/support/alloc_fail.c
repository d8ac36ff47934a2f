#include "tests/support/alloc_fail.h"

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_mremap(void *old, size_t old_size, size_t size, int flags, ...);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...);
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

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return fails_now() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

/* Does not pass on the address of MREMAP_FIXED, which no caller here uses. */
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
    return fails_now() ? MAP_FAILED : __real_mremap(old, old_size, size, flags);
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

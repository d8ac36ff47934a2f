/* Grows and frees the memory of a body: malloc() up to HTTP_SERVER_BODY_KEEP_BYTES, its own
 * pages from the system above that. */
#include "transport/http_server_body.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void http_server_body_init(http_server_body *self, size_t max_bytes)
{
    *self = (http_server_body){.max_bytes = max_bytes};
}

static void http_server_body_free(http_server_body *self)
{
    if (self->is_mapped)
        munmap(self->data, self->capacity);
    else
        free(self->data);
    self->data = NULL;
    self->capacity = 0;
    self->is_mapped = false;
}

void http_server_body_fini(http_server_body *self)
{
    assert(self->charged_bytes == 0);
    http_server_body_free(self);
}

size_t http_server_body_charge(const http_server_body *self, size_t bytes, bool step)
{
    if (bytes <= HTTP_SERVER_BODY_FREE_BYTES || bytes <= self->charged_bytes)
        return 0;
    size_t charged = bytes;
    if (step) {
        charged = HTTP_SERVER_BODY_KEEP_BYTES;
        while (charged < bytes) /* cannot overflow, because bytes is at most max_bytes */
            charged *= 2;
        charged = charged < self->max_bytes ? charged : self->max_bytes;
    }
    return charged - self->charged_bytes;
}

static size_t http_server_body_round_up(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

static bool http_server_body_make_buffer(http_server_body *self, size_t bytes)
{
    size_t capacity = 1024;
    while (capacity < bytes)
        capacity *= 2;
    char *data = realloc(self->data, capacity);
    if (data == NULL)
        return false;
    self->data = data;
    self->capacity = capacity;
    return true;
}

static bool http_server_body_grow_pages(http_server_body *self, size_t capacity)
{
    char *data = mremap(self->data, self->capacity, capacity, MREMAP_MAYMOVE);
    if (data == MAP_FAILED)
        return false;
    self->data = data;
    self->capacity = capacity;
    return true;
}

static bool http_server_body_make_pages(http_server_body *self, size_t capacity)
{
    char *data = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return false;
    if (self->len > 0)
        memcpy(data, self->data, self->len);
    http_server_body_free(self);
    self->data = data;
    self->capacity = capacity;
    self->is_mapped = true;
    return true;
}

bool http_server_body_make_room(http_server_body *self, size_t bytes)
{
    assert(bytes <= self->max_bytes);
    if (bytes <= self->capacity)
        return true;
    if (bytes <= HTTP_SERVER_BODY_KEEP_BYTES)
        return http_server_body_make_buffer(self, bytes);
    if (self->is_mapped)
        return http_server_body_grow_pages(self, http_server_body_round_up(bytes));
    return http_server_body_make_pages(self, http_server_body_round_up(bytes));
}

void http_server_body_give_back(http_server_body *self, memory_budget *budget)
{
    size_t charged = self->charged_bytes;
    self->len = 0;
    self->charged_bytes = 0;
    if (self->is_mapped)
        http_server_body_free(self);
    if (charged > 0)
        memory_budget_give_back(budget, charged);
}

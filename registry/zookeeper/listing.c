/* A lookup that a caller waits for with a completion. */
#include "registry/zookeeper/listing.h"

#include <limits.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "registry/zookeeper/completion.h"

/* The session ends lookups at their deadline. The caller waits this much longer, for a machine that
 * is so busy that the actor's thread does not run in time. */
#define GRACE_MS 1000

/* What a caller waits for. The caller and the session each have a reference. */
typedef struct zk_listing {
    zk_completion completion;
    zk_lookup lookup;
    zk_event begin;
    zk_reading *reading; /* NULL: the lookup failed, see reason */
    char reason[REGISTRY_TROUBLE_SIZE];
} zk_listing;

static void listing_unref(zk_listing *self)
{
    if (!zk_completion_unref(&self->completion))
        return;
    zk_reading_unref(self->reading);
    free(self->lookup.path);
    free(self);
}

void zk_listing_looked_up(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason)
{
    (void)arg;
    zk_listing *self = (zk_listing *)(void *)((char *)lookup - offsetof(zk_listing, lookup));
    self->reading = reading != NULL ? zk_reading_ref(reading) : NULL;
    snprintf(self->reason, sizeof self->reason, "%s", reason != NULL ? reason : "");
    zk_completion_set_done(&self->completion);
    listing_unref(self);
}

/* Takes over path_take. */
static zk_listing *listing_new(char *path_take, int64_t deadline_ns)
{
    zk_listing *self = MEM_NEW(zk_listing);
    if (self == NULL) {
        free(path_take);
        return NULL;
    }
    zk_completion_init(&self->completion, 2);
    self->lookup.path = path_take;
    self->lookup.deadline_ns = deadline_ns;
    return self;
}

static dubboc_status listing_copy(const zk_reading *reading, bool (*is_wanted)(const char *name),
    registry_list *out, dubboc_error *err)
{
    registry_list list = {0};
    size_t capacity = 0;
    for (size_t i = 0; i < reading->list.count; i++) {
        const char *name = reading->list.items[i];
        if (is_wanted != NULL && !is_wanted(name))
            continue;
        if (!registry_list_add(&list, &capacity, slice_of(name))) {
            registry_list_free(&list);
            return error_no_memory(err);
        }
    }
    *out = list;
    return DUBBOC_OK;
}

dubboc_status zk_listing_read(zk_actor *actor, char *path_take, bool (*is_wanted)(const char *name),
    int64_t deadline_ns, registry_list *list, dubboc_error *err)
{
    zk_listing *self = listing_new(path_take, deadline_ns);
    if (self == NULL)
        return error_no_memory(err);
    dubboc_status status = zk_actor_post(actor, &self->begin, ZK_EVENT_LOOKUP, &self->lookup, err);
    if (status != DUBBOC_OK) {
        listing_unref(self);
        listing_unref(self);
        return status;
    }
    int left_ms = deadline_poll_ms(deadline_ns);
    bool is_done =
        zk_completion_wait(&self->completion, left_ms >= 0 ? left_ms + GRACE_MS : INT_MAX);
    if (is_done && self->reading != NULL)
        status = listing_copy(self->reading, is_wanted, list, err);
    else
        status =
            error_set(err, DUBBOC_E_REGISTRY, "%s", is_done ? self->reason : "no answer in time");
    listing_unref(self);
    return status;
}

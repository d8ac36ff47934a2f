/* A registration contains its node and its commands, so that unregistering needs no memory. The
 * caller and the session each have a reference. */
#include "registry/zookeeper/registration.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/registry_ops.h"
#include "registry/url_match.h"
#include "registry/zookeeper/completion.h"
#include "registry/zookeeper/path.h"

typedef struct zk_registration {
    registry_registration base;
    zk_completion gone; /* done when the node does not exist any more */
    zk_node node;
    zk_event begin; /* the command ZK_EVENT_REGISTER */
    zk_event end;   /* the command ZK_EVENT_UNREGISTER */
} zk_registration;

static zk_registration *registration_of(registry_registration *handle)
{
    return (zk_registration *)handle;
}

static void registration_unref(zk_registration *self)
{
    if (!zk_completion_unref(&self->gone))
        return;
    free(self->node.path);
    free(self->node.identity);
    free(self);
}

void zk_registration_gone(void *arg, zk_node *node)
{
    (void)arg;
    zk_registration *self =
        (zk_registration *)(void *)((char *)node - offsetof(zk_registration, node));
    zk_completion_set_done(&self->gone);
    registration_unref(self);
}

/* --- one */

/* Sets *identity; only the URL of a provider has one. */
static dubboc_status registration_find_identity(const char *url, char **identity, dubboc_error *err)
{
    provider_url *parsed;
    dubboc_status status = provider_url_from_text(slice_of(url), &parsed, NULL);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(err);
    if (status != DUBBOC_OK)
        return DUBBOC_OK;
    buffer text;
    buffer_init(&text, URL_BYTES_MAX);
    provider_url_identity(parsed, &text);
    *identity = buffer_text(&text) != NULL ? mem_dup(text.data) : NULL;
    buffer_fini(&text);
    provider_url_free(parsed);
    return *identity != NULL ? DUBBOC_OK : error_no_memory(err);
}

/* Creates a registration that the session does not know yet. */
static dubboc_status registration_new(const zk_registrar *registrar, const registry_wanted *wanted,
    zk_registration **out, dubboc_error *err)
{
    const char *url = wanted->url;
    if (strcmp(url, ".") == 0 || strcmp(url, "..") == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "\"%s\" is not a URL that can be registered", url);
    zk_registration *made = MEM_NEW(zk_registration);
    if (made == NULL)
        return error_no_memory(err);
    zk_completion_init(&made->gone, 1);
    dubboc_status status = zk_path_make(
        registrar->root, wanted->interface, wanted->category, url, &made->node.path, err);
    if (status == DUBBOC_OK && registrar->owns_addresses && wanted->category == REGISTRY_PROVIDERS)
        status = registration_find_identity(url, &made->node.identity, err);
    if (status != DUBBOC_OK) {
        registration_unref(made);
        return status;
    }
    made->node.needs_interface = wanted->category == REGISTRY_CONSUMERS;
    atomic_init(&made->node.stands, false);
    atomic_init(&made->node.has_stood, false);
    *out = made;
    return DUBBOC_OK;
}

/* --- several together */

/* The number of consecutive registrations that are in the directory of the first, and the total
 * length of their paths. */
static size_t registrations_of_one_directory(
    zk_registration *const *made, size_t count, size_t *bytes)
{
    const char *first = made[0]->node.path;
    size_t len = (size_t)(zk_path_name(first) - first), run = 0;
    *bytes = 0;
    for (; run < count && strncmp(first, made[run]->node.path, len) == 0; run++)
        *bytes += strlen(made[run]->node.path);
    return run;
}

/* Spreads the registrations over batches. Those of one directory stay together if they fit into one
 * batch; a single registration needs no batch. false: no memory; some have been spread. */
static bool registrations_spread(zk_registration *const *made, size_t count)
{
    zk_batch *batch = NULL;
    size_t run = 0;
    for (size_t i = 0; count > 1 && i < count; i++) {
        zk_node *node = &made[i]->node;
        size_t bytes = strlen(node->path), run_bytes = 0;
        bool begins_run = run == 0;
        if (begins_run)
            run = registrations_of_one_directory(made + i, count - i, &run_bytes);
        bool fits = batch != NULL && zk_batch_has_room(batch, 1, bytes) &&
                    (!begins_run || zk_batch_has_room(batch, run, run_bytes));
        if (!fits && (batch = zk_batch_new()) == NULL)
            return false;
        zk_batch_add(batch, &node->member, node->path);
        run--;
    }
    return true;
}

static void registrations_free_unposted(zk_registration **made, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zk_batch *batch = made[i]->node.member.batch;
        if (batch != NULL && (i + 1 == count || made[i + 1]->node.member.batch != batch))
            zk_batch_free(batch); /* the nodes of a batch are consecutive */
        registration_unref(made[i]);
    }
}

static dubboc_status registrations_post(
    zk_actor *actor, zk_registration **made, size_t count, dubboc_error *err)
{
    for (size_t i = 0; i + 1 < count; i++)
        made[i]->node.next_begin = &made[i + 1]->node;
    if (!registrations_spread(made, count))
        return error_no_memory(err);
    return zk_actor_post(actor, &made[0]->begin, ZK_EVENT_REGISTER, &made[0]->node, err);
}

dubboc_status zk_registrar_add(const zk_registrar *self, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, size_t *failed, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    size_t done = 0;
    *failed = count;
    zk_registration **made = MEM_NEW_ARRAY(count, zk_registration *);
    if (made == NULL)
        return error_no_memory(err);
    while (status == DUBBOC_OK && done < count) {
        status = registration_new(self, &wanted[done], &made[done], err);
        if (status == DUBBOC_OK)
            done++;
        else
            *failed = done;
    }
    if (status == DUBBOC_OK)
        status = registrations_post(self->actor, made, count, err);
    if (status != DUBBOC_OK)
        registrations_free_unposted(made, done);
    for (size_t i = 0; status == DUBBOC_OK && i < count; i++)
        registrations[i] = &made[i]->base;
    free(made);
    return status;
}

/* --- taking back */

static void registrations_warn_of_late(size_t late, int64_t timeout_ms)
{
    if (late > 0)
        LOG(DUBBOC_LOG_WARN, "registry",
            "nodes not deleted in time; ZooKeeper deletes them when the session ends",
            "nodes=%zu timeout_ms=%lld", late, (long long)timeout_ms);
}

void zk_registrar_remove(const zk_registrar *self, registry_registration **registrations,
    size_t count, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms > 0 ? timeout_ms : 0);
    size_t late = 0;
    for (size_t i = 0; i < count; i++) {
        zk_registration *ending = registration_of(registrations[i]);
        zk_completion_ref(&ending->gone);
        ending->node.next_end = i + 1 < count ? &registration_of(registrations[i + 1])->node : NULL;
    }
    zk_registration *first = registration_of(registrations[0]);
    bool is_posted = zk_actor_post(self->actor, &first->end, ZK_EVENT_UNREGISTER, &first->node,
                         NULL) == DUBBOC_OK;
    for (size_t i = 0; i < count; i++) {
        zk_registration *ending = registration_of(registrations[i]);
        late += is_posted && !zk_completion_wait(&ending->gone, deadline_poll_ms(deadline_ns));
        registration_unref(ending);
    }
    registrations_warn_of_late(late, timeout_ms);
}

bool zk_registration_stands(const registry_registration *registration)
{
    return atomic_load(&((const zk_registration *)registration)->node.stands);
}

bool zk_registration_has_stood(const registry_registration *registration)
{
    return atomic_load(&((const zk_registration *)registration)->node.has_stood);
}

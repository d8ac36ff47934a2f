/* Every call needs a pick, so a pick is cheap: four atomic operations, on cache lines of the
 * thread's own or of the chosen provider, no lock and no allocation. */
#include "selector/pick.h"

#include <assert.h>

#include "selector/candidates.h"
#include "selector/directory.h"

/* Returns the entry with the lowest fault at this moment (selector/candidates.h). If several have
 * the same fault, returns the first of them at or after index `from`, with wrap-around. */
static const snapshot_entry *pick_step_on(
    const snapshot *current, size_t from, const pick_request *request)
{
    const snapshot_entry *best = NULL;
    candidate_fault best_fault = CANDIDATE_FAULT_MAX;
    int64_t now_ns = clock_now_ns();
    for (size_t i = 0; i < current->count && best_fault > 0; i++) {
        const snapshot_entry *entry = &current->entries[from];
        candidate_fault fault = candidate_fault_now(entry->provider, request, now_ns);
        if (fault < best_fault) {
            best = entry;
            best_fault = fault;
        }
        from = from + 1 < current->count ? from + 1 : 0;
    }
    return best;
}

static bool entry_has_room(const snapshot_entry *entry)
{
    return http_client_endpoint_has_room(entry->provider->endpoint);
}

/* Returns the first entry at or after index `from`, with wrap-around, that has room and is one of
 * the best available providers (selector/candidates.h). NULL: none of the best has room. */
static const snapshot_entry *pick_step_on_to_room(
    const snapshot *current, size_t from, const pick_request *request)
{
    int64_t now_ns = clock_now_ns();
    candidate_fault best_fault = candidates_best_fault(current, request, now_ns);
    for (size_t i = 0; i < current->count; i++) {
        const snapshot_entry *entry = &current->entries[from];
        if (entry_has_room(entry) &&
            candidate_fault_of(entry->provider, request, now_ns) <= best_fault)
            return entry;
        from = from + 1 < current->count ? from + 1 : 0;
    }
    return NULL;
}

static bool pick_may_take(const snapshot_entry *entry, const pick_request *request)
{
    return health_may_serve(&entry->provider->health) &&
           !pick_request_excludes(request, entry->provider) &&
           (!request->needs_room || entry_has_room(entry));
}

/* Asks the policy a few times, then takes the best entry after the policy's last answer. NULL: room
 * is needed, and none of the best available providers has room. */
static const snapshot_entry *pick_choose(
    directory *self, snapshot *current, int which, const pick_request *request)
{
    size_t at = 0;
    for (int asks = 0; asks < POLICY_ASKS_MAX; asks++) {
        at = policies[which]->choose(
            current, &current->tables[which], &self->states[which], request);
        if (pick_may_take(&current->entries[at], request))
            return &current->entries[at];
        if (current->count == 1)
            break;
    }
    return request->needs_room ? pick_step_on_to_room(current, at, request)
                               : pick_step_on(current, at, request);
}

/* Adds the node's settings for the method. Most nodes have none. */
static void pick_add_settings(const node_settings *settings, dubboc_slice method, pick *out)
{
    node_method values = node_settings_find(settings, method);
    out->timeout_ms = values.timeout_ms;
    out->retries = values.retries;
    out->idempotent = values.idempotent;
    out->timeout_is_override = values.timeout_is_override;
    out->retries_are_override = values.retries_are_override;
}

static void pick_hold(const snapshot_entry *chosen, dubboc_slice method, pick *out)
{
    atomic_fetch_add_explicit(&chosen->provider->in_flight, 1, memory_order_relaxed);
    *out =
        (pick){.provider = chosen->provider, .retries = -1, .idempotent = -1, .peer = chosen->peer};
    out->refused_ms =
        atomic_load_explicit(&chosen->provider->health.refused_ms, memory_order_relaxed);
    out->is_trial = health_begin_trial(&chosen->provider->health);
    if (chosen->settings != NULL)
        pick_add_settings(chosen->settings, method, out);
}

bool directory_pick(directory *self, const pick_request *request, pick *out)
{
    int which =
        request->policy != NULL ? policy_find(request->policy) : self->owner->default_policy;
    assert(which >= 0);
    atomic_uint *entered = readers_enter(&self->owner->readers);
    snapshot *current = atomic_load(&self->current);
    const snapshot_entry *chosen = NULL;
    if (current != NULL && current->count > 0)
        chosen = pick_choose(self, current, which, request);
    if (chosen != NULL)
        pick_hold(chosen, request->method, out);
    readers_leave(entered);
    return chosen != NULL;
}

size_t directory_count(directory *self)
{
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    size_t count = current != NULL ? current->count : 0;
    readers_leave(entered);
    return count;
}

bool directory_has_other(directory *self, provider *const *excluded, size_t excluded_count)
{
    bool has_living = false, has_other = false, has_other_living = false;
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    for (size_t i = 0; current != NULL && i < current->count && !has_other_living; i++) {
        const provider *each = current->entries[i].provider;
        bool is_other = !provider_is_among(each, excluded, excluded_count);
        bool is_living = !health_is_silent(&each->health);
        has_living = has_living || is_living;
        has_other = has_other || is_other;
        has_other_living = is_other && is_living;
    }
    readers_leave(entered);
    return has_other_living || (has_other && !has_living);
}

bool directory_has_willing(directory *self, provider *const *excluded, size_t excluded_count)
{
    bool is_found = false;
    int64_t now_ns = clock_now_ns();
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    for (size_t i = 0; current != NULL && i < current->count && !is_found; i++) {
        const provider *each = current->entries[i].provider;
        is_found = health_is_willing(&each->health, now_ns) &&
                   !provider_is_among(each, excluded, excluded_count);
    }
    readers_leave(entered);
    return is_found;
}

/* The entry with the lowest fault among those that share the endpoint; if several have it, the one
 * with the fewest calls in flight. */
static const snapshot_entry *pick_find_at(
    const snapshot *current, const http_client_endpoint *endpoint, const pick_request *request)
{
    const snapshot_entry *best = NULL;
    candidate_fault best_fault = 0;
    unsigned best_load = 0;
    int64_t now_ns = clock_now_ns();
    for (size_t i = 0; i < current->count; i++) {
        const snapshot_entry *entry = &current->entries[i];
        if (entry->provider->endpoint != endpoint)
            continue;
        candidate_fault fault = candidate_fault_of(entry->provider, request, now_ns);
        unsigned load = atomic_load_explicit(&entry->provider->in_flight, memory_order_relaxed);
        if (best != NULL && (fault > best_fault || (fault == best_fault && load >= best_load)))
            continue;
        best = entry;
        best_fault = fault;
        best_load = load;
    }
    return best;
}

bool directory_pick_at(
    directory *self, const http_client_endpoint *endpoint, const pick_request *request, pick *out)
{
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    const snapshot_entry *found = current != NULL ? pick_find_at(current, endpoint, request) : NULL;
    if (found != NULL)
        pick_hold(found, request->method, out);
    readers_leave(entered);
    return found != NULL;
}

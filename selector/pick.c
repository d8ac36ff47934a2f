/* The pick: what every call goes through. Four atomic operations on lines of its own or of the
 * chosen provider, no lock, no allocation. */
#include "selector/pick.h"

#include <assert.h>

#include "base/log.h"
#include "selector/directory.h"
#include "selector/ejection.h"

static bool provider_is_among(const provider *self, provider *const *some, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (some[i] == self)
            return true;
    return false;
}

static bool pick_is_excluded(const provider *self, const pick_request *request)
{
    return provider_is_among(self, request->excluded, request->excluded_count);
}

/* The next one from there that may be used; else one that is ejected; else one that was tried
 * before. */
static const snapshot_entry *pick_step_on(
    const snapshot *current, size_t from, const pick_request *request)
{
    const snapshot_entry *best = NULL;
    int best_fault = 4;
    for (size_t i = 0; i < current->count && best_fault > 0; i++) {
        const snapshot_entry *entry = &current->entries[from];
        int fault = (pick_is_excluded(entry->provider, request) ? 2 : 0) +
                    (health_may_serve(&entry->provider->health) ? 0 : 1);
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

/* How unwelcome a provider is when room is looked for: not at all, ejected, excluded, or both. What
 * it has refused does not count here, because a call that waits although a provider has room may
 * wait in vain: only a connection that is given back wakes it. */
static int pick_fault(const provider *self, const pick_request *request)
{
    return (pick_is_excluded(self, request) ? 2 : 0) + (health_is_ejected(&self->health) ? 1 : 0);
}

static int pick_best_fault(const snapshot *current, const pick_request *request)
{
    int best = 4;
    for (size_t i = 0; i < current->count && best > 0; i++) {
        int fault = pick_fault(current->entries[i].provider, request);
        best = fault < best ? fault : best;
    }
    return best;
}

/* Of the least unwelcome providers the first one from there that has room. NULL: none has. */
static const snapshot_entry *pick_step_on_to_room(
    const snapshot *current, size_t from, const pick_request *request)
{
    int best_fault = pick_best_fault(current, request);
    for (size_t i = 0; i < current->count; i++) {
        const snapshot_entry *entry = &current->entries[from];
        if (entry_has_room(entry) && pick_fault(entry->provider, request) <= best_fault)
            return entry;
        from = from + 1 < current->count ? from + 1 : 0;
    }
    return NULL;
}

static bool pick_may_take(const snapshot_entry *entry, const pick_request *request)
{
    return health_may_serve(&entry->provider->health) &&
           !pick_is_excluded(entry->provider, request) &&
           (!request->needs_room || entry_has_room(entry));
}

/* Asks the policy a few times, then takes the best that comes next. NULL: room is needed, and none
 * has any. */
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

/* What the node says of this method. Most say nothing. */
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

static void pick_eject(directory *self, provider *failed, pick_outcome outcome)
{
    const selector_settings *settings = &self->owner->settings;
    int64_t eject_ms = 0;
    mutex_lock(&self->owner->ejecting);
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    if (current != NULL && outcome == PICK_REFUSED)
        eject_ms = ejection_after_refusals(failed, current, settings->health_failures);
    else if (current != NULL)
        eject_ms = ejection_after_failures(failed, current, settings->health_rest_ms);
    readers_leave(entered);
    mutex_unlock(&self->owner->ejecting);
    const char *reason = outcome == PICK_REFUSED ? "refusals" : "failures";
    if (eject_ms > 0)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "provider ejected",
            "provider=%s reason=%s for_ms=%lld", failed->info->label, reason, (long long)eject_ms);
    else
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector",
            "provider not ejected: at most half of the providers may be", "provider=%s reason=%s",
            failed->info->label, reason);
}

static void pick_note_answer(provider *good, uint32_t refused_ms, int failures_max)
{
    if (health_good(&good->health, refused_ms, failures_max))
        LOG(DUBBOC_LOG_INFO, "selector", "provider answers again", "provider=%s",
            good->info->label);
}

void pick_release(directory *self, pick *held, pick_outcome outcome)
{
    provider *given = held->provider;
    int failures_max = self->owner->settings.health_failures;
    assert(given != NULL);
    if (outcome == PICK_GOOD)
        pick_note_answer(given, held->refused_ms, failures_max);
    else if (outcome == PICK_FAILED && health_failed(&given->health, failures_max))
        pick_eject(self, given, outcome);
    else if (outcome == PICK_REFUSED && health_refused(&given->health, failures_max))
        pick_eject(self, given, outcome);
    held->provider = NULL;
    /* the sweep acquires what is released here: the provider may be freed from here on */
    atomic_fetch_sub_explicit(&given->in_flight, 1, memory_order_release);
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
    bool is_found = false;
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    for (size_t i = 0; current != NULL && i < current->count && !is_found; i++)
        is_found = !provider_is_among(current->entries[i].provider, excluded, excluded_count);
    readers_leave(entered);
    return is_found;
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

bool directory_each_candidate(directory *self, const pick_request *request,
    bool (*visit)(void *arg, http_client_endpoint *endpoint), void *arg)
{
    bool goes_on = true;
    const http_client_endpoint *former = NULL;
    atomic_uint *entered = readers_enter(&self->owner->readers);
    const snapshot *current = atomic_load(&self->current);
    int best_fault = current != NULL ? pick_best_fault(current, request) : 0;
    for (size_t i = 0; current != NULL && i < current->count && goes_on; i++) {
        const provider *each = current->entries[i].provider;
        /* those that share an endpoint stand side by side: an identity begins with the address */
        if (each->endpoint == former || pick_fault(each, request) > best_fault)
            continue;
        goes_on = visit(arg, each->endpoint);
        former = each->endpoint;
    }
    readers_leave(entered);
    return goes_on;
}

/* The least unwelcome one of those that share the endpoint, in turn by the calls that they have. */
static const snapshot_entry *pick_find_at(
    const snapshot *current, const http_client_endpoint *endpoint, const pick_request *request)
{
    const snapshot_entry *best = NULL;
    int best_fault = 0;
    unsigned best_load = 0;
    for (size_t i = 0; i < current->count; i++) {
        const snapshot_entry *entry = &current->entries[i];
        if (entry->provider->endpoint != endpoint)
            continue;
        int fault = pick_fault(entry->provider, request);
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

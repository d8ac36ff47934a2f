/* What follows the outcome of an attempt: the provider's health is updated, the provider may be
 * ejected and probed, or its ejection may end. The provider is released last. */
#include "selector/pick_release.h"

#include <assert.h>

#include "base/log.h"
#include "selector/directory.h"
#include "selector/ejection.h"

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
    if (outcome == PICK_FAILED)
        probes_add(&self->owner->probes, failed);
    const char *reason = outcome == PICK_REFUSED ? "refusals" : "failures";
    if (eject_ms > 0) {
        room_waits_look_again(&self->room);
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "provider ejected",
            "provider=%s reason=%s for_ms=%lld", failed->info->label, reason, (long long)eject_ms);
    } else if (eject_ms == EJECTION_OVER_LIMIT)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector",
            "provider not ejected: at most half of the providers may be", "provider=%s reason=%s",
            failed->info->label, reason);
}

static void pick_note_answer(directory *self, provider *good, uint32_t refused_ms, int failures_max)
{
    if (!health_good(&good->health, refused_ms, failures_max))
        return;
    LOG(DUBBOC_LOG_INFO, "selector", "provider answers again", "provider=%s", good->info->label);
    room_waits_look_again(&self->room);
}

void pick_release(directory *self, pick *held, pick_outcome outcome)
{
    provider *given = held->provider;
    int failures_max = self->owner->settings.health_failures;
    assert(given != NULL);
    if (outcome == PICK_GOOD)
        pick_note_answer(self, given, held->refused_ms, failures_max);
    else if (outcome == PICK_FAILED && health_failed(&given->health, failures_max))
        pick_eject(self, given, outcome);
    else if (outcome == PICK_REFUSED && health_refused(&given->health, failures_max))
        pick_eject(self, given, outcome);
    if (held->is_trial)
        health_end_trial(&given->health);
    held->provider = NULL;
    /* Release, paired with an acquire in the sweep. The provider may be freed from here on. */
    atomic_fetch_sub_explicit(&given->in_flight, 1, memory_order_release);
}

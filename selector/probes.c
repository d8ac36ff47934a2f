/* Each probed provider is held as a call holds it (provider.in_flight), so that it is not freed. */
#include "selector/probes.h"

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

typedef struct provider_probe {
    struct provider_probe *next; /* in probes.all or probes.wanted */
    probes *owner;
    provider *of;
    http_client_probe *open; /* NULL: none is open */
    int64_t begun_ns;        /* when the last probe was begun, or given up */
} provider_probe;

void probes_init(probes *self, http_client *http, upkeep *of, int64_t every_ms)
{
    *self = (probes){.http = http, .upkeep = of, .every_ms = every_ms};
    mutex_init(&self->lock, MUTEX_RANK_PROBES);
}

/* --- one provider --- */

static void probe_close(provider_probe *self)
{
    if (self->open == NULL)
        return;
    http_client_probe_cancel(self->open);
    self->open = NULL;
    self->owner->open_count--;
}

/* Ends the probing of the provider, which may be freed from now on. */
static void probe_free(provider_probe *self)
{
    provider *of = self->of;
    probe_close(self);
    free(self);
    /* Otherwise nothing would end the silence if the provider came back into a list now. */
    health_forget_silence(&of->health);
    atomic_store(&of->health.is_probed, false);
    atomic_fetch_sub_explicit(&of->in_flight, 1, memory_order_release);
}

static void probe_note_silence(provider_probe *self)
{
    if (!health_note_silence(&self->of->health))
        return;
    self->owner->has_changed = true;
    LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "provider is silent: it does not answer probes",
        "provider=%s", self->of->info->label);
}

static void probe_note_life(provider_probe *self)
{
    if (!health_note_life(&self->of->health, clock_now_ns()))
        return;
    self->owner->has_changed = true;
    LOG(DUBBOC_LOG_INFO, "selector", "provider answers probes", "provider=%s",
        self->of->info->label);
}

static void probe_on_end(void *arg, bool is_alive)
{
    provider_probe *self = arg;
    self->open = NULL;
    self->owner->open_count--;
    if (is_alive)
        probe_note_life(self);
    else
        probe_note_silence(self);
}

/* Whether the provider has answered a call, or has left all lists. */
static bool probe_is_needless(const provider_probe *self)
{
    return atomic_load(&self->of->health.failures) == 0 || atomic_load(&self->of->references) == 0;
}

static void probe_begin(provider_probe *self, int64_t now_ns)
{
    probes *owner = self->owner;
    if (owner->open_count >= PROBES_OPEN_MAX) {
        owner->is_crowded = true;
        return;
    }
    self->begun_ns = now_ns;
    self->open = http_client_probe_begin(owner->prober,
        http_client_endpoint_target(self->of->endpoint), self->of->info->path, probe_on_end, self);
    if (self->open != NULL)
        owner->open_count++;
    else
        health_forget_silence(&self->of->health);
}

/* Does what is due for one provider. Returns the time at which the next action is due. */
static int64_t probe_tick(provider_probe *self, int64_t now_ns, bool makes_room)
{
    int64_t due_ns = self->begun_ns + self->owner->every_ms * NS_PER_MS;
    if (now_ns < due_ns)
        return due_ns;
    if (self->open == NULL) {
        probe_begin(self, now_ns);
        return now_ns + self->owner->every_ms * NS_PER_MS;
    }
    probe_note_silence(self);
    if (!makes_room)
        return DEADLINE_NEVER; /* the answer, or the end of the connection, causes the next step */
    probe_close(self);
    self->begun_ns = now_ns;
    return now_ns; /* the next step begins another probe in place of the closed one */
}

/* --- all providers --- */

void probes_add(probes *self, provider *failed)
{
    if (self->every_ms <= 0 || atomic_load(&failed->health.is_probed))
        return;
    provider_probe *made = MEM_NEW(provider_probe);
    if (made == NULL || atomic_exchange(&failed->health.is_probed, true)) {
        free(made);
        return;
    }
    atomic_fetch_add_explicit(&failed->in_flight, 1, memory_order_relaxed);
    health_presume_silence(&failed->health);
    *made = (provider_probe){.owner = self, .of = failed, .begun_ns = INT64_MIN / 2};
    mutex_lock(&self->lock);
    made->next = self->wanted;
    self->wanted = made;
    mutex_unlock(&self->lock);
    upkeep_kick(self->upkeep, clock_now_ns());
}

static void probes_take_wanted(probes *self)
{
    mutex_lock(&self->lock);
    provider_probe *wanted = self->wanted;
    self->wanted = NULL;
    mutex_unlock(&self->lock);
    self->has_changed = self->has_changed || wanted != NULL;
    while (wanted != NULL) {
        provider_probe *next = wanted->next;
        wanted->next = self->all;
        self->all = wanted;
        wanted = next;
    }
}

void probes_fini(probes *self)
{
    probes_take_wanted(self);
    while (self->all != NULL) {
        provider_probe *next = self->all->next;
        probe_free(self->all);
        self->all = next;
    }
    http_client_prober_free(self->prober);
    mutex_fini(&self->lock);
}

/* The prober is made when the first provider fails, because most clients never need it. false: the
 * prober could not be made; the next step tries again. */
static bool probes_have_prober(probes *self)
{
    dubboc_error err;
    if (self->prober != NULL)
        return true;
    if (http_client_prober_new(self->http, &self->prober, &err) != DUBBOC_OK) {
        LOG_THROTTLED(
            DUBBOC_LOG_WARN, "selector", "providers cannot be probed", "reason=\"%s\"", err.text);
        for (const provider_probe *each = self->all; each != NULL; each = each->next)
            health_forget_silence(&each->of->health);
        return false;
    }
    upkeep_watch(self->upkeep, http_client_prober_fd(self->prober));
    return true;
}

static int64_t probes_tick_all(probes *self, int64_t now_ns)
{
    int64_t due_ns = DEADLINE_NEVER;
    bool makes_room = self->is_crowded;
    self->is_crowded = false;
    for (provider_probe **at = &self->all; *at != NULL;) {
        provider_probe *each = *at;
        if (probe_is_needless(each)) {
            *at = each->next;
            probe_free(each);
            continue;
        }
        due_ns = deadline_min(due_ns, probe_tick(each, now_ns, makes_room));
        at = &each->next;
    }
    return due_ns;
}

static int64_t probes_step_prober(probes *self, int64_t now_ns)
{
    (void)http_client_prober_step(self->prober);
    int64_t due_ns = probes_tick_all(self, now_ns);
    /* once more, for the probes that were begun just now */
    return deadline_min(due_ns, http_client_prober_step(self->prober));
}

int64_t probes_step(probes *self, int64_t now_ns, bool *has_changed)
{
    int64_t due_ns = DEADLINE_NEVER;
    self->has_changed = false;
    probes_take_wanted(self);
    if (self->all != NULL)
        due_ns = probes_have_prober(self) ? probes_step_prober(self, now_ns)
                                          : now_ns + self->every_ms * NS_PER_MS;
    *has_changed = self->has_changed;
    return due_ns;
}

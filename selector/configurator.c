/* Parses configurators, decides which consumers and providers each one applies to, and computes a
 * provider's URL with the params that they set. docs/wire.md 5.7 and 5.9 describe the rules. */
#include "selector/configurator.h"

#include <stdio.h>

#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"

#define ANY_HOST "0.0.0.0"
#define RETRIES_MAX 100

struct configurator {
    provider_url *url;
    configurator_source source;
    int64_t priority;
    bool is_absent;
    /* written in the form of Dubbo 2.7 and later, whose param side names the side it is for */
    bool is_rule;
    /* The rule is for the provider side. A consumer applies only weight and disabled of such a
     * rule, because a provider that applies the rule itself would write these two into its node. */
    bool is_of_providers;
    bool is_kept; /* applies to this consumer */
};

struct configurators {
    size_t count;
    configurator items[];
};

/* --- which params a configurator sets --- */

static bool configurator_ends_with(dubboc_slice key, const char *end)
{
    size_t len = strlen(end);
    return key.len > len && memcmp(key.at + key.len - len, end, len) == 0;
}

/* Params that say which providers and consumers a configurator applies to, so they are never set in
 * a provider's URL (docs/wire.md 5.7). */
static bool configurator_is_about_itself(dubboc_slice key)
{
    static const char *const keys[] = {"category", "check", "dynamic", "enabled", "group",
        "version", "application", "side", "configVersion", "compatible_config", "interfaces",
        "interface", "anyhost", "priority", "providerAddresses", "name", "path", "pid", "timestamp",
        "dubbo", "release"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (slice_is(key, keys[i]))
            return true;
    return key.at[0] == '~' || configurator_ends_with(key, ".group") ||
           configurator_ends_with(key, ".version");
}

static bool configurator_is_timeout(dubboc_slice key)
{
    return slice_is(key, "timeout") || configurator_ends_with(key, ".timeout");
}

static bool configurator_is_weight_or_switch(dubboc_slice key)
{
    return slice_is(key, "weight") || slice_is(key, "disabled");
}

/* Whether this consumer can apply the param and its value is valid. */
static bool configurator_is_setting(const url_param *param)
{
    uint64_t number;
    if (slice_is(param->key, "weight"))
        return slice_u64(param->value, INT32_MAX, &number);
    if (slice_is(param->key, "disabled"))
        return slice_is_nocase(param->value, "true") || slice_is_nocase(param->value, "false");
    if (configurator_is_timeout(param->key))
        return slice_u64(param->value, INT32_MAX, &number) && number > 0;
    if (slice_is(param->key, "retries") || configurator_ends_with(param->key, ".retries"))
        return slice_u64(param->value, RETRIES_MAX, &number);
    return false;
}

static bool configurator_sets(const configurator *self, const url_param *param)
{
    return !configurator_is_about_itself(param->key) &&
           (!self->is_of_providers || configurator_is_weight_or_switch(param->key)) &&
           configurator_is_setting(param);
}

static size_t configurator_count_set(const configurator *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->url->param_count; i++)
        count += configurator_sets(self, &self->url->params[i]) ? 1 : 0;
    return count;
}

/* The first param that would change a provider's URL, but that this consumer does not apply; NULL:
 * there is none. */
static const url_param *configurator_not_understood(const configurator *self)
{
    for (size_t i = 0; i < self->url->param_count; i++)
        if (!configurator_is_about_itself(self->url->params[i].key) &&
            !configurator_sets(self, &self->url->params[i]))
            return &self->url->params[i];
    return NULL;
}

/* --- which consumers and providers a configurator applies to --- */

static bool configurator_is_any(dubboc_slice value)
{
    return value.len == 0 || slice_is(value, "*");
}

static bool configurator_host_is(const configurator *self, dubboc_slice host)
{
    return slice_is(self->url->address.host, ANY_HOST) ||
           address_host_equal(self->url->address.host, host);
}

/* Whether this consumer applies the configurator, judged by the side that the configurator is meant
 * for. In the old form a URL with a port is meant for the provider at that address, and a URL
 * without a port for the consumer at that address. In the new form the param side names the side. A
 * configurator for the provider side is accepted too, because only Java providers apply it to their
 * own node; for other providers the consumer has to apply it (docs/wire.md 5.7, 5.9). */
static bool configurator_is_for_side(configurator *self, const configurator_consumer *consumer)
{
    dubboc_slice side = provider_url_find(self->url, "side");
    self->is_of_providers = self->is_rule && slice_is(side, "provider");
    if (self->is_of_providers)
        return true;
    if (self->is_rule ? !slice_is(side, "consumer") || self->url->address.port != 0
                      : !configurator_is_any(side) && !slice_is(side, "consumer"))
        return false;
    return self->url->address.port != 0 || configurator_host_is(self, slice_of(consumer->address));
}

static bool configurator_names_application(const configurator *self, dubboc_slice application)
{
    dubboc_slice named = provider_url_find(self->url, "application");
    return configurator_is_any(named) || slice_equal(named, application);
}

/* Whether the configurator is for this consumer. In a configurator for the provider side the param
 * application names the provider's application, so configurator_applies_to() compares that param,
 * and this function does not. */
static bool configurator_is_for(configurator *self, const configurator_consumer *consumer)
{
    const provider_url *url = self->url;
    if (slice_is_nocase(provider_url_find(url, "enabled"), "false"))
        return false;
    if (!configurator_is_any(url->interface) &&
        !slice_equal(url->interface, consumer->wanted.interface))
        return false;
    return configurator_is_for_side(self, consumer) &&
           (self->is_of_providers ||
               configurator_names_application(self, slice_of(consumer->application)));
}

/* Whether group and version match. An override node names both. A rule need not name them, because
 * the key under which it is stored contains them; what it does name must match. */
static bool configurator_key_matches(const configurator *self, const provider_url *to)
{
    dubboc_slice group = self->url->group, version = self->url->version;
    bool group_fits =
        slice_is(group, "*") || slice_equal(group, to->group) || (self->is_rule && group.len == 0);
    bool version_fits = slice_is(version, "*") || slice_equal(version, to->version) ||
                        (self->is_rule && version.len == 0);
    return group_fits && version_fits;
}

/* Whether a list such as "host:port,host" contains the provider's address. A host without a port
 * means all ports; 0.0.0.0 and 0.0.0.0:* mean all hosts. */
static bool configurator_lists_address(dubboc_slice list, const provider_url *to)
{
    dubboc_slice piece;
    if (list.len == 0)
        return true;
    while (slice_next(&list, ',', &piece)) {
        net_address listed;
        if (slice_is(piece, ANY_HOST ":*"))
            return true;
        if (address_parse(piece, ADDRESS_BARE_IPV6, &listed, NULL) != DUBBOC_OK)
            continue;
        bool host_fits =
            slice_is(listed.host, ANY_HOST) || address_host_equal(listed.host, to->address.host);
        if (host_fits && (listed.port == 0 || listed.port == to->address.port))
            return true;
    }
    return false;
}

/* A condition "~key" is compared with the provider's params, except for params that belong to the
 * consumer. */
static bool configurator_conditions_hold(const configurator *self, const provider_url *to)
{
    for (size_t i = 0; i < self->url->param_count; i++) {
        const url_param *each = &self->url->params[i];
        char key[128];
        if (each->key.at[0] != '~' || configurator_is_any(each->value))
            continue;
        if (each->key.len > sizeof key)
            return false;
        memcpy(key, each->key.at + 1, each->key.len - 1);
        key[each->key.len - 1] = '\0';
        dubboc_slice actual =
            strcmp(key, "side") == 0 ? slice_of("consumer") : provider_url_find(to, key);
        if (!slice_equal(each->value, actual))
            return false;
    }
    return true;
}

static bool configurator_applies_to(const configurator *self, const provider_url *to)
{
    const provider_url *url = self->url;
    bool means_provider = url->address.port != 0 || self->is_of_providers;
    if (url->address.port != 0 && url->address.port != to->address.port)
        return false;
    if (means_provider && !configurator_host_is(self, to->address.host))
        return false;
    if (self->is_of_providers &&
        !configurator_names_application(self, provider_url_find(to, "application")))
        return false;
    return configurator_key_matches(self, to) &&
           configurator_lists_address(provider_url_find(url, "providerAddresses"), to) &&
           configurator_conditions_hold(self, to);
}

/* --- reading --- */

static const char *configurator_what_it_is(const configurator *self)
{
    if (self->source == CONFIGURATOR_APPLICATION)
        return "the application's rule";
    if (self->source == CONFIGURATOR_SERVICE)
        return "the service's rule";
    return self->is_absent ? "absent" : "override";
}

static void configurator_left_out(const char *text, const char *reason)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "configurator left out",
        "reason=\"%s\" url=\"%.200s\"", reason, MASKED(slice_of(text)));
}

/* Logs the params that are ignored. */
static void configurator_review(const configurator *self)
{
    const url_param *strange = configurator_not_understood(self);
    if (strange != NULL)
        LOG_THROTTLED(DUBBOC_LOG_INFO, "selector",
            "configurator sets a parameter that dubboc does not use",
            "param=\"%.*s\" url=\"%.200s\"", SLICE_ARGS(strange->key),
            MASKED(slice_of(self->url->text)));
}

/* Whether the configurator clears its source: its host is 0.0.0.0, and it has no params except
 * those that tools add automatically (docs/wire.md 5.7). A configurator with params that set
 * nothing does not count, because administration tools leave such a URL behind when the last
 * setting is removed. */
static bool configurator_is_clearing(const configurator *self)
{
    const provider_url *url = self->url;
    if (!slice_is(url->address.host, ANY_HOST) || url->address.port != 0 || self->is_absent)
        return false;
    return url->param_count == 0 ||
           (url->param_count == 1 && slice_is(url->params[0].key, "anyhost"));
}

/* Whether an override node belongs to the wanted service, by the rules for provider nodes
 * (docs/wire.md 5.5). */
static bool configurator_is_of_wanted(const configurator *self, const url_wanted *wanted)
{
    bool group_is_open =
        slice_is(wanted->group, "*") ||
        (wanted->group.len > 0 && memchr(wanted->group.at, ',', wanted->group.len) != NULL);
    dubboc_slice group = self->url->group, version = self->url->version;
    return (group_is_open || slice_is(group, "*") || slice_equal(group, wanted->group)) &&
           (slice_is(wanted->version, "*") || slice_is(version, "*") ||
               slice_equal(version, wanted->version));
}

/* The outcome of reading one URL. */
typedef enum reading { READING_KEPT, READING_LEFT_OUT, READING_CLEARS, READING_NO_MEMORY } reading;

static reading configurator_judge(configurator *self, const configurator_consumer *consumer)
{
    int64_t sign = 1;
    uint64_t priority;
    dubboc_slice text = provider_url_find(self->url, "priority");
    if (text.len > 0 && text.at[0] == '-') {
        text = slice_make(text.at + 1, text.len - 1);
        sign = -1;
    }
    self->priority = slice_u64(text, INT32_MAX, &priority) ? sign * (int64_t)priority : 0;
    self->is_rule = provider_url_find(self->url, "configVersion").len > 0;
    if (!configurator_is_for(self, consumer) ||
        (!self->is_rule && !configurator_is_of_wanted(self, &consumer->wanted)))
        return READING_LEFT_OUT;
    if (self->source == CONFIGURATOR_NODES && configurator_is_clearing(self))
        return READING_CLEARS;
    configurator_review(self);
    return configurator_count_set(self) > 0 ? READING_KEPT : READING_LEFT_OUT;
}

static reading configurator_read_one(configurator *self, const char *text,
    configurator_source source, const configurator_consumer *consumer)
{
    dubboc_error err;
    *self = (configurator){.source = source};
    dubboc_status status = provider_url_from_text(slice_of(text), &self->url, &err);
    if (status == DUBBOC_E_NO_MEMORY)
        return READING_NO_MEMORY;
    if (status != DUBBOC_OK) {
        configurator_left_out(text, err.text);
        return READING_LEFT_OUT;
    }
    if (slice_is(self->url->scheme, "empty"))
        return READING_CLEARS;
    self->is_absent = slice_is(self->url->scheme, "absent");
    if (self->is_absent || slice_is(self->url->scheme, "override"))
        return configurator_judge(self, consumer);
    configurator_left_out(text, "neither override:// nor absent://");
    return READING_LEFT_OUT;
}

/* Adds the configurators of one source, unsorted. false: no memory. */
static bool configurator_add_source(configurators *self, const configurator_texts *texts,
    configurator_source source, const configurator_consumer *consumer)
{
    size_t first = self->count;
    bool is_cleared = false;
    for (size_t i = 0; i < texts->count; i++) {
        configurator *next = &self->items[self->count];
        reading found = configurator_read_one(next, texts->urls[i], source, consumer);
        if (found == READING_NO_MEMORY)
            return false;
        if (found == READING_KEPT)
            self->count++;
        else
            provider_url_free(next->url);
        is_cleared = is_cleared || found == READING_CLEARS;
    }
    while (is_cleared && self->count > first)
        provider_url_free(self->items[--self->count].url);
    return true;
}

/* Sorts by host, so that 0.0.0.0 comes before all others, then by priority (docs/wire.md 5.7), then
 * by text, so that every consumer has the same order. */
static int configurator_compare(const void *a, const void *b)
{
    const configurator *one = a, *other = b;
    if (one->source != other->source)
        return one->source < other->source ? -1 : 1;
    int order = slice_compare(one->url->address.host, other->url->address.host);
    if (order == 0)
        order = (one->priority > other->priority) - (one->priority < other->priority);
    return order != 0 ? order : strcmp(one->url->text, other->url->text);
}

bool configurators_new(const configurator_consumer *consumer,
    const configurator_texts texts[CONFIGURATOR_SOURCES], configurators **made)
{
    size_t room = 0;
    configurator_texts read[CONFIGURATOR_SOURCES];
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        read[i] = texts[i];
        if (read[i].count > CONFIGURATORS_MAX - room) {
            LOG_THROTTLED(DUBBOC_LOG_ERROR, "selector",
                "too many configurators, the rest are left out", "interface=%.*s max=%d",
                SLICE_ARGS(consumer->wanted.interface), CONFIGURATORS_MAX);
            read[i].count = CONFIGURATORS_MAX - room;
        }
        room += read[i].count;
    }
    configurators *self = mem_zeroed(1, sizeof *self + (room + 1) * sizeof(configurator));
    if (self == NULL)
        return false;
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        if (!configurator_add_source(self, &read[i], (configurator_source)i, consumer)) {
            configurators_free(self);
            return false;
        }
    if (self->count > 1)
        qsort(self->items, self->count, sizeof(configurator), configurator_compare);
    *made = self;
    return true;
}

void configurators_free(configurators *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->count; i++)
        provider_url_free(self->items[i].url);
    free(self);
}

size_t configurators_count(const configurators *self)
{
    return self != NULL ? self->count : 0;
}

bool configurator_is_override(const configurator *self)
{
    return self != NULL && !self->is_absent;
}

/* --- applying configurators to a provider --- */

/* An upper bound of what the configurators that apply to a provider set. */
typedef struct extent {
    size_t count;
    bool has_timeout;
    bool has_weight;
} extent;

static extent configurator_measure(const configurators *rules, const provider_url *url)
{
    extent sum = {0};
    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        const configurator *each = &rules->items[i];
        if (!configurator_applies_to(each, url))
            continue;
        for (size_t p = 0; p < each->url->param_count; p++) {
            const url_param *param = &each->url->params[p];
            if (!configurator_sets(each, param))
                continue;
            sum.count++;
            sum.has_timeout = sum.has_timeout || configurator_is_timeout(param->key);
            sum.has_weight = sum.has_weight || slice_is(param->key, "weight");
        }
    }
    return sum;
}

/* Whether a param of the provider's URL must be left out of the changed URL. Some params of Go
 * providers do not mean what they say: the timeout of dubbogo is another setting (docs/wire.md
 * P18), and dubbo-go 3 writes a weight of 0 that no user has set (docs/wire.md 12.8). The code that
 * reads these params recognises such a node by its param dubbo or release. When a configurator sets
 * timeout or weight, both the old value and that marker must be left out, otherwise the new value
 * would be misread too. */
static bool configurator_hides(const extent *set, const provider_url *url, const url_param *param)
{
    if (set->has_timeout &&
        slice_starts_with(provider_url_find(url, "dubbo"), "dubbo-provider-golang-0."))
        if (slice_is(param->key, "dubbo") || configurator_is_timeout(param->key))
            return true;
    if (set->has_weight && slice_starts_with(provider_url_find(url, "release"), "dubbo-golang-3."))
        return slice_is(param->key, "release") ||
               (slice_is(param->key, "weight") && slice_is(param->value, "0"));
    return false;
}

/* The index of key, or the index at which it must be inserted; the params are sorted. */
static size_t configurator_find_place(const configured *self, dubboc_slice key, bool *is_there)
{
    size_t low = 0, high = self->changed.param_count;
    *is_there = false;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        int order = slice_compare(self->params[at].key, key);
        if (order == 0) {
            *is_there = true;
            return at;
        }
        if (order < 0)
            low = at + 1;
        else
            high = at;
    }
    return low;
}

static bool configurator_has_default(const configured *self, dubboc_slice key)
{
    char name[128];
    if (key.len >= sizeof name)
        return false;
    memcpy(name, key.at, key.len);
    name[key.len] = '\0';
    return provider_url_find(&self->changed, name).len > 0;
}

static void configurator_set(configured *self, const configurator *by, const url_param *param)
{
    bool is_there;
    size_t at = configurator_find_place(self, param->key, &is_there);
    if (by->is_absent && (is_there || configurator_has_default(self, param->key)))
        return;
    if (!is_there) {
        size_t behind = self->changed.param_count - at;
        memmove(&self->params[at + 1], &self->params[at], behind * sizeof *self->params);
        memmove(&self->by[at + 1], &self->by[at], behind * sizeof *self->by);
        self->changed.param_count++;
    }
    self->params[at] = *param;
    self->by[at] = by;
    self->is_changed = true;
}

bool configured_init(configured *self, const configurators *rules, const provider_url *url)
{
    *self = (configured){.original = url, .url = url};
    extent more = configurator_measure(rules, url);
    if (more.count == 0)
        return true;
    self->params = MEM_NEW_ARRAY(url->param_count + more.count, url_param);
    self->by = MEM_NEW_ARRAY(url->param_count + more.count, const configurator *);
    if (self->params == NULL || self->by == NULL) {
        configured_fini(self);
        return false;
    }
    self->changed = *url;
    self->changed.params = self->params;
    self->changed.param_count = 0;
    for (size_t i = 0; i < url->param_count; i++)
        if (!configurator_hides(&more, url, &url->params[i]))
            self->params[self->changed.param_count++] = url->params[i];
    for (size_t i = 0; i < rules->count; i++)
        for (size_t p = 0;
             p < rules->items[i].url->param_count && configurator_applies_to(&rules->items[i], url);
             p++)
            if (configurator_sets(&rules->items[i], &rules->items[i].url->params[p]))
                configurator_set(self, &rules->items[i], &rules->items[i].url->params[p]);
    if (self->is_changed)
        self->url = &self->changed;
    return true;
}

void configured_fini(configured *self)
{
    free(self->params);
    free(self->by);
    self->params = NULL;
    self->by = NULL;
}

const configurator *configured_by(const configured *self, dubboc_slice value)
{
    for (size_t i = 0; self->is_changed && value.len > 0 && i < self->changed.param_count; i++)
        if (self->params[i].value.at == value.at)
            return self->by[i];
    return NULL;
}

static void configurator_append_name(const configurator *by, buffer *out)
{
    buffer_printf(out, "%s %.*s", configurator_what_it_is(by), SLICE_ARGS(by->url->address.host));
    if (by->url->address.port != 0)
        buffer_printf(out, ":%u", (unsigned)by->url->address.port);
}

const char *configured_mismatch(
    const configured *self, const url_wanted *wanted, char *reason, size_t size)
{
    const char *mismatch = provider_url_mismatch(self->url, wanted, reason, size);
    dubboc_slice disabled = provider_url_find(self->url, "disabled");
    const configurator *by = configured_by(self, disabled);
    if (mismatch == NULL || by == NULL || strcmp(mismatch, "disabled=true") != 0)
        return mismatch;
    snprintf(reason, size, "disabled by %s %.*s", configurator_what_it_is(by),
        SLICE_ARGS(by->url->address.host));
    size_t len = strlen(reason);
    if (by->url->address.port != 0)
        snprintf(reason + len, size - len, ":%u", (unsigned)by->url->address.port);
    return reason;
}

void configured_describe(const configured *self, buffer *out)
{
    size_t before = out->len;
    for (size_t i = 0; self->is_changed && i < self->changed.param_count; i++) {
        if (self->by[i] == NULL)
            continue;
        buffer_append_text(out, out->len > before ? ", " : "");
        buffer_printf(out, "%.*s=%.*s by ", SLICE_ARGS(self->params[i].key),
            SLICE_ARGS(self->params[i].value));
        configurator_append_name(self->by[i], out);
    }
}

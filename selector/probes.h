/* Probes of the providers that fail.
 *
 * From the moment a provider has failed often enough to be ejected, whether it was ejected or not,
 * it is probed at a fixed interval (transport/http_client_probe.h), until it answers a call or
 * leaves all lists. While it does not answer, it is silent (selector/health.h) and gets no calls.
 * At most one probe of a provider is open, so a process that hangs finds only one connection of the
 * probes when it runs again. */
#ifndef SELECTOR_PROBES_H
#define SELECTOR_PROBES_H

#include "selector/provider.h"
#include "selector/upkeep.h"
#include "transport/http_client_probe.h"

/* At most this many probes are open at once. If more are needed, probes that were not answered in
 * time are closed to make room. */
#define PROBES_OPEN_MAX 64

typedef struct probes {
    /* Constant: */
    http_client *http; /* borrowed */
    upkeep *upkeep;    /* borrowed */
    int64_t every_ms;  /* the interval; <= 0: no provider is probed */

    /* Used by the upkeep thread only: */
    http_client_prober *prober; /* NULL: no provider was probed so far */
    struct provider_probe *all;
    size_t open_count;
    bool is_crowded;  /* in the last step a probe could not be begun, because too many were open */
    bool has_changed; /* in this step a provider has become silent, or lives again */

    mutex lock;                    /* guards the field below; no other lock is taken under it */
    struct provider_probe *wanted; /* added since the last step */
} probes;

void probes_init(probes *self, http_client *http, upkeep *upkeep, int64_t every_ms);

/* Ends all probes. The upkeep thread must have ended. */
void probes_fini(probes *self);

/* Begins to probe a provider that has failed too often, and presumes that it is silent until it has
 * answered the first probe. No-op if it is probed already. The caller holds the provider as a call
 * does (provider.in_flight). Any thread. */
void probes_add(probes *self, provider *failed);

/* Does what is due. Returns the time at which the next step is due. *has_changed: whether a
 * provider has become silent or lives again, so that calls that wait for a connection must look
 * again. Only called by the upkeep thread. */
int64_t probes_step(probes *self, int64_t now_ns, bool *has_changed);

#endif

/* Which applications offer a service at application level only. Dubbo 3 providers with
 * register-mode=instance write no node under the interface; a note under <root>/mapping says which
 * applications offer it. This consumer cannot call such providers, but its error text names the
 * applications, because "0 nodes seen" alone would be puzzling. */
#ifndef SELECTOR_SERVICE_MAPPING_H
#define SELECTOR_SERVICE_MAPPING_H

#include "base/mutex.h"
#include "registry/registry.h"

#define SERVICE_MAPPING_MAX 200 /* bytes of names that are shown */

typedef struct service_mapping {
    /* used only by the thread that subscribes and unsubscribes */
    registry_subscription *subscription;

    mutex lock; /* guards the field below; no other lock is taken under it */
    char applications[SERVICE_MAPPING_MAX + 1]; /* "": none known */
} service_mapping;

void service_mapping_init(service_mapping *self);
void service_mapping_fini(service_mapping *self);

/* Failures are ignored, because the mapping is only used for an error text. One thread at a time;
 * no-op if subscribed already. */
void service_mapping_subscribe(service_mapping *self, registry *source, const char *interface);
void service_mapping_unsubscribe(service_mapping *self, registry *source);

/* Copies the names; "": none known. */
void service_mapping_get(service_mapping *self, char applications[SERVICE_MAPPING_MAX + 1]);

#endif

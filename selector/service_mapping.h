/* Which applications offer a service at application level only. Dubbo 3 providers with
 * register-mode=instance write no node under the interface, but note below <root>/mapping which
 * applications have it. This consumer cannot call those, but it can say so, where otherwise "0
 * nodes seen" would leave people wondering. */
#ifndef SELECTOR_SERVICE_MAPPING_H
#define SELECTOR_SERVICE_MAPPING_H

#include "base/mutex.h"
#include "registry/registry.h"

#define SERVICE_MAPPING_MAX 200 /* bytes that are shown */

typedef struct service_mapping {
    registry_subscription *subscription; /* of whoever subscribes and unsubscribes */

    mutex lock; /* guards what follows; nothing else is locked under it */
    char applications[SERVICE_MAPPING_MAX + 1]; /* "": none known */
} service_mapping;

void service_mapping_init(service_mapping *self);
void service_mapping_fini(service_mapping *self);

/* Nothing depends on it, so a failure is ignored. One thread at a time; again is harmless. */
void service_mapping_subscribe(service_mapping *self, registry *source, const char *interface);
void service_mapping_unsubscribe(service_mapping *self, registry *source);

/* Copies the names; "": none known. */
void service_mapping_get(service_mapping *self, char applications[SERVICE_MAPPING_MAX + 1]);

#endif

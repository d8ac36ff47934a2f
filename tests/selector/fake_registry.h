/* A registry that the test plays itself: it says what stands there, and calls the listeners from the test's own thread. */
#ifndef TESTS_SELECTOR_FAKE_REGISTRY_H
#define TESTS_SELECTOR_FAKE_REGISTRY_H

#include "registry/registry_ops.h"

registry *fake_registry_new(void); /* connected */
void fake_registry_free(registry *self);

/* Every subscriber of the interface gets this list. */
void fake_registry_push(registry *self, const char *interface, const char *const *urls, size_t count);

void fake_registry_set_connected(registry *self, bool is_connected);
void fake_registry_fail_subscribe(registry *self, bool fails);

/* How many subscriptions there are, and how often one was to be read again. */
unsigned fake_registry_subscriptions(registry *self);
unsigned fake_registry_refreshes(registry *self);

#endif

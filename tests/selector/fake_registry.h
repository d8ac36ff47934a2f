/* A fake registry that the test controls: the test sets the nodes, and the listeners are called on
 * the test's own thread. */
#ifndef TESTS_SELECTOR_FAKE_REGISTRY_H
#define TESTS_SELECTOR_FAKE_REGISTRY_H

#include "registry/registry.h"
#include "registry/registry_ops.h"

registry *fake_registry_new(void);       /* is connected */
void fake_registry_free(registry *self); /* does what registry_free() does */

/* Passes this list to every subscriber of the interface. If the fake keeps no data, it passes an
 * empty list of configurators first. */
void fake_registry_push(
    registry *self, const char *interface, const char *const *urls, size_t count);

/* Like fake_registry_push(), for the list of configurators and for the data of one node (NULL: the
 * node does not exist). */
void fake_registry_push_configurators(
    registry *self, const char *interface, const char *const *urls, size_t count);
void fake_registry_push_data(registry *self, const char *path, const char *data);
void fake_registry_keep_data(registry *self, bool keeps_data); /* false at first */

void fake_registry_set_connected(registry *self, bool is_connected);
/* Sets the reason that registry_seek_trouble() finds for the lost connection. text must
 * be static. */
void fake_registry_has_trouble(registry *self, const char *text);
/* Makes every wait for an unregistration time out. The fake calls wait() instead of waiting. */
void fake_registry_wait_in_vain(registry *self, void (*wait)(int64_t timeout_ms));
void fake_registry_fail_subscribe(registry *self, bool fails);

/* Makes subscribing, or registering, block until the test calls the matching let function. */
void fake_registry_hold_subscribe(registry *self);
void fake_registry_let_subscribe(registry *self);
void fake_registry_hold_register(registry *self);
void fake_registry_let_register(registry *self);

/* The number of subscriptions to providers, of refreshes of such subscriptions, and of refreshes of
 * all others. */
unsigned fake_registry_subscriptions(registry *self);
unsigned fake_registry_refreshes(registry *self);
unsigned fake_registry_other_refreshes(registry *self);

/* The number of nodes that were ever registered. */
unsigned fake_registry_registrations(registry *self);

#endif

/* A registry that the test controls: it sets the nodes, and calls the listeners on the test's own
 * thread. */
#ifndef TESTS_SELECTOR_FAKE_REGISTRY_H
#define TESTS_SELECTOR_FAKE_REGISTRY_H

#include "registry/registry.h"
#include "registry/registry_ops.h"

registry *fake_registry_new(void);       /* connected */
void fake_registry_free(registry *self); /* as registry_free() */

/* Every subscriber of the interface gets this list; and, when the fake keeps no data, an empty one
 * of configurators before. */
void fake_registry_push(
    registry *self, const char *interface, const char *const *urls, size_t count);

/* The same for the configurators alone, and for one node's data (NULL: there is no such node). */
void fake_registry_push_configurators(
    registry *self, const char *interface, const char *const *urls, size_t count);
void fake_registry_push_data(registry *self, const char *path, const char *data);
void fake_registry_keep_data(registry *self, bool keeps_data); /* at first it does not */

void fake_registry_set_connected(registry *self, bool is_connected);
/* What it finds out when it is asked why it is not connected (registry_seek_trouble()). text is
 * static. */
void fake_registry_has_trouble(registry *self, const char *text);
/* What is taken back is never done in time: wait stands for the time that passes. */
void fake_registry_wait_in_vain(registry *self, void (*wait)(int64_t timeout_ms));
void fake_registry_fail_subscribe(registry *self, bool fails);

/* Subscribing, or registering, blocks from here until it is let go on. */
void fake_registry_hold_subscribe(registry *self);
void fake_registry_let_subscribe(registry *self);
void fake_registry_hold_register(registry *self);
void fake_registry_let_register(registry *self);

/* How many subscriptions of providers there are, how often one was to be read again, and how often
 * one of anything else. */
unsigned fake_registry_subscriptions(registry *self);
unsigned fake_registry_refreshes(registry *self);
unsigned fake_registry_other_refreshes(registry *self);

/* How many nodes have been registered since the beginning. */
unsigned fake_registry_registrations(registry *self);

#endif

/* The rules that an administrator has laid over one interface: overrides beside the providers,
 * overrides of the config centre, and routes. */
#ifndef TOOLS_RULES_H
#define TOOLS_RULES_H

#include "registry/registry.h"
#include "selector/configurator.h"

/* Reads the overrides that stand in the registry beside the providers, of any group and version, as
 * they apply to a consumer on this machine; rules of the config centre are not read.
 * DUBBOC_E_REGISTRY, DUBBOC_E_NO_MEMORY. */
dubboc_status rules_read(registry *reg, const char *interface, int64_t deadline_ns,
    configurators **rules, dubboc_error *err);

/* A rule as people see it. */
typedef struct listed_rule {
    char *source; /* where it stands: "configurators", "config/dubbo/shop.configurators"... */
    char *text;   /* its URL; "": it has none */
    bool is_in_force;
    char *effect; /* "in force", or why it has no effect */
} listed_rule;

typedef struct rule_set {
    listed_rule *items;
    size_t count;
    size_t capacity;
    configurators *in_force; /* what all of them are together, as a client applies it */
} rule_set;

/* Reads all rules of an interface as they apply to this consumer. A rule that is broken is one
 * without effect. consumer->wanted.interface is interface.
 * DUBBOC_E_REGISTRY, DUBBOC_E_NO_MEMORY; nothing is left behind. */
dubboc_status rule_set_read(registry *reg, const char *interface,
    const configurator_consumer *consumer, int64_t deadline_ns, rule_set *found, dubboc_error *err);
void rule_set_free(rule_set *self);

#endif

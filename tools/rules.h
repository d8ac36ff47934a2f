/* The rules that an administrator has set for one interface: override URLs in its category
 * "configurators", rules of the config centre, and routing rules. */
#ifndef TOOLS_RULES_H
#define TOOLS_RULES_H

#include "registry/registry.h"
#include "selector/configurator.h"

/* Reads the override URLs of the category "configurators", of any group and version, that apply to
 * a consumer on this machine. Does not read rules of the config centre. DUBBOC_E_REGISTRY: the URLs
 * could not be read in time. DUBBOC_E_NO_MEMORY: an allocation failed. */
dubboc_status rules_read(registry *reg, const char *interface, int64_t deadline_ns,
    configurators **rules, dubboc_error *err);

/* One rule, for people to read. */
typedef struct listed_rule {
    char *source; /* its place in the registry: "configurators", "config/dubbo/shop.configurators"
                     and so on */
    char *text;   /* its URL; "": none */
    bool is_in_force;
    char *effect; /* "in force", or why it has no effect */
} listed_rule;

typedef struct rule_set {
    listed_rule *items;
    size_t count;
    size_t capacity;
    configurators *in_force; /* the sum of all rules, as a client applies them */
} rule_set;

/* Reads all rules of an interface as they apply to this consumer; consumer->wanted.interface is the
 * interface. A broken rule is listed as one without effect. DUBBOC_E_REGISTRY, DUBBOC_E_NO_MEMORY:
 * as for rules_read(); there is then nothing to free. */
dubboc_status rule_set_read(registry *reg, const char *interface,
    const configurator_consumer *consumer, int64_t deadline_ns, rule_set *found, dubboc_error *err);
void rule_set_free(rule_set *self);

#endif

/* The rules that Dubbo 2.7 and later keep in the config centre (docs/wire.md 5.9), as YAML:
 *
 *   configVersion: v2.7
 *   scope: service                    # or application
 *   key: com.foo.Bar                  # [group/]interface[:version], interface:version:group,
 *                                     # or the application's name
 *   enabled: true
 *   configs:
 *   - side: provider                  # or consumer: the side whose params are set
 *     addresses: ["10.0.0.1:20880"]   # of that side; none: all
 *     providerAddresses: []           # in a rule for consumers: the providers that it applies
 *                                     # to (host:port, host, 0.0.0.0:port); none: all
 *     applications: []                # names of the consumers that it applies to; none: all
 *     services: []                    # in a rule for an application: its services; none: all
 *     parameters: {weight: 200}
 *
 * As in Dubbo, each entry of configs is converted to override:// URLs, so that everything else only
 * has to know one form (selector/configurator.h). The older form, a list of such URLs, is accepted
 * too. Only this module uses libyaml. */
#ifndef SELECTOR_RULE_YAML_H
#define SELECTOR_RULE_YAML_H

#include "registry/registry.h"

#define RULE_BYTES_MAX (256u * 1024)
#define RULE_DEPTH_MAX 16
#define RULE_NODES_MAX 20000
#define RULE_URLS_MAX 2000

/* Parses a rule; *urls is sorted and owned by the caller. An empty text means no rule. A disabled
 * rule has no URLs. Unknown members are logged under name and ignored; an entry with an unknown
 * condition is left out. DUBBOC_E_PARSE: not a valid rule; err says what is wrong, and in which
 * line. DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status rule_yaml_read(
    const char *name, dubboc_slice text, registry_list *urls, dubboc_error *err);

#endif

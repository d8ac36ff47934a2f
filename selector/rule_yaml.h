/* The rules that Dubbo 2.7 and later keep in the config centre (wire.md 5.9), as YAML:
 *
 *   configVersion: v2.7
 *   scope: service                    # or application
 *   key: com.foo.Bar                  # [group/]interface[:version], interface:version:group, or
 *   the application's name
 *   enabled: true
 *   configs:
 *   - side: provider                  # or consumer: whose parameters are meant
 *     addresses: ["10.0.0.1:20880"]   # of that side; none: all
 *     providerAddresses: []           # of a rule for consumers: the providers (or hosts, or
 *     0.0.0.0:port) that it means; none: all
 *     applications: []                # consumers that it means, by name; none: all
 *     services: []                    # of a rule for an application: of which services; none: all
 *     parameters: {weight: 200}
 *
 * As in Dubbo, each entry of configs becomes override:// URLs, so that all that follows knows one
 * form (selector/configurator.h). The older form, a list of such URLs, is taken too. Only here:
 * libyaml. */
#ifndef SELECTOR_RULE_YAML_H
#define SELECTOR_RULE_YAML_H

#include "registry/registry.h"

#define RULE_BYTES_MAX (256u * 1024)
#define RULE_DEPTH_MAX 16
#define RULE_NODES_MAX 20000
#define RULE_URLS_MAX 2000

/* Reads a rule; *urls, sorted, is the caller's. An empty text is no rule. A rule that is switched
 * off has no URLs. name says in the log which rule it was that has parts which are not known; such
 * parts are passed over, an entry with a condition that is not known is left out.
 * DUBBOC_E_PARSE: no such rule, err says what is wrong and in which line. DUBBOC_E_TOO_BIG.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status rule_yaml_read(
    const char *name, dubboc_slice text, registry_list *urls, dubboc_error *err);

#endif

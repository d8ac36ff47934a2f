/* What a provider URL means to a consumer: whether it is one to call, its identity, and what it
 * says of time-out and weight. */
#ifndef REGISTRY_URL_MATCH_H
#define REGISTRY_URL_MATCH_H

#include "registry/provider_url.h"

/* Milliseconds from a node's timeout param: a plain number, or a Go duration (wire.md 12.7); 0:
 * absent, unreadable, or written by dubbogo, which puts the registry's there (wire.md P18). */
int64_t provider_url_timeout_ms(const provider_url *url, dubboc_slice method);

/* weight, 0 to 2^31-1; 100 when absent, unreadable, or the 0 that dubbo-go 3 writes by default;
 * methods' own are not looked at. Weight 0 is no mismatch: the policy decides (wire.md 12.8). */
unsigned provider_url_weight(const provider_url *url);

/* What a consumer asks for. Empty group or version: none; "*": any; group may be a comma list
 * (wire.md 5.5). */
typedef struct url_wanted {
    dubboc_slice interface;
    dubboc_slice group;
    dubboc_slice version;
} url_wanted;

/* Why this provider is not one to call ("protocol dubbo", "group g1, wanted none", "disabled=true",
 * "http of release 2.7.3 is Java serialization"...); NULL: it is. Rules: wire.md 0.1, 5.5, 12.5.
 * reason (size bytes) receives the text that is returned. */
const char *provider_url_mismatch(
    const provider_url *url, const url_wanted *wanted, char *reason, size_t size);

/* Appends the identity of the provider: host:port/path?group&version. One provider registered under
 * two schemes has one identity. */
void provider_url_identity(const provider_url *url, buffer *out);

#endif

/* What a provider URL means to a consumer: whether the provider can be called, its identity, and
 * its settings for time-out and weight. */
#ifndef REGISTRY_URL_MATCH_H
#define REGISTRY_URL_MATCH_H

#include "registry/provider_url.h"

/* The time-out for a method in milliseconds: a plain number or a Go duration (docs/wire.md 12.7).
 * 0: not set, unreadable, or written by dubbogo, which stores the registry's time-out there
 * (docs/wire.md P18). */
int64_t provider_url_timeout_ms(const provider_url *url, dubboc_slice method);

/* The weight, 0 to 2^31-1. 100 if it is not set, unreadable, or the 0 that dubbo-go 3 writes by
 * default. Weights of single methods are ignored. Weight 0 is no mismatch: the policy decides
 * (docs/wire.md 12.8). */
unsigned provider_url_weight(const provider_url *url);

/* What a consumer wants. Empty group or version: none; "*": any; group may be a comma-separated
 * list (docs/wire.md 5.5). */
typedef struct url_wanted {
    dubboc_slice interface;
    dubboc_slice group;
    dubboc_slice version;
} url_wanted;

/* The reason why this provider cannot be used ("protocol dubbo", "group g1, wanted none",
 * "disabled=true", "http of release 2.7.3 is Java serialization"...); NULL: the provider can be
 * used. Rules: docs/wire.md 0.1, 5.5, 12.5. The returned text is stored in reason, of size
 * bytes. */
const char *provider_url_mismatch(
    const provider_url *url, const url_wanted *wanted, char *reason, size_t size);

/* Appends the identity of the provider: host:port/path?group&version. A provider that is registered
 * under two schemes has one identity. */
void provider_url_identity(const provider_url *url, buffer *out);

#endif

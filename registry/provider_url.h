/* Provider URLs: reading every node of wire.md 9.2, refusing what is broken with a reason, writing
 * our own (wire.md N21).
 *
 * A node name is decoded once, split at the first '?', its params at '&' and at the first '='; a
 * value is decoded a second time when it still holds an escape and that gives a sensible text (Go
 * v1 nodes: wire.md 5.2); its '+' alone is a blank only in nodes that Go wrote. Immutable after
 * parsing. */
#ifndef REGISTRY_PROVIDER_URL_H
#define REGISTRY_PROVIDER_URL_H

#include "base/address.h"
#include <dubboc/error.h>

#define URL_BYTES_MAX (64u * 1024) /* a longer node is refused */
#define URL_PARAMS_MAX 512

typedef struct url_param {
    dubboc_slice key;
    dubboc_slice value;
} url_param;

typedef struct provider_url {
    char *text;          /* the URL decoded once, without user info, zero-ended: what people see */
    dubboc_slice scheme; /* "jsonrpc" */
    net_address address; /* port 80 (https: 443) when the URL has none (wire.md P55); port 0 only in
                            URLs of consumers and others that have no provider */
    dubboc_slice path;   /* with its leading '/', verbatim (wire.md P15) */
    dubboc_slice interface; /* param interface, else the path without '/' (wire.md P23) */
    dubboc_slice group;     /* group, else default.group; empty: none */
    dubboc_slice version;   /* the same */
    url_param *params;      /* sorted by key, first of duplicates */
    size_t param_count;
} provider_url;

/* From a node's name (encoded) or from a URL (decoded). User info is stripped (wire.md P28). The
 * path is safe as an HTTP request target: no blank, no '#', no control byte. An IPv6 host may stand
 * in brackets or bare (wire.md P27). ';' is an ordinary byte; a param without '=' has its key as
 * value.
 * DUBBOC_E_PARSE: err says what is wrong ("port 70000 is over 65535", "no ://", "invalid escape %zz
 * at byte 12"). DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status provider_url_from_node(dubboc_slice name, provider_url **url, dubboc_error *err);
dubboc_status provider_url_from_text(dubboc_slice text, provider_url **url, dubboc_error *err);
void provider_url_free(provider_url *url);

/* A param's value, decoded. {NULL, 0}: absent or empty, which are the same (wire.md 5.5). find
 * looks for key, then default.key (wire.md P22); find_method for <method>.key,
 * methods.<method>.key, key, default.key. */
dubboc_slice provider_url_find(const provider_url *url, const char *key);
dubboc_slice provider_url_find_method(
    const provider_url *url, dubboc_slice method, const char *key);

#endif

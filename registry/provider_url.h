/* Provider URLs: parses all forms of nodes that docs/wire.md 9.2 lists, and rejects malformed ones
 * with a reason. registry/url_writer.h writes them.
 *
 * A node name is decoded once and split at the first '?', its params at '&' and at the first '='. A
 * value that still contains an escape is decoded a second time (nodes of Go v1, docs/wire.md 5.2),
 * unless the result would be invalid or contain a control byte. In nodes written by Go, '+' in a
 * value is a space. A parsed URL is immutable. */
#ifndef REGISTRY_PROVIDER_URL_H
#define REGISTRY_PROVIDER_URL_H

#include "base/address.h"
#include <dubboc/error.h>

#define URL_BYTES_MAX (64u * 1024) /* a longer node is rejected */
#define URL_PARAMS_MAX 512

typedef struct url_param {
    dubboc_slice key;
    dubboc_slice value;
} url_param;

typedef struct provider_url {
    /* The URL, decoded once, without user info, ended by a zero byte; the text to show to
     * people. */
    char *text;
    dubboc_slice scheme; /* such as "jsonrpc" */
    /* If the URL has no port, the port is 80, or 443 for https (docs/wire.md P55). The port is 0
     * only in URLs that are not of providers, such as those of consumers. */
    net_address address;
    dubboc_slice path; /* with its leading '/', unchanged (docs/wire.md P15) */
    /* the param interface, otherwise the path without '/' (docs/wire.md P23) */
    dubboc_slice interface;
    dubboc_slice group;   /* the param group, otherwise default.group; empty: none */
    dubboc_slice version; /* the param version, otherwise default.version; empty: none */
    url_param *params;    /* sorted by key; of duplicates only the first */
    size_t param_count;
} provider_url;

/* Parses the name of a node (encoded) or a URL (decoded). User info is removed (docs/wire.md P28).
 * The path is safe to use as an HTTP request target: it has no space, '#' or control character. An
 * IPv6 host may be in brackets or not (docs/wire.md P27). ';' is an ordinary character; a param
 * without '=' has its key as its value.
 * DUBBOC_E_PARSE: err says what is wrong ("port 70000 is over 65535", "no ://", "invalid escape %zz
 * at byte 12"). DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status provider_url_from_node(dubboc_slice name, provider_url **url, dubboc_error *err);
dubboc_status provider_url_from_text(dubboc_slice text, provider_url **url, dubboc_error *err);
void provider_url_free(provider_url *url);

/* The decoded value of a param. {NULL, 0}: absent or empty, which mean the same (docs/wire.md 5.5).
 * provider_url_find() looks for key, then default.key (docs/wire.md P22);
 * provider_url_find_method() for <method>.key, methods.<method>.key, key, default.key. */
dubboc_slice provider_url_find(const provider_url *url, const char *key);
dubboc_slice provider_url_find_method(
    const provider_url *url, dubboc_slice method, const char *key);

#endif

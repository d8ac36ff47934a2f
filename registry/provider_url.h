/* Provider URLs: reading every node of wire.md 9.2, refusing what is broken with a reason, writing
 * our own (wire.md N21).
 *
 * A node name is decoded once, split at the first '?', its params at '&' and at the first '='; a
 * value is decoded a second time when it still holds an escape and that gives a sensible text (Go
 * v1 nodes: wire.md 5.2); its '+' alone is a blank only in nodes that Go wrote. Immutable after
 * parsing. */
#ifndef REGISTRY_PROVIDER_URL_H
#define REGISTRY_PROVIDER_URL_H

#include "base/buffer.h"
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
    dubboc_slice host;   /* without brackets */
    uint16_t port; /* 80 (https: 443) when the URL has none (wire.md P55); 0 only for consumer and
                      other provider-less URLs */
    dubboc_slice path;      /* with its leading '/', verbatim (wire.md P15) */
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
 * DUBBOC_E_PARSE: err says what is wrong ("port 70000 is over 65535", "no ://", "wrong escape %zz
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
 * two schemes has one identity (design 6). */
void provider_url_identity(const provider_url *url, buffer *out);

/* Writing a URL: start, then params in any order (empty values are left out, since version= hides a
 * node: wire.md 12.5), then the text with params sorted. */
typedef struct url_writer url_writer;
/* address "host:port", or "host" for consumers; path with or without its leading '/'. NULL: no
 * memory. */
url_writer *url_writer_new(const char *scheme, const char *address, const char *path);
void url_writer_free(url_writer *writer); /* NULL is accepted */
/* A value for a key that was added before replaces it; NULL and "" add nothing. */
void url_writer_add(url_writer *writer, const char *key, const char *value);
void url_writer_addf(url_writer *writer, const char *key, const char *format, ...)
    DUBBOC_PRINTF(3, 4);
/* The decoded URL, the caller's; NULL: no memory (also of any add before). DUBBOC_E_ARGUMENT
 * conditions (bytes ; # & = or control in a value: wire.md P21) are encoded, not refused. */
char *url_writer_text(url_writer *writer);

#endif

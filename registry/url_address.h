/* The address in a URL: a host and perhaps a port. Provider URLs and registry addresses are both
 * read here. */
#ifndef REGISTRY_URL_ADDRESS_H
#define REGISTRY_URL_ADDRESS_H

#include "base/slice.h"
#include <dubboc/error.h>

/* "host", "host:port", "[v6]:port" or "v6:port" taken apart. */
typedef struct url_address {
    dubboc_slice host; /* without brackets */
    uint16_t port;     /* 0: none is given */
    bool is_ipv6;
} url_address;

/* An IPv6 address may stand in brackets or bare; of a bare one the last piece is the port if what
 * is before it is an address too (wire.md P27). The slices point into text.
 * DUBBOC_E_PARSE: err says what is wrong, without naming the text that it is a part of. */
dubboc_status url_address_parse(dubboc_slice text, url_address *address, dubboc_error *err);

#endif

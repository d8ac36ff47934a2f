/* "host" or "host:port", as in Host and in a request target "http://host:port/path". */
#ifndef TRANSPORT_HTTP_SERVER_AUTHORITY_H
#define TRANSPORT_HTTP_SERVER_AUTHORITY_H

#include "base/slice.h"

/* RFC 3986 section 3.2: a registered name, an IPv4 address or an IPv6 address in brackets; then
 * maybe ':' and a port up to 65535, or none. A host must be there. User information is not valid
 * here (RFC 9110 section 4.2.4). */
bool http_server_authority_is_valid(dubboc_slice text);

#endif

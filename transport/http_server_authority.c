/* A proxy in front of us may choose by the host what we choose by the path. A host that the two
 * could read differently is refused, so this is exact and does not repair anything. */
#include "transport/http_server_authority.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* unreserved and sub-delims. Every request's Host passes here, and most are IPv4 addresses. */
static bool authority_is_name_char(char c)
{
    if (ascii_is_digit(c) || c == '.' || c == '-' || ascii_is_alnum(c))
        return true;
    return c != '\0' && strchr("_~!$&'()*+,;=", c) != NULL;
}

static bool authority_is_registered_name(dubboc_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (authority_is_name_char(name.at[i]))
            continue;
        if (name.at[i] != '%' || name.len - i < 3 || ascii_hex_value(name.at[i + 1]) < 0 ||
            ascii_hex_value(name.at[i + 2]) < 0)
            return false;
        i += 2;
    }
    return name.len > 0;
}

/* What stands between the brackets. Clients that were given a link-local address send its zone
 * too. */
static bool authority_is_ipv6(dubboc_slice text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    dubboc_slice number, zone;
    bool has_zone = slice_cut(text, '%', &number, &zone);
    if (number.len >= sizeof address || (has_zone && !authority_is_registered_name(zone)))
        return false;
    memcpy(address, number.at, number.len);
    address[number.len] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

static bool authority_is_port_number(dubboc_slice text)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i]))
            return false;
        port = port * 10 + (unsigned)(text.at[i] - '0');
        if (port > 65535)
            return false;
    }
    return true;
}

bool http_server_authority_is_valid(dubboc_slice text)
{
    dubboc_slice host, rest;
    if (!slice_starts_with(text, "[")) {
        slice_cut(text, ':', &host, &rest);
        return authority_is_registered_name(host) && authority_is_port_number(rest);
    }
    if (!slice_cut(slice_make(text.at + 1, text.len - 1), ']', &host, &rest) ||
        !authority_is_ipv6(host))
        return false;
    return rest.len == 0 ||
           (rest.at[0] == ':' && authority_is_port_number(slice_make(rest.at + 1, rest.len - 1)));
}

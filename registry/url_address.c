/* See the header. */
#include "registry/url_address.h"

#include <arpa/inet.h>

#include "base/error.h"

#define HOST_BYTES_MAX 255
#define SHOWN_BYTES_MAX 60 /* how much of a wrong part an error text repeats */

static int address_shown(dubboc_slice part)
{
    return part.len > SHOWN_BYTES_MAX ? SHOWN_BYTES_MAX : (int)part.len;
}

static dubboc_slice address_part(const char *from, const char *to)
{
    return slice_make(from, (size_t)(to - from));
}

static bool address_host_is_ipv6(dubboc_slice host)
{
    char text[INET6_ADDRSTRLEN];
    dubboc_slice address, zone;
    struct in6_addr ignored;
    if (slice_cut(host, '%', &address, &zone)) {
        if (zone.len == 0)
            return false;
        for (size_t i = 0; i < zone.len; i++)
            if (!ascii_is_alnum(zone.at[i]) && memchr("-_.", zone.at[i], 3) == NULL)
                return false;
    }
    if (address.len >= sizeof text)
        return false;
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    return inet_pton(AF_INET6, text, &ignored) == 1;
}

static bool address_host_is_name(dubboc_slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!ascii_is_alnum(host.at[i]) && memchr("-_.", host.at[i], 3) == NULL)
            return false;
    return true;
}

static bool address_is_digits(dubboc_slice text)
{
    uint64_t ignored;
    return slice_u64(text, UINT64_MAX, &ignored);
}

/* "a:b:c" without brackets, as Java writes it (wire.md P27). The last piece is the port if it is a
 * number and what is before it is an address; else all is the address. */
static void address_split_bare_ipv6(dubboc_slice authority, dubboc_slice *host, dubboc_slice *port)
{
    const char *colon = memrchr(authority.at, ':', authority.len),
               *end = authority.at + authority.len;
    *host = address_part(authority.at, colon);
    *port = address_part(colon, end);
    bool has_port = address_host_is_ipv6(*host) && address_is_digits(address_part(colon + 1, end));
    if (has_port || !address_host_is_ipv6(authority))
        return;
    *host = authority;
    port->len = 0;
}

/* *port keeps its ':' so that "host:" differs from "host". */
static void address_split(dubboc_slice authority, dubboc_slice *host, dubboc_slice *port)
{
    const char *end = authority.at + authority.len;
    const char *first = authority.len > 0 ? memchr(authority.at, ':', authority.len) : NULL;
    bool is_bracketed = authority.len > 0 && authority.at[0] == '[';
    const char *bracket = is_bracketed ? memchr(authority.at, ']', authority.len) : NULL;
    if (bracket != NULL) {
        *host = address_part(authority.at + 1, bracket);
        *port = address_part(bracket + 1, end);
    } else if (first != NULL && memchr(first + 1, ':', (size_t)(end - first - 1)) != NULL) {
        address_split_bare_ipv6(authority, host, port);
    } else {
        *host = address_part(authority.at, first != NULL ? first : end);
        *port = address_part(first != NULL ? first : end, end);
    }
}

static dubboc_status address_read_port(dubboc_slice port, uint16_t *out, dubboc_error *err)
{
    uint64_t value;
    if (port.at[0] != ':')
        return error_set(
            err, DUBBOC_E_PARSE, "\"%.*s\" after the host", address_shown(port), port.at);
    dubboc_slice digits = slice_make(port.at + 1, port.len - 1);
    if (digits.len == 0)
        return error_set(err, DUBBOC_E_PARSE, "no port after the ':'");
    if (!slice_u64(digits, UINT64_MAX, &value))
        return error_set(
            err, DUBBOC_E_PARSE, "port \"%.*s\" is no number", address_shown(digits), digits.at);
    if (value > UINT16_MAX)
        return error_set(
            err, DUBBOC_E_PARSE, "port %.*s is over 65535", address_shown(digits), digits.at);
    if (value == 0)
        return error_set(err, DUBBOC_E_PARSE, "port 0");
    *out = (uint16_t)value;
    return DUBBOC_OK;
}

dubboc_status url_address_parse(dubboc_slice text, url_address *address, dubboc_error *err)
{
    dubboc_slice host, port;
    address_split(text, &host, &port);
    if (host.len == 0)
        return error_set(err, DUBBOC_E_PARSE, "no host");
    bool is_bracketed = text.at[0] == '[';
    url_address read = {.host = host, .is_ipv6 = address_host_is_ipv6(host)};
    if (host.len > HOST_BYTES_MAX ||
        (!read.is_ipv6 && (is_bracketed || !address_host_is_name(host))))
        return error_set(err, DUBBOC_E_PARSE, "wrong host \"%.*s\"", address_shown(host), host.at);
    dubboc_status status = port.len > 0 ? address_read_port(port, &read.port, err) : DUBBOC_OK;
    if (status == DUBBOC_OK)
        *address = read;
    return status;
}

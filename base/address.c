/* Parses, compares and prints addresses. */
#include "base/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"

#define UNIX_PREFIX "unix:"
/* how many bytes of an invalid part an error text repeats */
#define SHOWN_BYTES_MAX 60
/* Enough for the canonical text of any host. */
#define CANONICAL_SIZE (INET6_ADDRSTRLEN + ADDRESS_HOST_BYTES_MAX)

/* --- parts of an address */

static dubboc_slice address_part(const char *from, const char *to)
{
    return slice_make(from, (size_t)(to - from));
}

/* Whether c may be in a reg-name of RFC 3986: an unreserved character or a sub-delim. Digits and
 * dots are tested first, because every Host header is checked here, and most are IPv4 addresses. */
static bool address_is_reg_name_byte(char c)
{
    if (ascii_is_digit(c) || c == '.' || c == '-' || ascii_is_alnum(c))
        return true;
    return c != '\0' && strchr("_~!$&'()*+,;=", c) != NULL;
}

static bool address_is_reg_name(dubboc_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (address_is_reg_name_byte(name.at[i]))
            continue;
        if (name.at[i] != '%' || name.len - i < 3 || ascii_hex_value(name.at[i + 1]) < 0 ||
            ascii_hex_value(name.at[i + 2]) < 0)
            return false;
        i += 2;
    }
    return name.len > 0;
}

static bool address_is_plain_name(dubboc_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alnum(name.at[i]) && memchr("-_.", name.at[i], 3) == NULL)
            return false;
    return name.len > 0;
}

static bool address_is_name(dubboc_slice name, unsigned flags)
{
    return (flags & ADDRESS_HOST_HEADER) != 0 ? address_is_reg_name(name)
                                              : address_is_plain_name(name);
}

static bool address_read_ipv6(dubboc_slice host, struct in6_addr *value)
{
    char text[INET6_ADDRSTRLEN];
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET6, text, value) == 1;
}

/* Whether host is an IPv6 address without brackets, with or without a zone. */
static bool address_is_ipv6(dubboc_slice host, unsigned flags)
{
    dubboc_slice number, zone;
    struct in6_addr ignored;
    if (memchr(host.at, ':', host.len) == NULL)
        return false;
    if (slice_cut(host, '%', &number, &zone) && !address_is_name(zone, flags))
        return false;
    return address_read_ipv6(number, &ignored);
}

/* --- parsing */

/* Sets an error text that consists of `before`, of `part` with its secrets masked, and of
 * `after`. */
static dubboc_status address_refuse(
    dubboc_error *err, const char *before, dubboc_slice part, const char *after)
{
    if (err == NULL)
        return DUBBOC_E_PARSE;
    return error_set(err, DUBBOC_E_PARSE, "%s%.*s%s", before, SHOWN_BYTES_MAX, MASKED(part), after);
}

/* Splits "a:b:c", which may be an IPv6 address without brackets, with or without a port. */
static void address_split_bare_ipv6(dubboc_slice text, dubboc_slice *host, dubboc_slice *port)
{
    const char *colon = memrchr(text.at, ':', text.len), *end = text.at + text.len;
    uint64_t ignored;
    *host = address_part(text.at, colon);
    *port = address_part(colon, end);
    bool has_port = host->len > 0 && address_is_ipv6(*host, 0) &&
                    slice_u64(address_part(colon + 1, end), UINT64_MAX, &ignored);
    if (has_port || !address_is_ipv6(text, 0))
        return;
    *host = text;
    port->len = 0;
}

/* Splits an address into host and port. *port keeps its ':', so that "host:" differs from
 * "host". */
static void address_split(dubboc_slice text, unsigned flags, dubboc_slice *host, dubboc_slice *port)
{
    const char *end = text.at + text.len;
    bool is_bracketed = text.at[0] == '[';
    const char *bracket = is_bracketed ? memchr(text.at, ']', text.len) : NULL;
    const char *first = is_bracketed ? NULL : memchr(text.at, ':', text.len);
    if (bracket != NULL) {
        *host = address_part(text.at + 1, bracket);
        *port = address_part(bracket + 1, end);
    } else if ((flags & ADDRESS_BARE_IPV6) != 0 && first != NULL &&
               memchr(first + 1, ':', (size_t)(end - first - 1)) != NULL) {
        address_split_bare_ipv6(text, host, port);
    } else {
        *host = address_part(text.at, first != NULL ? first : end);
        *port = address_part(first != NULL ? first : end, end);
    }
}

static dubboc_status address_read_port(
    dubboc_slice port, unsigned flags, uint16_t *out, dubboc_error *err)
{
    bool is_header = (flags & ADDRESS_HOST_HEADER) != 0;
    uint64_t value = 0;
    if (port.at[0] != ':')
        return address_refuse(err, "\"", port, "\" after the host");
    dubboc_slice digits = slice_make(port.at + 1, port.len - 1);
    if (digits.len == 0 && !is_header)
        return error_set(err, DUBBOC_E_PARSE, "the port is missing after the ':'");
    if (digits.len > 0 && !slice_u64(digits, UINT64_MAX, &value))
        return address_refuse(err, "port \"", digits, "\" is not a number");
    if (value > UINT16_MAX)
        return address_refuse(err, "port ", digits, " is over 65535");
    if (value == 0 && !is_header)
        return error_set(err, DUBBOC_E_PARSE, "the port is 0");
    *out = (uint16_t)value;
    return DUBBOC_OK;
}

static bool address_is_unix(dubboc_slice text)
{
    return slice_starts_with(text, UNIX_PREFIX "/");
}

static dubboc_status address_parse_unix(dubboc_slice text, net_address *address, dubboc_error *err)
{
    const size_t path_max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    dubboc_slice path = slice_make(text.at + strlen(UNIX_PREFIX), text.len - strlen(UNIX_PREFIX));
    if (path.len == 1)
        return error_set(err, DUBBOC_E_PARSE, "the path is missing after " UNIX_PREFIX);
    if (path.len > path_max)
        return error_set(
            err, DUBBOC_E_PARSE, "the path of a unix socket is over %zu bytes", path_max);
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.at[i] < 0x20 || path.at[i] == 0x7F)
            return error_set(err, DUBBOC_E_PARSE,
                "control byte 0x%02x in the path of a unix socket",
                (unsigned)(unsigned char)path.at[i]);
    *address = (net_address){.host = path, .is_unix = true};
    return DUBBOC_OK;
}

dubboc_status address_parse(
    dubboc_slice text, unsigned flags, net_address *address, dubboc_error *err)
{
    dubboc_slice host, port;
    bool is_header = (flags & ADDRESS_HOST_HEADER) != 0;
    if (text.len == 0)
        return error_set(err, DUBBOC_E_PARSE, "the host is missing");
    if (!is_header && address_is_unix(text))
        return address_parse_unix(text, address, err);
    address_split(text, flags, &host, &port);
    if (host.len == 0)
        return error_set(err, DUBBOC_E_PARSE, "the host is missing");
    bool is_bracketed = text.at[0] == '[';
    bool may_be_ipv6 = is_bracketed || (flags & ADDRESS_BARE_IPV6) != 0;
    net_address read = {.host = host, .is_ipv6 = may_be_ipv6 && address_is_ipv6(host, flags)};
    bool is_sound = read.is_ipv6 || (!is_bracketed && address_is_name(host, flags));
    if (!is_sound || (host.len > ADDRESS_HOST_BYTES_MAX && !is_header))
        return address_refuse(err, "invalid host \"", host, "\"");
    dubboc_status status =
        port.len > 0 ? address_read_port(port, flags, &read.port, err) : DUBBOC_OK;
    if (status == DUBBOC_OK)
        *address = read;
    return status;
}

bool address_is_host_header(dubboc_slice text)
{
    net_address ignored;
    return address_parse(text, ADDRESS_HOST_HEADER, &ignored, NULL) == DUBBOC_OK;
}

size_t address_length_in_url(dubboc_slice rest, const char *more_ends)
{
    bool is_unix = address_is_unix(rest);
    size_t at = is_unix ? strlen(UNIX_PREFIX) : 0;
    for (; at < rest.len; at++) {
        char c = rest.at[at];
        bool is_path_end = c == ':' && at + 1 < rest.len && rest.at[at + 1] == '/';
        if (is_unix ? is_path_end : c == '/')
            break;
        if (c != '/' && c != '\0' && strchr(more_ends, c) != NULL)
            break;
    }
    return at;
}

/* --- properties of a host */

bool address_ipv4(dubboc_slice host, uint32_t *value)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr read;
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    if (inet_pton(AF_INET, text, &read) != 1)
        return false;
    *value = ntohl(read.s_addr);
    return true;
}

bool address_is_ip(dubboc_slice text)
{
    uint32_t v4;
    struct in6_addr v6;
    return text.len > 0 && (address_ipv4(text, &v4) || address_read_ipv6(text, &v6));
}

bool address_is_any(const net_address *address)
{
    return address->host.len == 0 || slice_is(address->host, "*") ||
           slice_is(address->host, "0.0.0.0") || slice_is(address->host, "::");
}

/* Writes the canonical text of a host, which is equal for all spellings of the same host. Returns
 * the length of the text. A name that is too long for a host is cut. */
static size_t address_canonical_host(dubboc_slice host, char room[CANONICAL_SIZE])
{
    dubboc_slice number, zone;
    struct in6_addr v6;
    slice_cut(host, '%', &number, &zone);
    if (!address_read_ipv6(number, &v6)) {
        size_t len = host.len < CANONICAL_SIZE ? host.len : CANONICAL_SIZE;
        for (size_t i = 0; i < len; i++)
            room[i] = ascii_lower(host.at[i]);
        return len;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6))
        inet_ntop(AF_INET, &v6.s6_addr[12], room, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, &v6, room, INET6_ADDRSTRLEN);
    size_t len = strlen(room);
    if (zone.len == 0 || zone.len > ADDRESS_HOST_BYTES_MAX - 1)
        return len;
    room[len] = '%';
    memcpy(room + len + 1, zone.at, zone.len);
    return len + 1 + zone.len;
}

bool address_host_equal(dubboc_slice one, dubboc_slice other)
{
    char a[CANONICAL_SIZE], b[CANONICAL_SIZE];
    if (slice_equal(one, other))
        return true;
    if (one.len > ADDRESS_HOST_BYTES_MAX || other.len > ADDRESS_HOST_BYTES_MAX)
        return false;
    return slice_equal(slice_make(a, address_canonical_host(one, a)),
        slice_make(b, address_canonical_host(other, b)));
}

/* --- writing */

static void address_append_parts(buffer *out, dubboc_slice host, bool is_bracketed, uint16_t port)
{
    if (is_bracketed)
        buffer_append_char(out, '[');
    buffer_append_slice(out, host);
    if (is_bracketed)
        buffer_append_char(out, ']');
    if (port == 0)
        return;
    buffer_append_char(out, ':');
    buffer_append_u64(out, port);
}

void address_append(buffer *out, const net_address *address)
{
    if (address->is_unix)
        buffer_append_text(out, UNIX_PREFIX);
    address_append_parts(out, address->host, address->is_ipv6, address->port);
}

char *address_dup(const net_address *address)
{
    buffer text;
    buffer_init(&text, ADDRESS_HOST_BYTES_MAX + 32);
    address_append(&text, address);
    char *made = text.status == DUBBOC_OK ? mem_dup_slice(buffer_slice(&text)) : NULL;
    buffer_fini(&text);
    return made;
}

void address_append_key(buffer *out, const net_address *address)
{
    char room[CANONICAL_SIZE];
    if (address->is_unix) {
        address_append(out, address);
        return;
    }
    dubboc_slice host = slice_make(room, address_canonical_host(address->host, room));
    bool is_ipv6 = host.len > 0 && memchr(host.at, ':', host.len) != NULL;
    address_append_parts(out, host, is_ipv6, address->port);
}

/* --- sockets */

static const char *address_of_unix(const struct sockaddr_un *from, char text[ADDRESS_TEXT_SIZE])
{
    snprintf(text, ADDRESS_TEXT_SIZE, UNIX_PREFIX "%.*s",
        (int)(ADDRESS_TEXT_SIZE - sizeof UNIX_PREFIX), from->sun_path);
    return text;
}

const char *address_of_socket(const struct sockaddr *from, char text[ADDRESS_TEXT_SIZE])
{
    char ip[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
    if (from->sa_family == AF_UNIX)
        return address_of_unix((const struct sockaddr_un *)(const void *)from, text);
    bool is_mapped = from->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
    if (from->sa_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
    else if (is_mapped)
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ip, sizeof ip);
    else
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
    bool is_bracketed = from->sa_family == AF_INET6 && !is_mapped;
    /* The port is at the same offset in both structures. */
    snprintf(text, ADDRESS_TEXT_SIZE, is_bracketed ? "[%s]:%u" : "%s:%u", ip,
        (unsigned)ntohs(v4->sin_port));
    return text;
}

unsigned address_to_socket(const char *ip, uint16_t port, struct sockaddr_storage *to)
{
    char service[8];
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(ip, service, &hints, &found) != 0)
        return 0;
    memcpy(to, found->ai_addr, found->ai_addrlen);
    socklen_t len = found->ai_addrlen;
    freeaddrinfo(found);
    return len;
}

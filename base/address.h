/* Network addresses: "host:port", "[v6]:port", "unix:/path". Every address of the library is
 * parsed, compared and printed here: in URLs, configuration, Host headers and log lines.
 *
 * An address never contains a user or password; the code that parses a URL removes them before.
 * Error texts nevertheless mask what they repeat (base/mask.h), because a text that cannot be
 * parsed may contain anything.
 *
 * Unix sockets are parsed and printed like other addresses. Only transport/ treats them
 * differently: it refuses them ("not in this release"), because it cannot open them yet. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/buffer.h"
#include <dubboc/error.h>

struct sockaddr;
struct sockaddr_storage;

#define ADDRESS_HOST_BYTES_MAX 255
/* enough for any IP address with its port and the NUL */
#define ADDRESS_TEXT_SIZE 64

typedef struct net_address {
    /* The host without brackets, with the zone of an IPv6 address. The path, if the address is a
     * unix socket. Points into the text that was parsed. */
    dubboc_slice host;
    uint16_t port; /* 0: no port was given */
    bool is_ipv6;  /* host is an IPv6 address */
    bool is_unix;  /* host is the path of a unix socket */
} net_address;

/* Flags of address_parse(). Without flags it accepts "host", "host:port", "[v6]", "[v6]:port" and
 * "unix:/path", where a host name consists of letters, digits and "-_.", and port is from 1 to
 * 65535. */
enum {
    /* Also accept an IPv6 address without brackets, as Java Dubbo writes it (wire.md P27). Its last
     * piece is the port if the pieces before it are an address as well. */
    ADDRESS_BARE_IPV6 = 1,
    /* Accept what RFC 9110 allows in a Host header: any reg-name of RFC 3986, "host:" and port 0.
     * Unix sockets are refused. */
    ADDRESS_HOST_HEADER = 2,
};

/* Parses the whole text. Does not allocate. DUBBOC_E_PARSE: err says what is wrong ("the host is
 * missing", "port 70000 is over 65535"), but does not name the whole text. err may be NULL. */
dubboc_status address_parse(
    dubboc_slice text, unsigned flags, net_address *address, dubboc_error *err);

/* Whether text is a valid value of a Host header (ADDRESS_HOST_HEADER). */
bool address_is_host_header(dubboc_slice text);

/* The length of the address at the start of rest, which is the part of a URL behind "://". The
 * address ends at the first '/' or at a byte of more_ends ("?#"). The path of a unix socket
 * contains '/' and ends at ":/" instead, as in "unix:/run/x.sock:/com.acme.Orders". */
size_t address_length_in_url(dubboc_slice rest, const char *more_ends);

/* Sets the port of an address that has none. Does nothing for a unix socket. */
static inline void address_set_default_port(net_address *self, uint16_t port)
{
    if (self->port == 0 && !self->is_unix)
        self->port = port;
}

/* Whether the address is enough to connect: it has a host and a port, or is a unix socket. */
static inline bool address_is_complete(const net_address *self)
{
    return self->host.len > 0 && (self->port > 0 || self->is_unix);
}

/* Whether text is an IPv4 address, or an IPv6 address without brackets and zone. */
bool address_is_ip(dubboc_slice text);

/* Sets *value to the IPv4 address in host byte order. false: host is a name or an IPv6 address. */
bool address_ipv4(dubboc_slice host, uint32_t *value);

/* Whether the host means all addresses of the machine: "", "*", "0.0.0.0", "::". */
bool address_is_any(const net_address *address);

/* Whether both are the same host. Names are compared without case, and IPv6 addresses by value; an
 * IPv4 address equals its IPv4-mapped IPv6 address. Zones are compared as text. */
bool address_host_equal(dubboc_slice one, dubboc_slice other);

/* Appends the address as in a URL: an IPv6 address in brackets, a port only if there is one. Case
 * and spelling of the host are kept. */
void address_append(buffer *out, const net_address *address);
/* The text of address_append(); the caller frees it. NULL: no memory. */
char *address_dup(const net_address *address);

/* Appends a hash table key: equal for addresses with equal hosts (address_host_equal()) and equal
 * ports. */
void address_append_key(buffer *out, const net_address *address);

/* Writes the address of a socket for log lines and error texts; returns text. An IPv4-mapped
 * address is shown as IPv4, and a unix socket as "unix:" and its path, which is cut if it is too
 * long. */
const char *address_of_socket(const struct sockaddr *from, char text[ADDRESS_TEXT_SIZE]);

/* The socket address of an IP address, which may have a zone. Does not ask a name server. Returns
 * the length of *to; 0: ip is not an IP address. */
unsigned address_to_socket(const char *ip, uint16_t port, struct sockaddr_storage *to);

#endif

/* Network addresses: "host:port", "[v6]:port", "unix:/path". Every address of the library is read,
 * compared and printed here: in URLs, configuration, Host headers and log lines.
 *
 * An address never holds a user or a password; whoever reads a URL takes them off first. Still, the
 * error texts mask what they repeat (base/mask.h), because a text that cannot be read may hold
 * anything.
 *
 * Unix sockets are read and printed like the others. transport/ refuses them ("not in this
 * release") since it cannot open them yet, and no other folder tells them apart. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/buffer.h"
#include <dubboc/error.h>

struct sockaddr;
struct sockaddr_storage;

#define ADDRESS_HOST_BYTES_MAX 255
#define ADDRESS_TEXT_SIZE 64 /* room for the text of any IP address, its port and the NUL */

typedef struct net_address {
    dubboc_slice host; /* without brackets, with the zone of an IPv6 address; of a unix socket: its
                          path. Points into the text that was parsed. */
    uint16_t port;     /* 0: none is given */
    bool is_ipv6;      /* host is an IPv6 address */
    bool is_unix;      /* host is the path of a unix socket */
} net_address;

/* What address_parse() accepts besides "host", "host:port", "[v6]", "[v6]:port" and "unix:/path",
 * where host holds letters, digits and "-_." only, and port is from 1 to 65535. */
enum {
    /* An IPv6 address without brackets, as Java Dubbo writes it (wire.md P27). Its last piece is
     * the port if the pieces before it are an address too. */
    ADDRESS_BARE_IPV6 = 1,
    /* What RFC 9110 allows in a Host header: any reg-name of RFC 3986, "host:" and port 0. Unix
     * sockets are refused. */
    ADDRESS_HOST_HEADER = 2,
};

/* Reads the whole text; flags: of the above. Does not allocate. DUBBOC_E_PARSE: err says what is
 * wrong ("no host", "port 70000 is over 65535"), without naming the text that the address is a part
 * of. err may be NULL. */
dubboc_status address_parse(
    dubboc_slice text, unsigned flags, net_address *address, dubboc_error *err);

/* Whether text may stand in a Host header (ADDRESS_HOST_HEADER). */
bool address_is_host_header(dubboc_slice text);

/* The number of bytes of an address at the start of rest, which is what follows the "://" of a URL:
 * up to the first '/' or byte of more_ends ("?#"). The path of a unix socket holds '/' and ends at
 * ":/" instead, as in "unix:/run/x.sock:/com.acme.Orders". */
size_t address_length_in_url(dubboc_slice rest, const char *more_ends);

/* Gives an address without a port that one; unix sockets have none. */
static inline void address_set_default_port(net_address *self, uint16_t port)
{
    if (self->port == 0 && !self->is_unix)
        self->port = port;
}

/* Whether it says all that is needed to connect: a host, and a port unless it is a unix socket. */
static inline bool address_is_complete(const net_address *self)
{
    return self->host.len > 0 && (self->port > 0 || self->is_unix);
}

/* Whether text is an IPv4 address, or an IPv6 address without brackets and without a zone. */
bool address_is_ip(dubboc_slice text);

/* The value of an IPv4 address in host byte order. false: host is a name or an IPv6 address. */
bool address_ipv4(dubboc_slice host, uint32_t *value);

/* Whether the host stands for all addresses of the machine: "", "*", "0.0.0.0", "::". */
bool address_is_any(const net_address *address);

/* Whether both mean the same host: names without regard to case, IPv6 addresses by their value; an
 * IPv4 address equals the IPv6 address that it is mapped to. Zones are compared as text. */
bool address_host_equal(dubboc_slice one, dubboc_slice other);

/* Appends the address as it is written in a URL: IPv6 in brackets, without a port if it has none.
 * For people and for the peer: the host keeps its case and spelling. */
void address_append(buffer *out, const net_address *address);
char *address_dup(const net_address *address); /* the caller's; NULL: no memory */

/* Appends what stands for the address in a hash table: equal for addresses whose hosts are equal
 * (address_host_equal) and whose ports are. */
void address_append_key(buffer *out, const net_address *address);

/* The address of a connection as people read it, in text; returns text. IPv4-mapped addresses are
 * shown as IPv4; a peer on a unix socket is "unix:" and its path, which is cut to the room. */
const char *address_of_socket(const struct sockaddr *from, char text[ADDRESS_TEXT_SIZE]);

/* The socket address of an IP address, which may have a zone; asks no name server. The number of
 * bytes of *to; 0: ip is no IP address. */
unsigned address_to_socket(const char *ip, uint16_t port, struct sockaddr_storage *to);

#endif

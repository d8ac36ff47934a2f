/* Finds the machine's own address from the routes and interfaces of the kernel. Host names of
 * registry servers are resolved on a separate thread, which is left behind if the name server does
 * not answer in time. */
#include "base/own_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/slice.h"
#include "base/thread.h"

/* TEST-NET-1 (RFC 5737): a packet to it takes the default route */
#define WORLD "192.0.2.1"
#define WORLD_PORT 9
#define NAME_LOOKUP_S 1 /* in total, for all servers */
#define HOST_SIZE (ADDRESS_HOST_BYTES_MAX + 1)

/* --- routes */

/* The source address of packets to that address: the kernel chooses it when a UDP socket is
 * connected, which sends nothing. */
static uint32_t source_towards_ipv4(uint32_t to, uint16_t port)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)}, own = {0};
    socklen_t len = sizeof own;
    peer.sin_addr.s_addr = htonl(to);
    int fd = to != 0 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return 0;
    bool is_known = connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0 &&
                    getsockname(fd, (struct sockaddr *)&own, &len) == 0;
    close(fd);
    return is_known ? ntohl(own.sin_addr.s_addr) : 0;
}

static bool host_is_name(const char *host)
{
    uint32_t ignored;
    /* ':' means IPv6 */
    return strchr(host, ':') == NULL && !address_ipv4(slice_of(host), &ignored);
}

/* own_address_view.source_towards without waiting: returns 0 for host names. */
static uint32_t source_towards_known(void *arg, const char *host, uint16_t port)
{
    uint32_t address;
    (void)arg;
    return address_ipv4(slice_of(host), &address) ? source_towards_ipv4(address, port) : 0;
}

/* own_address_view.source_towards that resolves host names; blocks as long as getaddrinfo() does.
 */
static uint32_t source_towards_host(void *arg, const char *host, uint16_t port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    if (!host_is_name(host))
        return source_towards_known(arg, host, port);
    if (getaddrinfo(host, NULL, &hints, &found) != 0 || found == NULL)
        return 0;
    const struct sockaddr_in *first = (const struct sockaddr_in *)(const void *)found->ai_addr;
    uint32_t address = ntohl(first->sin_addr.s_addr);
    freeaddrinfo(found);
    return source_towards_ipv4(address, port);
}

/* --- choosing */

static bool address_is_private(uint32_t address)
{
    return (address >> 24) == 10 || (address >> 20) == (172u << 4 | 1) ||
           (address >> 16) == (192u << 8 | 168);
}

static bool address_is_of_this_machine_or_link(uint32_t address)
{
    return address >> 24 == 127 || address >> 16 == (169u << 8 | 254);
}

/* Returns the address if other machines could use it, else 0. */
static uint32_t address_usable(uint32_t address)
{
    return address_is_of_this_machine_or_link(address) ? 0 : address;
}

/* The IPv4 address of the interface, in host byte order. 0: it has none, is down, or other machines
 * could not use its address. */
static uint32_t interface_address(const struct ifaddrs *interface)
{
    if (interface->ifa_addr == NULL || interface->ifa_addr->sa_family != AF_INET)
        return 0;
    if ((interface->ifa_flags & IFF_UP) == 0 || (interface->ifa_flags & IFF_LOOPBACK) != 0)
        return 0;
    return address_usable(
        ntohl(((const struct sockaddr_in *)(const void *)interface->ifa_addr)->sin_addr.s_addr));
}

static uint32_t interfaces_choose(const struct ifaddrs *all)
{
    uint32_t best = 0;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        uint32_t address = interface_address(one);
        if (address != 0 &&
            (best == 0 || (address_is_private(address) && !address_is_private(best))))
            best = address;
    }
    return best;
}

/* The next host of "host:port,host:port". Servers that cannot be parsed are skipped. false: there
 * is no further one. */
static bool servers_next_host(dubboc_slice *rest, char host[HOST_SIZE])
{
    dubboc_slice text;
    net_address server;
    while (slice_next(rest, ',', &text)) {
        if (address_parse(text, ADDRESS_BARE_IPV6, &server, NULL) != DUBBOC_OK || server.is_unix)
            continue;
        memcpy(host, server.host.at, server.host.len);
        host[server.host.len] = '\0';
        return true;
    }
    return false;
}

/* The source address towards the first server that there is a route to; 0: none. */
static uint32_t servers_source_towards(const own_address_view *view, const char *servers)
{
    dubboc_slice rest = slice_of(servers != NULL ? servers : "");
    char host[HOST_SIZE];
    uint32_t address = 0;
    while (address == 0 && servers_next_host(&rest, host))
        address = address_usable(view->source_towards(view->arg, host, WORLD_PORT));
    return address;
}

static bool servers_have_host_name(const char *servers)
{
    dubboc_slice rest = slice_of(servers != NULL ? servers : "");
    char host[HOST_SIZE];
    while (servers_next_host(&rest, host))
        if (host_is_name(host))
            return true;
    return false;
}

const char *own_address_by(
    const own_address_view *view, const char *servers, char out[OWN_ADDRESS_SIZE])
{
    const char *how = "source address towards the registry";
    uint32_t best = servers_source_towards(view, servers);
    if (best == 0) {
        how = "source address of the default route";
        best = address_usable(view->source_towards(view->arg, WORLD, WORLD_PORT));
    }
    if (best == 0) {
        how = "address of an interface, there is no default route";
        best = interfaces_choose(view->interfaces);
    }
    if (best == 0) {
        how = "loopback address, there is no other";
        best = INADDR_LOOPBACK;
    }
    snprintf(out, OWN_ADDRESS_SIZE, "%u.%u.%u.%u", best >> 24, best >> 16 & 255, best >> 8 & 255,
        best & 255);
    return how;
}

static const char *own_address_of_machine(
    uint32_t (*source_towards)(void *, const char *, uint16_t), const char *servers,
    char out[OWN_ADDRESS_SIZE])
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        all = NULL;
    own_address_view view = {.source_towards = source_towards, .interfaces = all};
    const char *how = own_address_by(&view, servers, out);
    freeifaddrs(all);
    return how;
}

const char *own_address_known(const char *servers, char out[OWN_ADDRESS_SIZE])
{
    return own_address_of_machine(source_towards_known, servers, out);
}

/* --- resolving names with a deadline */

/* The state of a lookup. Shared by the thread that waits and the thread that calls getaddrinfo(),
 * which cannot be interrupted and may return much later. */
typedef struct name_lookup {
    atomic_uint refs;
    char *servers;
    mutex lock; /* guards the fields below */
    condition done;
    const char *how; /* how the address was found; NULL: not done yet */
    char address[OWN_ADDRESS_SIZE];
} name_lookup;

static void name_lookup_unref(name_lookup *self)
{
    if (atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    condition_fini(&self->done);
    mutex_fini(&self->lock);
    free(self->servers);
    free(self);
}

static name_lookup *name_lookup_new(const char *servers)
{
    name_lookup *self = MEM_NEW(name_lookup);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    mutex_init(&self->lock, MUTEX_RANK_OWN_ADDRESS);
    condition_init(&self->done);
    self->servers = mem_dup(servers);
    if (self->servers != NULL)
        return self;
    name_lookup_unref(self);
    return NULL;
}

static void *name_lookup_run(void *arg)
{
    name_lookup *self = arg;
    char address[OWN_ADDRESS_SIZE];
    const char *how = own_address_of_machine(source_towards_host, self->servers, address);
    mutex_lock(&self->lock);
    memcpy(self->address, address, sizeof address);
    self->how = how;
    condition_wake_one(&self->done);
    mutex_unlock(&self->lock);
    name_lookup_unref(self);
    return NULL;
}

static bool name_lookup_start(name_lookup *self)
{
    pthread_t thread;
    atomic_fetch_add(&self->refs, 1);
    if (thread_start(&thread, name_lookup_run, self, "own-address", NULL) != DUBBOC_OK) {
        name_lookup_unref(self);
        return false;
    }
    pthread_detach(thread);
    return true;
}

/* Waits for the result. NULL: there is no result after NAME_LOOKUP_S. */
static const char *name_lookup_wait(name_lookup *self, char out[OWN_ADDRESS_SIZE])
{
    int64_t deadline_ns = clock_now_ns() + NAME_LOOKUP_S * NS_PER_S;
    mutex_lock(&self->lock);
    while (self->how == NULL && condition_wait(&self->done, &self->lock, deadline_ns))
        continue;
    const char *how = self->how;
    if (how != NULL)
        memcpy(out, self->address, OWN_ADDRESS_SIZE);
    mutex_unlock(&self->lock);
    return how;
}

const char *own_address(const char *servers, char out[OWN_ADDRESS_SIZE])
{
    const char *how = NULL;
    name_lookup *lookup = servers_have_host_name(servers) ? name_lookup_new(servers) : NULL;
    if (lookup != NULL) {
        if (name_lookup_start(lookup))
            how = name_lookup_wait(lookup, out);
        name_lookup_unref(lookup);
    }
    return how != NULL ? how : own_address_known(servers, out);
}

/* --- searching in the background */

struct own_address_search {
    atomic_uint refs; /* the caller and the thread hold one reference each */
    char *servers;
    mutex lock;              /* held while on_found is called */
    own_address_fn on_found; /* NULL: cancelled */
    void *arg;
};

static void own_address_search_unref(own_address_search *self)
{
    if (atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    mutex_fini(&self->lock);
    free(self->servers);
    free(self);
}

static void *own_address_search_run(void *arg)
{
    own_address_search *self = arg;
    char address[OWN_ADDRESS_SIZE];
    own_address(self->servers, address);
    mutex_lock(&self->lock);
    if (self->on_found != NULL)
        self->on_found(self->arg, address);
    mutex_unlock(&self->lock);
    own_address_search_unref(self);
    return NULL;
}

own_address_search *own_address_search_start(
    const char *servers, own_address_fn on_found, void *arg)
{
    own_address_search *self = servers_have_host_name(servers) ? MEM_NEW(own_address_search) : NULL;
    pthread_t thread;
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 2);
    mutex_init(&self->lock, MUTEX_RANK_OWN_ADDRESS);
    self->on_found = on_found;
    self->arg = arg;
    self->servers = mem_dup(servers);
    if (self->servers != NULL &&
        thread_start(&thread, own_address_search_run, self, "own-address", NULL) == DUBBOC_OK) {
        pthread_detach(thread);
        return self;
    }
    own_address_search_unref(self);
    own_address_search_unref(self);
    return NULL;
}

void own_address_search_cancel(own_address_search *self)
{
    if (self == NULL)
        return;
    mutex_lock(&self->lock);
    self->on_found = NULL;
    mutex_unlock(&self->lock);
    own_address_search_unref(self);
}

#include "registry/own_address.h"

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

#include "base/mem.h"
#include "base/slice.h"
#include "registry/registry_ops.h"

#define WORLD "192.0.2.1" /* TEST-NET-1 (RFC 5737): the route to it is the default route */
#define WORLD_PORT 9
#define NAME_LOOKUP_S 1

/* --- looking up a name, with an end */

/* Shared by who waits and the thread that asks the name server, who may come back much later. */
typedef struct name_lookup {
    atomic_uint refs;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    uint32_t address; /* host byte order; 0: there is none */
    char *host;
} name_lookup;

static void name_lookup_unref(name_lookup *self)
{
    if (atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    pthread_cond_destroy(&self->done);
    pthread_mutex_destroy(&self->lock);
    free(self->host);
    free(self);
}

static name_lookup *name_lookup_new(const char *host)
{
    name_lookup *self = MEM_NEW(name_lookup);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    self->host = mem_dup(host);
    if (self->host != NULL)
        return self;
    name_lookup_unref(self);
    return NULL;
}

static void *name_lookup_run(void *arg)
{
    name_lookup *self = arg;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    uint32_t address = 0;
    if (getaddrinfo(self->host, NULL, &hints, &found) == 0 && found != NULL) {
        address = ntohl(((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr.s_addr);
        freeaddrinfo(found);
    }
    pthread_mutex_lock(&self->lock);
    self->address = address;
    self->is_done = true;
    pthread_cond_signal(&self->done);
    pthread_mutex_unlock(&self->lock);
    name_lookup_unref(self);
    return NULL;
}

static uint32_t name_lookup_wait(name_lookup *self)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += NAME_LOOKUP_S;
    pthread_mutex_lock(&self->lock);
    int failed = 0;
    while (!self->is_done && failed == 0)
        failed = pthread_cond_timedwait(&self->done, &self->lock, &until);
    uint32_t address = self->address;
    pthread_mutex_unlock(&self->lock);
    return address;
}

/* 0: no such host, or it cannot be found out in time. */
static uint32_t look_up_host(const char *host)
{
    struct in_addr plain;
    pthread_t thread;
    if (inet_pton(AF_INET, host, &plain) == 1)
        return ntohl(plain.s_addr);
    name_lookup *lookup = strchr(host, ':') == NULL ? name_lookup_new(host) : NULL; /* ':' is IPv6 */
    if (lookup == NULL)
        return 0;
    atomic_fetch_add(&lookup->refs, 1);
    uint32_t address = 0;
    if (registry_thread_start(&thread, name_lookup_run, lookup, "own-address") == 0) {
        pthread_detach(thread);
        address = name_lookup_wait(lookup);
    } else {
        name_lookup_unref(lookup);
    }
    name_lookup_unref(lookup);
    return address;
}

/* A UDP socket that is connected has a source address, and sends nothing. */
static uint32_t real_source_towards(void *arg, const char *host, uint16_t port)
{
    (void)arg;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)}, own = {0};
    socklen_t len = sizeof own;
    uint32_t to = look_up_host(host);
    peer.sin_addr.s_addr = htonl(to);
    int fd = to != 0 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return 0;
    bool is_known =
        connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0 && getsockname(fd, (struct sockaddr *)&own, &len) == 0;
    close(fd);
    return is_known ? ntohl(own.sin_addr.s_addr) : 0;
}

/* --- choosing */

static bool is_private(uint32_t address)
{
    return (address >> 24) == 10 || (address >> 20) == (172u << 4 | 1) || (address >> 16) == (192u << 8 | 168);
}

static bool is_of_this_machine_or_link(uint32_t address)
{
    return address >> 24 == 127 || address >> 16 == (169u << 8 | 254);
}

/* The address if others could use it, else 0. */
static uint32_t usable(uint32_t address)
{
    return is_of_this_machine_or_link(address) ? 0 : address;
}

/* The interface's IPv4 address in host order; 0: it has none, is down, or nobody else could use it. */
static uint32_t usable_address(const struct ifaddrs *interface)
{
    if (interface->ifa_addr == NULL || interface->ifa_addr->sa_family != AF_INET)
        return 0;
    if ((interface->ifa_flags & IFF_UP) == 0 || (interface->ifa_flags & IFF_LOOPBACK) != 0)
        return 0;
    return usable(ntohl(((const struct sockaddr_in *)(const void *)interface->ifa_addr)->sin_addr.s_addr));
}

static uint32_t choose_of_interfaces(const struct ifaddrs *all)
{
    uint32_t best = 0;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        uint32_t address = usable_address(one);
        if (address != 0 && (best == 0 || (is_private(address) && !is_private(best))))
            best = address;
    }
    return best;
}

/* The first of "host:port,host:port" that there is a route to. */
static uint32_t source_towards_any(const own_address_view *view, const char *servers)
{
    dubboc_slice rest = slice_of(servers != NULL ? servers : ""), server;
    uint32_t address = 0;
    while (address == 0 && slice_next(&rest, ',', &server)) {
        char host[256];
        const char *colon = memrchr(server.at, ':', server.len);
        size_t len = colon != NULL ? (size_t)(colon - server.at) : server.len;
        if (len == 0 || len >= sizeof host)
            continue;
        memcpy(host, server.at, len);
        host[len] = '\0';
        address = usable(view->source_towards(view->arg, host, WORLD_PORT));
    }
    return address;
}

const char *own_address_by(const own_address_view *view, const char *servers, char out[OWN_ADDRESS_SIZE])
{
    const char *how = "source address towards the registry";
    uint32_t best = source_towards_any(view, servers);
    if (best == 0) {
        how = "source address of the default route";
        best = usable(view->source_towards(view->arg, WORLD, WORLD_PORT));
    }
    if (best == 0) {
        how = "address of an interface, there is no default route";
        best = choose_of_interfaces(view->interfaces);
    }
    if (best == 0) {
        how = "there is no other address";
        best = INADDR_LOOPBACK;
    }
    snprintf(out, OWN_ADDRESS_SIZE, "%u.%u.%u.%u", best >> 24, best >> 16 & 255, best >> 8 & 255, best & 255);
    return how;
}

const char *own_address(const char *servers, char out[OWN_ADDRESS_SIZE])
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        all = NULL;
    own_address_view view = {.source_towards = real_source_towards, .interfaces = all};
    const char *how = own_address_by(&view, servers, out);
    freeifaddrs(all);
    return how;
}

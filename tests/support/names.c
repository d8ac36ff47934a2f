#include "tests/support/names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

static atomic_bool lets_slow_names_go;
static atomic_int asked, asked_for_own_address, waiting;

int names_asked(void)
{
    return atomic_load(&asked);
}

int names_waiting(void)
{
    return atomic_load(&waiting);
}

int names_asked_for_own_address(void)
{
    return atomic_load(&asked_for_own_address);
}

/* Only base/own_address.c calls getaddrinfo() with such arguments. */
static bool is_for_own_address(const char *service, const struct addrinfo *hints)
{
    return service == NULL && hints != NULL && hints->ai_socktype == SOCK_DGRAM;
}

void names_let_go(bool lets_go)
{
    atomic_store(&lets_slow_names_go, lets_go);
}

__attribute__((visibility("default"))) /* exported for libcurl */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (strncmp(name, "unknown", 7) == 0)
        return EAI_NONAME;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strncmp(name, "slow", 4) != 0)
        return real(name, service, hints, result);
    if (is_for_own_address(service, hints))
        atomic_fetch_add(&asked_for_own_address, 1);
    atomic_fetch_add(&asked, 1);
    atomic_fetch_add(&waiting, 1);
    while (!atomic_load(&lets_slow_names_go))
        poll(NULL, 0, 5);
    atomic_fetch_sub(&waiting, 1);
    return EAI_NONAME;
}

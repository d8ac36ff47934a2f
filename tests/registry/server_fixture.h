/* Shared by the tests of the ZooKeeper registry with a real server: one interface, one URL and its
 * node, a listener that records its calls, and conditions to wait for. */
#ifndef TESTS_REGISTRY_SERVER_FIXTURE_H
#define TESTS_REGISTRY_SERVER_FIXTURE_H

#include "tests/support/test.h"

#include <pthread.h>

#include "base/clock.h"
#include "registry/registry.h"
#include "tests/support/zookeeper_client.h"
#include "tests/support/zookeeper_server.h"

#define INTERFACE "com.dubboc.EchoService"
#define DIRECTORY "/dubbo/" INTERFACE "/providers"
#define URL "jsonrpc://10.0.0.1:8080/" INTERFACE "?side=provider&timestamp=1"
#define NODE                                                                                       \
    DIRECTORY "/jsonrpc%3A%2F%2F10.0.0.1%3A8080%2F" INTERFACE "%3Fside%3Dprovider%26timestamp%3D1"
#define SESSION_MS 1000
#define LIMIT_MS 20000

/* The last snapshot that a listener received. */
typedef struct watched {
    pthread_mutex_t lock;
    int calls;
    size_t count;
    char first[256];
    char data[64];
    bool has_data;
    size_t wanted;
    const char *wanted_data;
    /* if not NULL, the listener makes a look-up in this registry */
    registry *lookup_in;
    bool has_looked_up;
} watched;

#define WATCHED                                                                                    \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

registry *open_as(const registry_settings *settings);
registry *open_at(const char *address, int64_t self_check_ms);
registry *open_registry(void); /* connects to the shared server */

/* The listener functions; arg is a watched. */
void keep_snapshot(void *arg, const registry_snapshot *snapshot);
void keep_data(void *arg, const char *path, const char *data, size_t len);

registry_registration *register_at(registry *self, const char *url);
registry_subscription *subscribe_at(registry *self, watched *into);

/* Returns the id of the registry's present session; 0: no session. */
int64_t session_of(registry *self);

/* Conditions for wait_until(); arg is a watched, a registry, a registration or a seen. */
bool has_wanted_data(void *arg);
bool is_connected(void *arg);
bool is_disconnected(void *arg);
bool is_registered(void *arg);

/* NODE, as another ZooKeeper client sees it. */
typedef struct seen {
    zookeeper_client *client;
    registry *owner;
    int64_t former; /* a node of this session is not accepted */
} seen;
/* the node exists and belongs to the present session of the owner */
bool node_is_ours(void *arg);
bool node_is_gone(void *arg);

#define wait_until(condition, arg) assert_true(test_wait_for((condition), (arg), LIMIT_MS))
#define wait_for_count(w, n) wait_for_count_(w, n, __FILE__, __LINE__)
void wait_for_count_(watched *self, size_t count, const char *file, int line);

int64_t elapsed_ms(int64_t since_ns);

/* Frees the registry, and checks that this takes no longer than registry_free() promises. */
#define assert_freed_in_time(self) assert_freed_in_time_(self, __FILE__, __LINE__)
void assert_freed_in_time_(registry *self, const char *file, int line);

#endif

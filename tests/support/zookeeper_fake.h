/* A ZooKeeper adapter without ZooKeeper. It records the requests of the session, and the test
 * answers them at any time and with any result. The test also sets the time. */
#ifndef TESTS_SUPPORT_ZOOKEEPER_FAKE_H
#define TESTS_SUPPORT_ZOOKEEPER_FAKE_H

#include "registry/zookeeper/session.h"

typedef enum fake_kind {
    FAKE_CREATE,
    FAKE_CREATE_EPHEMERAL,
    FAKE_REMOVE,
    FAKE_EXISTS,
    FAKE_CHILDREN,
    FAKE_DATA,
    FAKE_MULTI
} fake_kind;

#define FAKE_OPS_MAX 16

typedef struct fake_request {
    fake_kind kind;
    uint64_t cookie;
    uint64_t generation;
    char path[256]; /* FAKE_MULTI: "create a remove b", with the last part of each path */
    bool watch;
    struct { /* the operations of FAKE_MULTI */
        bool is_create;
        char path[128];
    } ops[FAKE_OPS_MAX];
    size_t op_count;
} fake_request;

#define FAKE_REQUESTS_MAX 4096
#define FAKE_SUBSCRIBERS_MAX 16

typedef struct fake {
    zk_port port;
    zk_session *session;
    int64_t now_ns;
    fake_request requests[FAKE_REQUESTS_MAX]; /* not yet answered, oldest first */
    size_t request_count;
    uint64_t generation; /* of the open handle; 0: no handle is open */
    int opens, closes;
    int refused_opens;
    bool refuses_open, refuses_requests, refuses_probe;
    int probes; /* how many probes the session has started */
    /* what the session has reported */
    bool is_connected;
    int nodes_gone, subscribers_gone, readings, lookups;
    zk_reading *reading; /* the last reading of a subscriber or a look-up */
    struct {
        const zk_subscriber *subscriber;
        zk_reading *reading;
    } last[FAKE_SUBSCRIBERS_MAX];
    char reason[128]; /* why the last look-up failed */
    /* memory that a test may use for the session, which borrows these objects */
    zk_node node, second_node;
    zk_subscriber subscriber, second_subscriber;
    zk_lookup lookup, second_lookup;
} fake;

fake *fake_new(int64_t timeout_ms, int64_t self_check_ms);
void fake_free(fake *self);

/* Lets ms pass and does what is due. */
void fake_pass_ms(fake *self, int64_t ms);

/* Reports news about the session of the open handle. */
void fake_session(fake *self, zk_session_news news, int64_t session_id, int64_t timeout_ms);

/* Opens and connects. Most tests begin with this. */
void fake_connect(fake *self, int64_t session_id);

/* fake_expect() removes the oldest request, which must have this kind and path, and returns it.
 * fake_answer() and the functions after it answer a request. */
fake_request fake_expect(fake *self, fake_kind kind, const char *path);
fake_request fake_expect_any(fake *self, fake_kind kind, const char *path); /* at any position */
void fake_answer(fake *self, fake_request request, zk_answer answer);
void fake_answer_failed_at(fake *self, fake_request request, zk_answer answer, size_t failed_at);
void fake_answer_owner(fake *self, fake_request request, int64_t owner);
void fake_answer_list(fake *self, fake_request request, const char *names); /* "a b c" */
void fake_answer_data(fake *self, fake_request request, const char *data);

/* fake_expect() and fake_answer() in one call. */
void fake_expect_answer(fake *self, fake_kind kind, const char *path, zk_answer answer);

/* Reports that a watch has fired. */
void fake_change(fake *self, const char *path);

/* Reports the end of a probe. */
void fake_probed(fake *self, const char *reason, bool is_reachable);
void fake_awaited(fake *self, int64_t timeout_ms); /* a caller waits for at most timeout_ms */

/* Reports that a handle that the session gave up is closed. */
void fake_closed(fake *self);

/* Send commands to the session. Nodes, subscribers and look-ups belong to the test; paths are
 * copied. */
void fake_command(fake *self, zk_event_kind kind, void *object);
void fake_register(fake *self, zk_node *node, const char *path);
void fake_register_consumer(fake *self, zk_node *node, const char *path);
void fake_register_alone(
    /* for a node with an identity */
    fake *self, zk_node *node, const char *path, const char *identity);
/* fake_register_together() puts the nodes into one batch and registers them with one event.
 * fake_unregister_together() removes the nodes with one event. */
void fake_register_together(
    fake *self, zk_node *const *nodes, const char *const *paths, size_t count);
void fake_unregister_together(fake *self, zk_node *const *nodes, size_t count);
void fake_subscribe(fake *self, zk_subscriber *subscriber, const char *path, bool is_data);
void fake_look_up(fake *self, zk_lookup *lookup, const char *path, int64_t timeout_ms);

/* Returns the last reading that the subscriber got; NULL: none. */
const zk_reading *fake_reading_of(const fake *self, const zk_subscriber *subscriber);

#endif

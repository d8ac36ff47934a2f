/* A ZooKeeper adapter without ZooKeeper: it records the requests of the session, and the test
 * answers them, when and how it wants. The test also sets the time. */
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
    char path[256]; /* multi: "create a remove b", with the last part of each path */
    bool watch;
    struct { /* multi */
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
    uint64_t generation; /* of the open handle, 0: none */
    int opens, closes;
    int refused_opens;
    bool refuses_open, refuses_requests, refuses_probe;
    int probes; /* asked for */
    /* what the session told */
    bool is_connected;
    int nodes_gone, subscribers_gone, readings, lookups;
    zk_reading *reading; /* the last */
    struct {
        const zk_subscriber *subscriber;
        zk_reading *reading;
    } last[FAKE_SUBSCRIBERS_MAX];
    char reason[128]; /* of the last failed lookup */
    /* for tests that need some: what is lent to the session has to live as long as it */
    zk_node node, second_node;
    zk_subscriber subscriber, second_subscriber;
    zk_lookup lookup, second_lookup;
} fake;

fake *fake_new(int64_t timeout_ms, int64_t self_check_ms);
void fake_free(fake *self);

/* Time passes; what is due is done. */
void fake_pass_ms(fake *self, int64_t ms);

/* News of the session of the open handle. */
void fake_session(fake *self, zk_session_news news, int64_t session_id, int64_t timeout_ms);

/* Opens and connects: what most tests begin with. */
void fake_connect(fake *self, int64_t session_id);

/* Takes the oldest request out, which must be this one; answers it. */
fake_request fake_expect(fake *self, fake_kind kind, const char *path);
fake_request fake_expect_any(fake *self, fake_kind kind, const char *path); /* wherever it stands */
void fake_answer(fake *self, fake_request request, zk_answer answer);
void fake_answer_failed_at(fake *self, fake_request request, zk_answer answer, size_t failed_at);
void fake_answer_owner(fake *self, fake_request request, int64_t owner);
void fake_answer_list(fake *self, fake_request request, const char *names); /* "a b c" */
void fake_answer_data(fake *self, fake_request request, const char *data);

/* Both at once. */
void fake_expect_answer(fake *self, fake_kind kind, const char *path, zk_answer answer);

/* A watch fires. */
void fake_change(fake *self, const char *path);

/* A probe has come to its end. */
void fake_probed(fake *self, const char *reason, bool is_reachable);
void fake_awaited(fake *self, int64_t timeout_ms); /* by somebody who waits so long */

/* A handle that was given up is closed. */
void fake_closed(fake *self);

/* Commands; nodes, subscribers and lookups are the test's, paths are copied. */
void fake_command(fake *self, zk_event_kind kind, void *object);
void fake_register(fake *self, zk_node *node, const char *path);
void fake_register_consumer(fake *self, zk_node *node, const char *path);
void fake_register_alone(
    /* whose address is the registry's own */
    fake *self, zk_node *node, const char *path, const char *identity);
/* Puts them into one batch and registers them by one event; takes those back by one event. */
void fake_register_together(
    fake *self, zk_node *const *nodes, const char *const *paths, size_t count);
void fake_unregister_together(fake *self, zk_node *const *nodes, size_t count);
void fake_subscribe(fake *self, zk_subscriber *subscriber, const char *path, bool is_data);
void fake_look_up(fake *self, zk_lookup *lookup, const char *path, int64_t timeout_ms);

/* What that subscriber was told last; NULL: nothing. */
const zk_reading *fake_reading_of(const fake *self, const zk_subscriber *subscriber);

#endif

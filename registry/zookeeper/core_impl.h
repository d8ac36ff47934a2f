/* What the parts of the core (session, nodes, watches) share. Nobody else includes this. */
#ifndef REGISTRY_ZOOKEEPER_CORE_IMPL_H
#define REGISTRY_ZOOKEEPER_CORE_IMPL_H

#include "base/log.h"
#include "registry/zookeeper/core.h"

#define SLOTS 256     /* requests in flight; more wait in the heap */
#define HANDLES_MAX 4 /* handles that are open or still closing; more wait */
#define WATCH_BUCKETS 1024
#define RETRY_MIN_MS 250 /* after a failed request or handle, doubling */
#define RETRY_MAX_MS 10000
#define TOO_BIG_MIN_MS 5000 /* after an unreadable list, doubling (traps.md Z11) */
#define TOO_BIG_MAX_MS 60000
#define LOST_READINGS_MAX 3 /* after so many, reading it is taken for the reason */
#define LOST_MULTIS_MAX 3   /* the same of registering together */
#define READ_EVERY_MS 50    /* changes of one directory within this time are read together */
#define CLOSING_MS 1000     /* for deleting what stands before the session is closed */

typedef enum zk_state {
    BACKOFF,
    CONNECTING,
    CONNECTED,
    SUSPENDED,
    CLOSING,
    CLOSED,
    STATES
} zk_state;

typedef struct slot {
    zk_task *task; /* NULL: free, or its task is no more */
    uint32_t serial;
    bool is_busy;
} slot;

typedef struct zk_watch {
    zk_task task;
    struct zk_watch *next_in_bucket;
    char *path;
    bool is_data;
    unsigned phase;
    unsigned lost;         /* readings in a row during which the connection was lost */
    bool is_changed;       /* since the request under way was sent */
    int64_t read_after_ns; /* no sooner than this */
    zk_reading *reading;   /* the last one, NULL: none yet */
    zk_subscriber *subscribers;
} zk_watch;

/* That ZooKeeper is away, and what has been said about it (away.c). */
typedef struct zk_away {
    int64_t since_ns; /* 0: it is not */
    int64_t next_ns;  /* when something is to be found out or said */
    bool is_told;
    bool is_probing;
    char reason[448]; /* what the last probe found; core->trouble may be this */
} zk_away;

struct zk_core {
    zk_port *port;
    const zk_core_out *out;
    void *out_arg;
    zk_core_settings settings;
    zk_state state;
    int64_t now_ns;
    int64_t timer_ns;      /* the state's */
    int64_t check_ns;      /* the next self check */
    uint64_t generation;   /* of the handle; 0: none */
    uint64_t generations;  /* given so far */
    unsigned open_handles; /* opened and not yet reported closed */
    unsigned failures;     /* of handles in a row */
    int64_t session_id;    /* 0: none */
    int64_t session_timeout_ms;
    int64_t news_session_id; /* of the event that is being handled */
    int64_t news_timeout_ms;
    const char *trouble;   /* why it is not connected */
    bool is_trouble_clear; /* it says enough; no probe would say more */
    zk_away away;
    uint64_t random;
    slot slots[SLOTS];
    size_t slots_busy;
    size_t slot_hint;
    zk_heap heap;
    zk_node *nodes;
    size_t nodes_waiting; /* for the directories of their interfaces */
    zk_lookup *lookups;
    zk_watch *watches[WATCH_BUCKETS];
};

/* Requests: false when none was sent, then the task tries again later. At most one a task. */
bool zk_core_send_create(zk_core *core, zk_task *task, const char *path, bool ephemeral);
bool zk_core_send_remove(zk_core *core, zk_task *task, const char *path);
bool zk_core_send_multi(zk_core *core, zk_task *task, const zk_op *ops, size_t count);
bool zk_core_send_exists(zk_core *core, zk_task *task, const char *path, bool watch);
bool zk_core_send_children(zk_core *core, zk_task *task, const char *path, bool watch);
bool zk_core_send_data(zk_core *core, zk_task *task, const char *path, bool watch);

/* When the task is due; and after a failure, with growing pauses. */
void zk_core_now(zk_core *core, zk_task *task);
void zk_core_retry(zk_core *core, zk_task *task, int64_t min_ms, int64_t max_ms);

/* Takes the task out of everything: no answer reaches it any more. */
void zk_core_forget(zk_core *core, zk_task *task);

static inline bool task_is_busy(const zk_task *task)
{
    return task->slot != ZK_NO_SLOT;
}

/* For the log: why a request failed. */
static inline const char *zk_event_reason(const zk_event *event)
{
    return event->answer == ZK_NO_MEMORY ? "no memory" : zk_code_text(event->code);
}

/* Whether nodes that were created may stand now or come back with the connection. */
static inline bool zk_core_has_session(const zk_core *core)
{
    return core->session_id != 0;
}

/* Creating a path level by level: the length of the first level of path (len bytes) beyond made_len
 * bytes. */
size_t zk_path_next_level(const char *path, size_t len, size_t made_len);
bool zk_core_send_level(zk_core *core, zk_task *task, const char *path, size_t len);

/* nodes: the first of those that are added or taken back together */
void zk_nodes_add(zk_core *core, zk_node *first);
void zk_nodes_remove(zk_core *core, zk_node *first);
/* the same session is back, or a self check: look at each */
void zk_nodes_look(zk_core *core);
void zk_nodes_changed(zk_core *core, const char *path); /* what stands there came or went */
void zk_nodes_lose_session(zk_core *core);              /* all are gone */
void zk_nodes_unwant(zk_core *core);                    /* take back all */
void zk_nodes_give_back(zk_core *core);

/* What a node of a batch needs of it. */
typedef enum zk_need {
    ZK_NEEDS_NOTHING,
    ZK_NEEDS_TIME, /* it has something to do by itself first */
    ZK_NEEDS_CREATE,
    ZK_NEEDS_DELETE
} zk_need;
zk_need zk_node_need(const zk_node *node);
void zk_node_answered(zk_core *core, zk_node *node, const zk_event *event);
/* A multi with this node in it failed because of another one. other: what the answer was about a
 * node before this one; ZK_OK: nothing was wrong up to this one. */
void zk_node_not_done(zk_core *core, zk_node *node, zk_answer other);

/* Batches: a node may be ready; the session has ended; the node is given back. */
void zk_batch_wake(zk_core *core, zk_batch *batch);
void zk_batch_forget(zk_core *core, zk_batch *batch);
void zk_batch_leave(zk_core *core, zk_node *node);

/* Saying that it is away. */
void zk_away_begin(zk_core *core); /* not connected; once more says nothing more */
void zk_away_hasten(zk_core *core, int64_t deadline_ns);
void zk_away_end(zk_core *core);
void zk_away_tick(zk_core *core);
void zk_away_probed(zk_core *core, const zk_event *event);

/* leftovers of a node: remove them now if that was never done; let them be */
void zk_leftovers_init(zk_node *node);
void zk_leftovers_remove(zk_core *core, zk_node *node);
void zk_leftovers_forget(zk_core *core, zk_node *node);

/* watches and lookups */
void zk_watches_subscribe(zk_core *core, zk_subscriber *subscriber);
void zk_watches_unsubscribe(zk_core *core, zk_subscriber *subscriber);
void zk_watches_refresh(zk_core *core, zk_subscriber *subscriber);
void zk_watches_changed(zk_core *core, const char *path, bool of_children, bool of_data);
void zk_watches_read_all(zk_core *core); /* connected: whatever the watches say */
void zk_watches_give_back(zk_core *core);
void zk_lookups_add(zk_core *core, zk_lookup *lookup);
void zk_lookups_expire(zk_core *core);
int64_t zk_lookups_next_ns(const zk_core *core);
void zk_lookups_resend(zk_core *core);
void zk_lookups_fail(zk_core *core, const char *reason);

#endif

/* What is known of a call while it runs; shared by the files that take it from step to step
 * (client/call.h). */
#ifndef CLIENT_CALL_STATE_H
#define CLIENT_CALL_STATE_H

#include "client/client.h"
#include "client/judge.h"
#include "client/reference.h"
#include "transport/http_client_pool.h"

/* Whatever the settings say; also how many providers are remembered as tried. */
#define CALL_ATTEMPTS_MAX 64

typedef enum call_state {
    CALL_BEGINS,
    CALL_AWAITS_LIST,  /* of providers */
    CALL_PICKS,        /* a provider is to be picked */
    CALL_TAKES,        /* a connection of the attempt's provider is to be taken */
    CALL_LOOKS_AROUND, /* that provider is full: one with room is to be found */
    CALL_QUEUES,       /* all are full: waits for a connection */
    CALL_OPENS,
    CALL_EXCHANGES,
    CALL_PAUSES, /* before it is repeated */
    CALL_IS_OVER
} call_state;

/* Who set the time-out of a call. */
typedef enum timeout_source {
    TIMEOUT_FROM_CLIENT, /* dubboc_client_options or [client] */
    TIMEOUT_FROM_NODE,   /* or what stands behind the '?' of a url */
    TIMEOUT_FROM_REFERENCE,
    TIMEOUT_FROM_OVERRIDE,
    TIMEOUT_FROM_CALL
} timeout_source;

/* One try to have the call answered, at one provider. */
typedef struct attempt {
    pick held;
    bool is_held;
    const dialect *dialect;
    /* NULL: none yet. It stays until the provider is let go, since the reply stands in it. */
    http_client_connection *connection;
    bool has_place;      /* of a connection that is to be opened */
    pick_outcome health; /* what it says of the provider's health */
    jsonrpc_reply reply; /* DUBBOC_OK and DUBBOC_E_REMOTE; borrowed from the connection */
} attempt;

typedef struct call {
    /* what was asked for; borrowed */
    dubboc_client *client;
    const char *interface;
    dubboc_slice method;
    dubboc_slice params; /* checked JSON text */
    dubboc_call_options own_options;
    const dubboc_call_options *options; /* = &own_options */
    dubboc_error *err;                  /* NULL: not wanted */
    waiter *waiter;                     /* the driver's; woken when a step is worth taking */

    /* resolved (client/call_settings.h) */
    reference *reference; /* NULL: the call has a url of its own */
    direct_hold direct;   /* of that url */
    directory *directory;
    const char *load_balance;
    int idempotent;      /* what the consumer says: 1: it may run twice, 0: not, -1: nothing */
    bool timeout_is_set; /* by call or reference: then the node's is not looked at */
    bool retries_are_set;
    int64_t begun_ns;
    int64_t deadline_ns;
    int64_t timeout_ms; /* what deadline_ns was made of */
    timeout_source timeout_from;
    int retries_left;
    uint32_t id;
    counter_slot *counters;

    /* where it is */
    call_state state;
    readiness_wait list_wait; /* CALL_AWAITS_LIST */
    attempt attempt;
    unsigned picks;
    unsigned sent;         /* attempts of which something left */
    int64_t wait_until_ns; /* CALL_WANTS_WAKE: not longer than this */
    int64_t backoff_ms;
    size_t tried_count;
    uint64_t room_ticket; /* its order among calls that wait for a connection; 0: never waited */

    /* how it ended */
    dubboc_status status;
    int32_t http_status; /* of the attempt that status is of; 0: no reply */
    dubboc_execution execution;

    /* the long ones, at the end so that a beginning call need not wipe them */
    room_wait room;                          /* CALL_QUEUES */
    provider *tried[CALL_ATTEMPTS_MAX];      /* compared, never looked into */
    char reasons[DUBBOC_ERROR_TEXT_MAX / 2]; /* what each failed attempt said */
    char timeout_node[256];                  /* TIMEOUT_FROM_NODE: the provider's address */
} call;

#endif

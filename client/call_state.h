/* The state of a call while it runs. Shared by the files that implement it; client/call.h is the
 * interface for drivers. */
#ifndef CLIENT_CALL_STATE_H
#define CLIENT_CALL_STATE_H

#include "client/client.h"
#include "client/judge.h"
#include "client/reference.h"
#include "transport/http_client_pool.h"

/* Upper bound for the attempts of one call, whatever the settings say. Also the number of providers
 * that a call can remember as tried. */
#define CALL_ATTEMPTS_MAX 64

typedef enum call_state {
    CALL_BEGINS,
    CALL_AWAITS_LIST, /* waits for the first list of providers */
    CALL_PICKS,       /* will pick a provider */
    /* will take a connection to the picked provider */
    CALL_TAKES,
    /* all connections to that provider are in use: will look for another provider with room */
    CALL_LOOKS_AROUND,
    CALL_QUEUES,    /* all providers are full: waits in their queues for a connection */
    CALL_OPENS,     /* a connection is being opened */
    CALL_EXCHANGES, /* the HTTP exchange is under way */
    CALL_PAUSES,    /* waits before the next attempt */
    CALL_IS_OVER
} call_state;

/* Who set the time-out of a call. */
typedef enum timeout_source {
    TIMEOUT_FROM_CLIENT, /* dubboc_client_options or [client] */
    TIMEOUT_FROM_NODE,   /* or the query part (after '?') of a URL given by the user */
    TIMEOUT_FROM_REFERENCE,
    TIMEOUT_FROM_OVERRIDE,
    TIMEOUT_FROM_CALL
} timeout_source;

/* One attempt to get the call answered, by one provider. */
typedef struct attempt {
    /* The picked provider; valid while is_held. */
    pick held;
    bool is_held;
    const dialect *dialect;
    /* NULL: none yet. Kept until the provider is released, because the reply is stored in it. */
    http_client_connection *connection;
    bool has_place;      /* has the right to open a connection, not used yet */
    int64_t until_ns;    /* when the attempt's time is over; not later than the call's deadline */
    pick_outcome health; /* what the outcome says about the provider's health */
    /* Valid with DUBBOC_OK and DUBBOC_E_REMOTE; its texts are stored in the connection. */
    jsonrpc_reply reply;
} attempt;

/* What a call needs only after an attempt has failed, or while it waits for room. It is large, so
 * calls that run without trouble have none (client/call_trouble.h). */
typedef struct call_trouble {
    room_wait room; /* used in CALL_QUEUES */
    /* Only their addresses are compared, because these providers may have been freed. */
    provider *tried[CALL_ATTEMPTS_MAX];
    /* why each failed attempt failed, for the error text */
    char reasons[DUBBOC_ERROR_TEXT_MAX / 2];
} call_trouble;

/* The size of a buffer for an address in an error text. A longer address is cut off. */
#define CALL_ADDRESS_SIZE 128

typedef struct call {
    /* What the caller asked for; borrowed. */
    dubboc_client *client;
    const char *interface;
    dubboc_slice method;
    dubboc_slice params; /* checked JSON text */
    dubboc_call_options own_options;
    const dubboc_call_options *options; /* = &own_options */
    dubboc_error *err;                  /* NULL: the caller wants no details */
    /* Owned by the driver, which waits on it; woken when call_step() should be called again. */
    waiter *waiter;
    /* The owner whose TLS connections the driver can use. NULL: it can use only TLS connections
     * without an owner. */
    const http_client_owner *owner;

    /* What was found out before the first pick (call_init(), client/call_settings.h). */
    reference *reference; /* NULL: the call option url is set */
    direct_hold direct;   /* the directory of the call option url */
    directory *directory;
    const char *load_balance;
    /* The consumer's setting: 1: may run twice, 0: may not, -1: not set. */
    int idempotent;
    bool timeout_is_set;  /* by call or reference: the time-out of the node is ignored */
    bool retries_are_set; /* by call or reference: the retries of the node are ignored */
    int64_t begun_ns;
    int64_t deadline_ns;
    int64_t timeout_ms; /* deadline_ns minus begun_ns, if there is a deadline */
    timeout_source timeout_from;
    int64_t attempt_timeout_ms; /* <= 0: an attempt may take all the time that is left */
    int retries_left;
    uint32_t id;
    counter_slot *counters;

    /* Progress. */
    call_state state;
    readiness_wait list_wait; /* used in CALL_AWAITS_LIST */
    attempt attempt;
    unsigned picks;        /* attempts that got a connection or the right to open one */
    unsigned sent;         /* attempts of which at least one byte was sent */
    int64_t wait_until_ns; /* the latest time to step again after CALL_WANTS_WAKE */
    int64_t backoff_ms;    /* upper bound of the next pause in CALL_PAUSES */
    size_t tried_count;
    /* The order of this call among those that wait for a connection; 0: it has never waited. */
    uint64_t room_ticket;

    /* Result. */
    dubboc_status status;
    int32_t http_status; /* of the reply that led to status; 0: there was none */
    dubboc_execution execution;

    /* NULL: not needed so far. */
    call_trouble *trouble;
    bool owns_trouble; /* false: trouble belongs to the driver */

    char timeout_node[CALL_ADDRESS_SIZE]; /* with TIMEOUT_FROM_NODE: the provider's address */
} call;

#endif

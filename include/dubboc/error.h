/* How anything in dubboc fails: a status that the function returns, and beside it the detail in a
 * dubboc_error that the caller owns.
 *
 * Nothing here is global or per thread. A dubboc_error has a fixed size and nothing to free; every
 * function that takes one accepts NULL.
 *
 * WHO WRITES WHAT. Every function writes status and text, on success too (DUBBOC_OK, ""). The other
 * fields describe a call, and only the functions that make one write them (dubboc_call(),
 * dubboc_call_with(), dubboc_call_raw()): each of these resets them, and leaves in execution what
 * is known, whatever the outcome. So a program may use one dubboc_error for building the params,
 * for the call and for reading the result, and still see afterwards whether the call was executed.
 * Before the first call they are whatever the program made them: `dubboc_error err = {0};` makes
 * execution DUBBOC_EXECUTION_UNKNOWN, and so does `dubboc_error err = {};` in C++. */
#ifndef DUBBOC_ERROR_H
#define DUBBOC_ERROR_H

#include <dubboc/defs.h>

DUBBOC_BEGIN

/* What a function returns. The numbers are part of the ABI: new ones are only added at the end.
 * None is in the JSON-RPC range. */
typedef enum dubboc_status {
    DUBBOC_OK = 0,          /* it worked */
    DUBBOC_E_NO_MEMORY = 1, /* an allocation failed */
    DUBBOC_E_ARGUMENT = 2,  /* an argument of the caller is unusable; the text names it */
    DUBBOC_E_CONFIG = 3,    /* configuration: the text names the file and line, or the variable, and
                               what was expected */
    DUBBOC_E_PARSE = 4,     /* text that is not what it should be (JSON); the text says where */
    DUBBOC_E_TYPE = 5,      /* a JSON value of another type than asked for */
    DUBBOC_E_RANGE = 6,     /* a number that the asked-for type cannot hold exactly */
    DUBBOC_E_TOO_BIG = 7,   /* over a ceiling; the text names which */
    DUBBOC_E_NOT_FOUND = 8, /* no such thing */
    DUBBOC_E_NO_PROVIDER = 9, /* nobody offers it; the text says which providers were seen, and why
                                 each was left out */
    DUBBOC_E_CONNECT = 10,    /* no connection came about */
    DUBBOC_E_BUSY = 11,       /* no capacity: the connection pool or the server queue is full */
    DUBBOC_E_TIMEOUT = 12,    /* the deadline passed */
    DUBBOC_E_BROKEN = 13,     /* the connection ended before the reply was complete */
    DUBBOC_E_PROTOCOL = 14,   /* the peer answered something that is not HTTP/1.x or not a JSON-RPC
                                 reply to this call */
    DUBBOC_E_HTTP = 15,       /* an HTTP status without a JSON-RPC reply in it; see http_status */
    DUBBOC_E_REMOTE = 16,     /* the peer's method, or the peer, answered with a JSON-RPC error; see
                                 rpc_code */
    DUBBOC_E_REGISTRY = 17,   /* the registry cannot be reached or refuses */
    DUBBOC_E_SYSTEM = 18,     /* the operating system refused; the text holds its reason */
    DUBBOC_E_CLOSED = 19,     /* the object is being stopped or freed */
    DUBBOC_E_UNSUPPORTED = 20, /* known, but not in this release */
    DUBBOC_E_PARAMS = 21,      /* a handler says: the params are wrong (JSON-RPC -32602) */
    DUBBOC_DEFERRED = 22       /* a handler says: the answer comes later (no failure) */
} dubboc_status;

/* What is known about a call's execution by the peer. In ascending order: a call that was attempted
 * several times has the highest of its attempts. */
typedef enum dubboc_execution {
    DUBBOC_EXECUTION_UNKNOWN = 0, /* no call was made; never set by a call */
    DUBBOC_NOT_EXECUTED = 1,      /* certainly not: nothing was sent, or the peer said so */
    DUBBOC_MAYBE_EXECUTED = 2,    /* it was sent, wholly or in part, and no usable answer came */
    DUBBOC_ANSWERED = 3           /* the peer answered it, with a result or an error */
} dubboc_execution;

/* The size of dubboc_error.text, with the zero byte. */
#define DUBBOC_ERROR_TEXT_MAX 1024

/* The size of dubboc_error.provider, with the zero byte. */
#define DUBBOC_ERROR_PROVIDER_MAX 256

/* Where a function tells how it ended. The caller owns it, and there is nothing to free. */
typedef struct dubboc_error {
    dubboc_status status; /* what the function returned */
    /* what is known about the execution of the last call; this and all that follows, except text,
     * is written by calls only */
    dubboc_execution execution;
    int64_t rpc_code;     /* the JSON-RPC error's code (DUBBOC_E_REMOTE), else 0 */
    int32_t http_status;  /* of the reply that failed, 0: none, or success */
    int32_t attempts;     /* how often the request was sent, wholly or in part */
    uint64_t reserved[4]; /* a call sets them to 0 */
    /* host:port/path of the last provider tried, the one that answered if one did; "": none was
     * tried. Filled in by every outcome after the first attempt, success included. */
    char provider[DUBBOC_ERROR_PROVIDER_MAX];
    /* one line for people, cut at its end when too long, always valid UTF-8 if its sources are */
    char text[DUBBOC_ERROR_TEXT_MAX];
} dubboc_error;

/* The enumerator's name without the prefix ("E_TIMEOUT"; "E_UNKNOWN" for a number that is none).
 * Static, never NULL. Any thread. */
DUBBOC_API const char *dubboc_status_name(dubboc_status status);

/* A few words for people ("the deadline passed"). Static, never NULL. Any thread. */
DUBBOC_API const char *dubboc_status_text(dubboc_status status);

/* The words for people: "not executed", "maybe executed", "answered", and "unknown" for
 * DUBBOC_EXECUTION_UNKNOWN and for numbers that are none of these. Static, never NULL. Any thread.
 */
DUBBOC_API const char *dubboc_execution_text(dubboc_execution execution);

/* The version of the library that runs, as DUBBOC_VERSION. Static. Any thread. */
DUBBOC_API const char *dubboc_version(void);

DUBBOC_END

#endif

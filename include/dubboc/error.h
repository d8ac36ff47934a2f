/* How functions of dubboc fail: they return a status, and put the details into a dubboc_error that
 * the caller owns.
 *
 * There is no global or per-thread error. A dubboc_error has a fixed size and nothing to free.
 * Every function that takes one accepts NULL.
 *
 * WHO WRITES WHAT. Every function writes status and text, on success too (DUBBOC_OK, ""). The other
 * fields describe a call. Only the functions that make a call or take its outcome write them:
 * dubboc_call(), dubboc_call_start(), dubboc_pending_take() and their other forms. Each of these
 * resets them first, and sets execution whatever the outcome. So a program may use one dubboc_error
 * to build the params, to make the call and to read the result, and it still sees afterwards
 * whether the call was executed.
 *
 * Before the first call these fields have the values that the program gave them: `dubboc_error err
 * = {0};` sets execution to DUBBOC_EXECUTION_UNKNOWN, and so does `dubboc_error err = {};` in C++.
 */
#ifndef DUBBOC_ERROR_H
#define DUBBOC_ERROR_H

#include <dubboc/defs.h>

DUBBOC_BEGIN

/* What a function returns. The numbers are part of the ABI: new numbers are only added at the end.
 * None of them is in the range that JSON-RPC reserves for its error codes. */
typedef enum dubboc_status {
    DUBBOC_OK = 0,          /* success */
    DUBBOC_E_NO_MEMORY = 1, /* an allocation failed */
    DUBBOC_E_ARGUMENT = 2,  /* an argument cannot be used; the text names it */
    DUBBOC_E_CONFIG = 3,    /* the configuration is wrong; the text names the file and line, or the
                               variable, and what was expected */
    DUBBOC_E_PARSE = 4,     /* a text is malformed (not JSON); the text of the error says where */
    DUBBOC_E_TYPE = 5,      /* a JSON value has another type than expected */
    DUBBOC_E_RANGE = 6,     /* a number does not fit exactly into the wanted type */
    DUBBOC_E_TOO_BIG = 7,   /* something is over its limit; the text names the limit */
    DUBBOC_E_NOT_FOUND = 8, /* what was looked for does not exist */
    DUBBOC_E_NO_PROVIDER = 9,  /* no provider can be called; the text names the providers that were
                                  found, and why each was left out */
    DUBBOC_E_CONNECT = 10,     /* no connection could be opened */
    DUBBOC_E_BUSY = 11,        /* no capacity: the connection pool or the server queue is full */
    DUBBOC_E_TIMEOUT = 12,     /* the deadline passed */
    DUBBOC_E_BROKEN = 13,      /* the connection ended before the reply was complete */
    DUBBOC_E_PROTOCOL = 14,    /* the peer's answer is not HTTP/1.x, or not a JSON-RPC reply to this
                                  call */
    DUBBOC_E_HTTP = 15,        /* the reply is an HTTP status without a JSON-RPC reply in it; see
                                  http_status */
    DUBBOC_E_REMOTE = 16,      /* the peer answered with a JSON-RPC error; see rpc_code */
    DUBBOC_E_REGISTRY = 17,    /* the registry cannot be reached, or refuses */
    DUBBOC_E_SYSTEM = 18,      /* the operating system refused; the text holds its reason */
    DUBBOC_E_CLOSED = 19,      /* the object is being stopped or freed */
    DUBBOC_E_UNSUPPORTED = 20, /* a feature that belongs to a later release */
    DUBBOC_E_PARAMS = 21,      /* returned by a handler: the params are wrong (JSON-RPC -32602) */
    DUBBOC_DEFERRED = 22,      /* returned by a handler: the answer comes later (not a failure) */
    DUBBOC_E_CANCELLED = 23    /* the program has cancelled the call (<dubboc/async.h>) */
} dubboc_status;

/* Whether the peer executed a call, as far as that is known. The values are in ascending order:
 * after several attempts a call has the highest value of its attempts. */
typedef enum dubboc_execution {
    DUBBOC_EXECUTION_UNKNOWN = 0, /* no call was made; never set by a call */
    DUBBOC_NOT_EXECUTED = 1,   /* certainly not executed: nothing was sent, or the peer said so */
    DUBBOC_MAYBE_EXECUTED = 2, /* the call was sent, wholly or in part, and there is no usable
                                  reply */
    DUBBOC_ANSWERED = 3        /* the peer answered with a result or an error */
} dubboc_execution;

/* The size of dubboc_error.text, including the zero byte. */
#define DUBBOC_ERROR_TEXT_MAX 1024

/* The size of dubboc_error.provider, including the zero byte. */
#define DUBBOC_ERROR_PROVIDER_MAX 256

/* The details of how a function ended. The caller owns it, and there is nothing to free. */
typedef struct dubboc_error {
    dubboc_status status; /* what the function returned */
    /* Whether the last call was executed. Only the functions that make a call write this field and
     * the fields below, except text. */
    dubboc_execution execution;
    int64_t rpc_code;     /* the code of the JSON-RPC error (DUBBOC_E_REMOTE), otherwise 0 */
    int32_t http_status;  /* the HTTP status of the reply that failed; 0: no reply, or success */
    int32_t attempts;     /* how many times the request was sent, wholly or in part */
    uint64_t reserved[4]; /* a call sets them to 0 */
    /* host:port/path of the provider that was tried last, which is the provider that answered if
     * the call was answered; "" if no provider was tried. It is set whatever the outcome, success
     * included. */
    char provider[DUBBOC_ERROR_PROVIDER_MAX];
    /* One line for people to read, cut at its end if it is too long. It is valid UTF-8 if its
     * sources are. */
    char text[DUBBOC_ERROR_TEXT_MAX];
} dubboc_error;

/* The name of the enumerator without the prefix ("E_TIMEOUT"); "E_UNKNOWN" for any other number.
 * Static, never NULL. Any thread. */
DUBBOC_API const char *dubboc_status_name(dubboc_status status);

/* A few words that describe the status ("the deadline passed"). Static, never NULL. Any thread. */
DUBBOC_API const char *dubboc_status_text(dubboc_status status);

/* The words for an execution: "not executed", "maybe executed", "answered"; "unknown" for
 * DUBBOC_EXECUTION_UNKNOWN and for any other number. Static, never NULL. Any thread. */
DUBBOC_API const char *dubboc_execution_text(dubboc_execution execution);

/* The version of the library that runs, in the form of DUBBOC_VERSION. Static. Any thread. */
DUBBOC_API const char *dubboc_version(void);

DUBBOC_END

#endif

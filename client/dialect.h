/* What is sent to which kind of peer; docs/dialects.md explains it and names the sources. Nothing
 * else in the client depends on the kind of a peer. The kind is found out once, when the node is
 * read.
 *
 * The table only holds what has to differ between peers. If one form suits all peers, all of them
 * are sent that form, which is the one that dubbogo's client sends (docs/wire.md 1.1). For that
 * reason these are not in the table:
 *
 * - id: a JSON integer from 1 to 2147483647, because Java truncates larger ones and Go rejects
 *   strings (P1, P3).
 * - params: always an array, also for one argument, and [] for none, because dubbogo rejects null
 *   and Java wants exactly as many elements as the method has parameters (P7, P35). */
#ifndef CLIENT_DIALECT_H
#define CLIENT_DIALECT_H

#include "registry/provider_url.h"

/* One row of the table. A Timeout header is only ever sent as decimal nanoseconds, because the
 * other form ("350ms") makes dubbo-go close pooled connections (docs/wire.md 12.8). */
typedef struct dialect {
    const char *name;     /* as in [reference X] dialect */
    dubboc_slice headers; /* Accept and Content-Type, each with its line end */
    bool sends_timeout;   /* a Timeout header is sent */
    bool takes_batches;   /* understands a JSON array of requests */
    /* After a reply that rejects the request itself, the peer closes the connection without
     * announcing it in the head (docs/wire.md 3.1). */
    bool hangs_up_unsaid;
    /* A reply with neither result nor error is taken as the result null (docs/wire.md P42). */
    bool may_lack_result;
} dialect;

/* The value of [reference X] dialect that means "by the kind of peer"; the other values are the
 * names in the table. */
#define DIALECT_AUTO "auto"

/* The kind of peer that wrote a node, from the params dubbo and release of the node. It
 * is the argument of dialect_of(). Any thread. */
uint8_t dialect_peer_of(const provider_url *url);

const dialect *dialect_of(uint8_t peer);

/* By name. NULL: the name is "auto" or unknown. */
const dialect *dialect_find(const char *name);

#endif

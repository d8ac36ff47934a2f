/* THE table of what is sent to whom; docs/dialects.md tells it with its sources. Nothing else in
 * the client asks what kind of peer it talks to.
 *
 * It is short on purpose: where one form serves all, all get that form, which is dubbogo's (wire.md
 * 1.1). So these are no columns:
 *   id       a JSON integer from 1 to 2147483647: Java cuts longer ones, Go refuses texts (wire.md
 *   P1, P3)
 *   params   always an array, one argument too, [] for none: dubbogo refuses null, Java wants as
 *   many elements as parameters (P7, P35)
 * A peer's kind is found once, when its node is read. */
#ifndef CLIENT_DIALECT_H
#define CLIENT_DIALECT_H

#include "registry/provider_url.h"

/* Decimal nanoseconds is the only form of a Timeout header that is ever sent: the other one
 * ("350ms") makes dubbo-go close pooled connections (wire.md 12.8). */
typedef struct dialect {
    const char *name;     /* as in [reference X] dialect */
    dubboc_slice headers; /* Accept and Content-Type, each line with its end */
    bool sends_timeout;
    bool takes_batches;   /* a JSON array of requests is understood */
    bool hangs_up_unsaid; /* closes, without a word in the head, after a reply that refuses the
                             request itself (wire.md 3.1) */
    bool may_lack_result; /* a reply with neither result nor error counts as null (wire.md P42) */
} dialect;

/* What [reference X] dialect may say: a name of the table, or "auto". */
#define DIALECT_AUTO "auto"

/* The kind of peer that wrote a node, from its scheme, dubbo and release params: an index for
 * dialect_of(). Any thread. */
uint8_t dialect_peer_of(const provider_url *url);

const dialect *dialect_of(uint8_t peer);

/* NULL: "auto", or no such name. */
const dialect *dialect_find(const char *name);

#endif

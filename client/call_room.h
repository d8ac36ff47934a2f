/* Where a call gets its connection when all connections of the picked provider are in use: from
 * another provider that has room, otherwise from the first provider of the directory that has a
 * free connection, including providers that join the list during the wait (selector/room.h). Calls
 * are served in the order in which they began to wait.
 *
 * A waiting call holds no provider, so the wait has no effect on any provider's health. */
#ifndef CLIENT_CALL_ROOM_H
#define CLIENT_CALL_ROOM_H

#include "client/call_state.h"

typedef enum call_room {
    CALL_ROOM_NONE, /* No connection was found, and the call is in no queue. */
    CALL_ROOM_NO_MEMORY,
    CALL_ROOM_QUEUED, /* The call's waiter is woken when the wait is over. */
    /* The attempt has a provider, and possibly also its connection or the right to open one. */
    CALL_ROOM_FOUND
} call_room;

/* Looks for a provider with room. If there is none, joins the queues of all providers that this
 * call has not tried yet. */
call_room call_room_find(call *self);

/* After CALL_ROOM_QUEUED. call_room_is_over(): whether an endpoint granted something, or the list
 * of providers has become empty. Then call_room_take() leaves the queues and uses what was granted.
 * It returns CALL_ROOM_NONE if nothing was granted, or if the provider that granted it has left the
 * list; the call may then look for room again and keeps its turn. */
bool call_room_is_over(const call *self);
call_room call_room_take(call *self);

/* Stops updating the set of queues that the call is in, so that the error text can name them. */
void call_room_settle(call *self);

/* Leaves the queues and gives back what was granted. */
void call_room_give_up(call *self);

#endif

/* Where a call gets its connection when the provider that was picked is full: from another one that
 * has room, else from whichever of the directory's providers frees one first, also of those that
 * join the list while it waits (selector/room.h). Whoever waits longest comes first. A call that
 * waits holds no provider, so what it finds says nothing of anybody's health. */
#ifndef CLIENT_CALL_ROOM_H
#define CLIENT_CALL_ROOM_H

#include "client/call_state.h"

typedef enum call_room {
    CALL_ROOM_NONE,   /* nothing was to be had, and the call is in no queue */
    CALL_ROOM_QUEUED, /* the call's waiter is woken when the wait is over */
    CALL_ROOM_FOUND   /* the attempt has a provider, perhaps its connection or the place of one */
} call_room;

/* Looks for room, else joins the queues of the providers that were not tried yet. */
call_room call_room_find(call *self);

/* After CALL_ROOM_QUEUED: whether something was granted, or the list has become empty; then
 * call_room_take() leaves the queues with what was granted. CALL_ROOM_NONE: there is nothing, or
 * its provider has left the list; then the call looks around again, and keeps its turn. */
bool call_room_is_over(const call *self);
call_room call_room_take(call *self);

/* From now on the queues that it is in stay the same, so that they can be named. */
void call_room_settle(call *self);

/* Leaves the queues; what was granted is given back. */
void call_room_give_up(call *self);

#endif

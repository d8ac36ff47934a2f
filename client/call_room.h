/* Where a call gets its connection when the provider that was picked is full: from another one that
 * has room, else from whichever of the directory's providers frees one first. A call that waits
 * holds no provider, so what it finds says nothing of anybody's health. */
#ifndef CLIENT_CALL_ROOM_H
#define CLIENT_CALL_ROOM_H

#include "client/call_state.h"

typedef enum call_room {
    CALL_ROOM_NONE,   /* nothing was to be had, and the call is in no queue */
    CALL_ROOM_QUEUED, /* the call's waiter is woken when something is granted */
    CALL_ROOM_FOUND   /* the attempt has a provider, perhaps its connection or the place of one */
} call_room;

/* Looks for room, else joins the queues of the providers that were not tried yet. */
call_room call_room_find(call *self);

/* After CALL_ROOM_QUEUED: whether something was granted; then call_room_take() leaves the queues
 * with it. CALL_ROOM_NONE: its provider has left the list meanwhile. */
bool call_room_is_granted(const call *self);
call_room call_room_take(call *self);

/* Leaves the queues; what was granted is given back. */
void call_room_give_up(call *self);

#endif

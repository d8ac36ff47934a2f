/* Waiting for a connection to one of the providers of a directory (selector/room.h). */
#ifndef SELECTOR_DIRECTORY_ROOM_H
#define SELECTOR_DIRECTORY_ROOM_H

#include "selector/handles.h"
#include "selector/room.h"

/* Calls room_waits_add() for the providers of the directory. Any thread. */
size_t directory_room_wait_begin(
    directory *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket);
/* Calls room_waits_remove(). Any thread. */
void directory_room_wait_end(directory *self, room_wait *wait);

#endif

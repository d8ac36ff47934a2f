/* Waiting for a connection to one of the providers of a directory (selector/room.h). */
#ifndef SELECTOR_DIRECTORY_ROOM_H
#define SELECTOR_DIRECTORY_ROOM_H

#include "selector/handles.h"
#include "selector/room.h"

/* As room_waits_add() and room_waits_remove(). Any thread. */
size_t directory_room_wait_begin(
    directory *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket);
void directory_room_wait_end(directory *self, room_wait *wait);

#endif

/* Passes waits for a connection on to the directory's room_waits. */
#include "selector/directory_room.h"

#include "selector/directory.h"

size_t directory_room_wait_begin(
    directory *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket)
{
    return room_waits_add(&self->room, wait, request, of, ticket);
}

void directory_room_wait_end(directory *self, room_wait *wait)
{
    room_waits_remove(&self->room, wait);
}

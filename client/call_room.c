/* A call first looks for a provider with room. If there is none, it waits in the queues of all
 * providers that it may use, and then uses what one of them grants. */
#include "client/call_room.h"

#include "client/call_report.h"
#include "client/call_trouble.h"

/* --- what was granted --- */

void call_room_settle(call *self)
{
    directory_room_wait_end(self->directory, &self->trouble->room);
}

typedef struct call_room_grant {
    http_client_endpoint *endpoint; /* NULL: nothing was granted */
    http_client_connection *connection;
} call_room_grant;

static call_room_grant call_room_leave(call *self)
{
    call_room_grant grant = {NULL, NULL};
    call_room_settle(self);
    if (!http_client_queuer_leave(&self->trouble->room.queuer, &grant.endpoint, &grant.connection))
        grant.endpoint = NULL;
    return grant;
}

static void call_room_return(call_room_grant grant)
{
    if (grant.endpoint != NULL && grant.connection != NULL)
        http_client_connection_give_back(grant.connection);
    else if (grant.endpoint != NULL)
        http_client_endpoint_free_place(grant.endpoint);
}

static pick_request call_room_request(const call *self)
{
    return (pick_request){.policy = self->load_balance,
        .method = self->method,
        .params = self->params,
        .excluded = call_tried(self),
        .excluded_count = self->tried_count,
        .needs_room = true,
        .owner = self->owner};
}

static call_room call_room_use(call *self, call_room_grant grant)
{
    attempt *now = &self->attempt;
    pick_request request = call_room_request(self);
    if (grant.endpoint == NULL)
        return CALL_ROOM_NONE;
    if (!directory_pick_at(self->directory, grant.endpoint, &request, &now->held)) {
        call_room_return(grant);
        return CALL_ROOM_NONE;
    }
    now->is_held = true;
    now->connection = grant.connection;
    now->has_place = grant.connection == NULL;
    return CALL_ROOM_FOUND;
}

bool call_room_is_over(const call *self)
{
    return http_client_queuer_is_served(&self->trouble->room.queuer);
}

call_room call_room_take(call *self)
{
    return call_room_use(self, call_room_leave(self));
}

void call_room_give_up(call *self)
{
    call_room_return(call_room_leave(self));
}

/* --- the search --- */

call_room call_room_find(call *self)
{
    pick_request request = call_room_request(self);
    if (directory_pick(self->directory, &request, &self->attempt.held)) {
        self->attempt.is_held = true;
        return CALL_ROOM_FOUND;
    }
    if (!call_need_trouble(self))
        return CALL_ROOM_NO_MEMORY;
    if (self->room_ticket == 0)
        self->room_ticket = waiter_take_ticket();
    size_t count = directory_room_wait_begin(
        self->directory, &self->trouble->room, &request, self->waiter, self->room_ticket);
    if (call_room_is_over(self)) /* Room has become free meanwhile, or the list is empty. */
        return call_room_take(self);
    if (call_is_explained(self))
        call_explain(
            self, "waits for a connection to any of %zu provider%s", count, count == 1 ? "" : "s");
    return CALL_ROOM_QUEUED;
}

/* A waiting call selects its endpoints again at each change (room_select_locked()). It keeps its
 * place in the queues of the endpoints that are in both selections. */
#include "selector/room.h"

#include <assert.h>

#include "selector/candidates.h"

void room_waits_init(
    room_waits *self, readers *inside, _Atomic(snapshot *) *current, upkeep *kicked)
{
    *self = (room_waits){
        .readers = inside, .current = current, .upkeep = kicked, .look_at_ns = DEADLINE_NEVER};
    mutex_init(&self->lock, MUTEX_RANK_ROOM);
}

void room_waits_fini(room_waits *self)
{
    assert(self->queue.first == NULL);
    mutex_fini(&self->lock);
}

/* --- which endpoints a call waits for --- */

static size_t room_count_providers(const room_waits *self)
{
    atomic_uint *entered = readers_enter(self->readers);
    const snapshot *current = atomic_load(self->current);
    size_t count = current != NULL ? current->count : 0;
    readers_leave(entered);
    return count;
}

static bool room_join(void *arg, http_client_endpoint *endpoint)
{
    return http_client_queuer_join(arg, endpoint);
}

/* Selects the endpoints that the call waits for from now on. This never frees an endpoint, which
 * would close connections under the lock: an endpoint that has just left the list is still
 * referenced by its provider, which is kept for PROVIDER_KEEP_MS. */
static void room_select_locked(room_waits *self, room_wait *wait)
{
    http_client_queuer *queuer = &wait->queuer;
    http_client_queuer_select_begin(queuer, room_count_providers(self));
    atomic_uint *entered = readers_enter(self->readers);
    const snapshot *current = atomic_load(self->current);
    if (current != NULL)
        self->look_at_ns = deadline_min(
            self->look_at_ns, candidates_each(current, &wait->request, room_join, queuer));
    readers_leave(entered);
    http_client_queuer_select_end(queuer);
}

static void room_look_again_locked(room_waits *self)
{
    self->look_at_ns = DEADLINE_NEVER;
    for (waiter_entry *entry = self->queue.first; entry != NULL; entry = entry->next) {
        room_wait *wait = (room_wait *)entry;
        if (!http_client_queuer_is_served(&wait->queuer))
            room_select_locked(self, wait);
    }
}

/* --- the calls that wait --- */

size_t room_waits_add(
    room_waits *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket)
{
    wait->entry = (waiter_entry){.is_queued = false};
    wait->request = *request;
    http_client_queuer_init(&wait->queuer, of, request->owner, ticket);
    mutex_lock(&self->lock);
    int64_t former_ns = self->look_at_ns;
    waiter_queue_join_in_order(&self->queue, &wait->entry, of, ticket);
    room_select_locked(self, wait);
    size_t count = wait->queuer.count;
    int64_t due_ns = self->look_at_ns;
    mutex_unlock(&self->lock);
    if (due_ns < former_ns)
        upkeep_kick(self->upkeep, due_ns);
    return count;
}

void room_waits_remove(room_waits *self, room_wait *wait)
{
    mutex_lock(&self->lock);
    waiter_queue_leave(&self->queue, &wait->entry);
    mutex_unlock(&self->lock);
}

void room_waits_look_again(room_waits *self)
{
    mutex_lock(&self->lock);
    room_look_again_locked(self);
    int64_t due_ns = self->look_at_ns;
    mutex_unlock(&self->lock);
    if (due_ns != DEADLINE_NEVER)
        upkeep_kick(self->upkeep, due_ns);
}

int64_t room_waits_tick(room_waits *self, int64_t now_ns)
{
    mutex_lock(&self->lock);
    if (now_ns >= self->look_at_ns)
        room_look_again_locked(self);
    int64_t due_ns = self->look_at_ns;
    mutex_unlock(&self->lock);
    return due_ns;
}

size_t room_waits_count(room_waits *self)
{
    size_t count = 0;
    mutex_lock(&self->lock);
    for (const waiter_entry *entry = self->queue.first; entry != NULL; entry = entry->next)
        count++;
    mutex_unlock(&self->lock);
    return count;
}

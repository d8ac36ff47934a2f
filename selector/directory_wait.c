/* Waiting for the first list. A call that finds the last attempt to subscribe failed starts the
 * next one. */
#include "selector/directory_wait.h"

#include "base/error.h"
#include "selector/directory.h"

readiness_state directory_wait_begin(directory *self, readiness_wait *wait, waiter *of)
{
    if (readiness_is_ready(&self->ready))
        return READINESS_READY;
    if (readiness_wait_begin(&self->ready, wait, of))
        directory_try_again(self);
    if (!readiness_is_ready(&self->ready))
        return READINESS_PENDING;
    readiness_wait_end(&self->ready, wait); /* became ready while the waiter was being added */
    return READINESS_READY;
}

readiness_state directory_look(directory *self, const readiness_wait *wait, dubboc_error *err)
{
    return readiness_wait_look(&self->ready, wait, err);
}

void directory_wait_end(directory *self, readiness_wait *wait)
{
    readiness_wait_end(&self->ready, wait);
}

dubboc_status directory_is_not_ready(const directory *self, dubboc_error *err)
{
    const registry *source = self->owner->source;
    char trouble[REGISTRY_TROUBLE_SIZE];
    bool is_connected = registry_is_connected(source);
    error_set(err, DUBBOC_E_REGISTRY,
        "the providers of %s could not be read in time: the registry %s %s", self->key,
        registry_address(source),
        is_connected ? "is connected, but has not answered" : "cannot be reached");
    registry_trouble(source, trouble);
    if (!is_connected && trouble[0] != '\0')
        error_append(err, " (%s)", trouble);
    return DUBBOC_E_REGISTRY;
}

dubboc_status directory_wait_ready(directory *self, int64_t deadline_ns, dubboc_error *err)
{
    readiness_wait wait = {.failures = 0};
    thread_waiter thread;
    dubboc_error why;
    if (readiness_is_ready(&self->ready))
        return DUBBOC_OK;
    thread_waiter_init(&thread);
    readiness_state state = directory_wait_begin(self, &wait, &thread.waiter);
    while (state == READINESS_PENDING && thread_waiter_wait(&thread, deadline_ns))
        state = directory_look(self, &wait, &why);
    directory_wait_end(self, &wait);
    if (state == READINESS_READY)
        return DUBBOC_OK;
    if (state == READINESS_FAILED) {
        error_copy(err, &why);
        return why.status;
    }
    return directory_is_not_ready(self, err);
}

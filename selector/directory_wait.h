/* Waiting for a directory's first list, which comes from the registry or from the snapshot file. */
#ifndef SELECTOR_DIRECTORY_WAIT_H
#define SELECTOR_DIRECTORY_WAIT_H

#include "selector/handles.h"
#include "selector/readiness.h"

/* Begins to wait for the first list. READINESS_READY: it has been read, and the waiter does not
 * wait. READINESS_PENDING: the waiter is woken whenever the state changes, until
 * directory_wait_end(); directory_look() returns the new state. If the last attempt to subscribe
 * has failed, another one is started. Any thread; takes no lock if the directory is ready. */
readiness_state directory_wait_begin(directory *self, readiness_wait *wait, waiter *of);

/* The current state of the wait. READINESS_FAILED: subscribing has failed since
 * directory_wait_begin(); err gets the status and reason of registry_subscribe(). Any thread. */
readiness_state directory_look(directory *self, const readiness_wait *wait, dubboc_error *err);

/* Ends the wait. No-op for a wait that has not begun (zeroed) or has ended. */
void directory_wait_end(directory *self, readiness_wait *wait);

/* Sets the error of a wait whose deadline has passed: DUBBOC_E_REGISTRY, with the state of the
 * registry. */
dubboc_status directory_is_not_ready(const directory *self, dubboc_error *err);

/* Blocks until the directory is ready; for tests and benchmarks. DUBBOC_E_REGISTRY:
 * not in time. If subscribing fails: the errors of registry_subscribe(). Any thread. */
dubboc_status directory_wait_ready(directory *self, int64_t deadline_ns, dubboc_error *err);

#endif

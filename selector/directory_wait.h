/* Waiting for a directory's first list, which comes from the registry or from the snapshot file. */
#ifndef SELECTOR_DIRECTORY_WAIT_H
#define SELECTOR_DIRECTORY_WAIT_H

#include "selector/handles.h"
#include "selector/readiness.h"

/* READINESS_READY: the list has been read; the waiter has not joined. READINESS_PENDING: the waiter
 * has joined: it is woken when the state changes, until directory_wait_end(), and looks then
 * (directory_look()). If the last attempt to subscribe has failed, another one is started. Any
 * thread; takes no lock for a directory that is ready. */
readiness_state directory_wait_begin(directory *self, readiness_wait *wait, waiter *of);

/* How it stands. READINESS_FAILED: subscribing has failed since directory_wait_begin(), and err
 * tells status and reason, as registry_subscribe(). Any thread. */
readiness_state directory_look(directory *self, const readiness_wait *wait, dubboc_error *err);

/* Harmless for a wait that has not begun (zeroed), and again. */
void directory_wait_end(directory *self, readiness_wait *wait);

/* The error of a wait whose deadline has passed: DUBBOC_E_REGISTRY, and what the registry is
 * doing. */
dubboc_status directory_is_not_ready(const directory *self, dubboc_error *err);

/* All of this in one, blocking, for tests and measurements: errors as directory_look() and
 * directory_is_not_ready(). Any thread. */
dubboc_status directory_wait_ready(directory *self, int64_t deadline_ns, dubboc_error *err);

#endif

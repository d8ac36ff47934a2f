/* The upkeep thread of a selector. It calls one function whenever something is due, so that neither
 * calls nor the registry's threads wait for a disk or another reading. It sleeps until the time
 * that the last round returned, until it is kicked, or until a descriptor is readable. The thread
 * does not know what the function does. */
#ifndef SELECTOR_UPKEEP_H
#define SELECTOR_UPKEEP_H

#include <dubboc/error.h>

#include "base/condition.h"
#include "base/wake.h"

/* One round: does everything that is due. May block; no lock is held. Returns the time at which the
 * next round is due; DEADLINE_NEVER: at no fixed time. Only called by the upkeep thread. */
typedef int64_t (*upkeep_function)(void *arg);

typedef struct upkeep {
    upkeep_function round; /* constant, as is arg */
    void *arg;
    pthread_t thread; /* used, like is_running, only by the thread that starts and stops it */
    bool is_running;
    wake wake;      /* signalled when the thread must look again */
    int watched_fd; /* used by the upkeep thread only; -1: none */

    mutex lock; /* guards the fields below; no other lock is taken under it */
    condition round_done;
    bool is_stopping;
    int64_t due_ns; /* when the next round is due */
    /* Counts for upkeep_do_round(): rounds that were asked for, and rounds that have ended. */
    uint64_t rounds_asked, rounds_done;
} upkeep;

/* Does not start the thread; kicks before the start are remembered. */
void upkeep_init(upkeep *self);
void upkeep_fini(upkeep *self);

/* DUBBOC_E_SYSTEM: no thread could be started, or no descriptor is left. */
dubboc_status upkeep_start(upkeep *self, upkeep_function round, void *arg, dubboc_error *err);

/* Ends the thread and waits for the current round. No-op if the thread was not started. */
void upkeep_stop(upkeep *self);

/* From now on a round is also done when this descriptor is readable. Only called in a round. */
void upkeep_watch(upkeep *self, int fd);

/* Schedules a round at due_ns, or earlier if one is due earlier. Called when something has become
 * due that the last round could not know about. Any thread. */
void upkeep_kick(upkeep *self, int64_t due_ns);

/* Makes the thread do one round now and waits for its end, for tests that own the clock. */
void upkeep_do_round(upkeep *self);

#endif

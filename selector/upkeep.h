/* The upkeep thread of a selector: it calls one function whenever something is due, so that neither
 * callers nor the registry's threads wait for a disk or a second reading. It sleeps until the time
 * that the last round returned, or until it is kicked. It knows nothing of what is done. */
#ifndef SELECTOR_UPKEEP_H
#define SELECTOR_UPKEEP_H

#include <dubboc/error.h>

#include "base/condition.h"

/* One round: does all that is due. May block; no lock is held. Returns when the next round is due
 * (DEADLINE_NEVER: when it is kicked). Only the upkeep thread calls it. */
typedef int64_t (*upkeep_function)(void *arg);

typedef struct upkeep {
    upkeep_function round; /* constant, as arg */
    void *arg;
    pthread_t thread; /* of whoever starts and stops it, as is_running */
    bool is_running;

    mutex lock; /* guards what follows; nothing else is locked under it */
    condition wanted, round_done;
    bool is_stopping;
    int64_t due_ns; /* when the next round is */
    uint64_t rounds_asked, rounds_done;
} upkeep;

/* Starts no thread yet; kicks are remembered. */
void upkeep_init(upkeep *self);
void upkeep_fini(upkeep *self);

/* DUBBOC_E_SYSTEM: there is no thread. */
dubboc_status upkeep_start(upkeep *self, upkeep_function round, void *arg, dubboc_error *err);

/* Waits for the round that goes on. Harmless when it was not started. */
void upkeep_stop(upkeep *self);

/* Something is due at due_ns that the last round did not know of. Any thread. */
void upkeep_kick(upkeep *self, int64_t due_ns);

/* Has one round done now and waits for its end, for tests that own the clock. */
void upkeep_do_round(upkeep *self);

#endif

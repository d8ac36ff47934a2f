/* Starting threads of the library. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <dubboc/error.h>
#include <pthread.h>
#include <signal.h>

/* Starts a thread that runs run(arg). The thread receives no signals, because signals are for the
 * program's own threads. name: at most 15 characters, shown by ps and debuggers; copied. err may be
 * NULL.
 *
 * - DUBBOC_E_NO_MEMORY.
 * - DUBBOC_E_SYSTEM: the system cannot create the thread. */
dubboc_status thread_start(
    pthread_t *thread, void *(*run)(void *arg), void *arg, const char *name, dubboc_error *err);

/* Blocks all signals in the calling thread. A thread that another library starts before
 * thread_signals_restore() inherits the signal mask, so it receives no signals either. *former gets
 * the previous mask, for thread_signals_restore(). */
void thread_signals_block(sigset_t *former);
void thread_signals_restore(const sigset_t *former);

#endif

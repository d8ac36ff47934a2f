/* Starts threads that receive no signals and have a name, and keeps signals away from threads that
 * other libraries start. */
#include "base/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* the kernel's limit, with the NUL */
#define NAME_SIZE 16

typedef struct thread_beginning {
    void *(*run)(void *arg);
    void *arg;
    char name[NAME_SIZE];
} thread_beginning;

/* The first function of a thread. The thread sets its name itself: if the creator did, the thread
 * would run without a name at first, and might have ended already. */
static void *thread_begin(void *arg)
{
    thread_beginning self = *(thread_beginning *)arg;
    free(arg);
    pthread_setname_np(pthread_self(), self.name);
    return self.run(self.arg);
}

void thread_signals_block(sigset_t *former)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, former);
}

void thread_signals_restore(const sigset_t *former)
{
    pthread_sigmask(SIG_SETMASK, former, NULL);
}

dubboc_status thread_start(
    pthread_t *thread, void *(*run)(void *arg), void *arg, const char *name, dubboc_error *err)
{
    thread_beginning *beginning = MEM_NEW(thread_beginning);
    if (beginning == NULL)
        return error_no_memory(err);
    *beginning = (thread_beginning){.run = run, .arg = arg};
    snprintf(beginning->name, sizeof beginning->name, "%s", name);
    sigset_t former;
    thread_signals_block(&former);
    int problem = pthread_create(thread, NULL, thread_begin, beginning);
    thread_signals_restore(&former);
    if (problem == 0)
        return DUBBOC_OK;
    free(beginning);
    return error_set(
        err, DUBBOC_E_SYSTEM, "cannot start the thread %s: %s", name, strerror(problem));
}

/* Makes system calls fail, in this program and in the shared libraries that it uses. Only for
 * programs that list call_fail.c in their own sources, because this file replaces functions of the
 * C library. */
#ifndef TESTS_SUPPORT_CALL_FAIL_H
#define TESTS_SUPPORT_CALL_FAIL_H

#include <stdbool.h>

typedef enum failing_call {
    FAIL_NOTHING,
    FAIL_EPOLL_CREATE,
    FAIL_EPOLL_ADD,
    FAIL_EPOLL_DEL,
    FAIL_EPOLL_WAIT,
    FAIL_EVENTFD,
    FAIL_EVENTFD_WRITE,
    FAIL_EVENTFD_READ,
    FAIL_ACCEPT,
    FAIL_TIMER_CREATE,
    FAIL_TIMER_SET,
    FAIL_CALL_COUNT
} failing_call;

/* Returns the name of the call, for messages. */
const char *call_fail_name(failing_call call);

/* Makes the nth call after this one (1: the next one) and the times - 1 calls after it fail with
 * error and without effect. Replaces the setting of an earlier call_fail_at(). */
void call_fail_at(failing_call call, int nth, int times, int error);

/* Ends the failures. Returns how many calls have failed since call_fail_at(). */
int call_fail_end(void);

/* Returns how many calls have failed since call_fail_at(), and does not end the failures. */
int call_fail_count(void);

#endif

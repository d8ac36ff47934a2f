/* Every test includes this file: cmocka, the headers that cmocka needs, and helpers for all
 * tests. */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include <dubboc/dubboc.h>

/* Checks a status, and prints the text of the error if the status is wrong. */
#define assert_status(expected, actual, err)                                                       \
    test_status_is((expected), (actual), (err), #actual, __FILE__, __LINE__)
void test_status_is(dubboc_status expected, dubboc_status actual, const dubboc_error *err,
    const char *what, const char *file, int line);

/* Checks that text contains part, and prints both if it does not. */
#define assert_contains(text, part) test_contains((text), (part), __FILE__, __LINE__)
void test_contains(const char *text, const char *part, const char *file, int line);

/* Creates an empty folder for this test and returns its path. test_folder_remove() removes it with
 * its contents and frees path. Ends the test if the folder cannot be created. */
char *test_folder_new(void);
void test_folder_remove(char *path);

/* Waits until condition(arg) is true, for at most limit_ms of real time. Checks every millisecond
 * and ignores the library's clock. Tests let real time pass only through this function. */
bool test_wait_for(bool (*condition)(void *arg), void *arg, int limit_ms);

/* Returns whether a thread of this process (gettid()) sleeps in the kernel. */
bool test_thread_is_blocked(int thread);

/* Stops a child and waits until all its threads have stopped, because kill(SIGSTOP) may return
 * while they still run. Fails the test if this takes longer than half a minute. */
void test_process_stop(pid_t child);
void test_process_continue(pid_t child);

#endif

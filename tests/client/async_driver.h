/* Makes the tests of blocking calls use asynchronous ones: included in front of such a test, it
 * replaces the functions that make a call by ones that start it, wait, and take its outcome. So one
 * suite holds for both drivers. */
#ifndef TESTS_CLIENT_ASYNC_DRIVER_H
#define TESTS_CLIENT_ASYNC_DRIVER_H

#include <dubboc/dubboc.h>
#include <stddef.h>

/* For the call, its copies of texts, and the decoded error message (tests/client/call_test.c). */
#define ALLOCATIONS_A_CALL 3

/* A blocking call empties this text before it does anything else. */
static inline void driver_clear_remote_error(const dubboc_call_options *options)
{
    size_t end = offsetof(dubboc_call_options, remote_error) + sizeof options->remote_error;
    if (options == NULL || options->size < end || options->remote_error == NULL)
        return;
    options->remote_error->len = 0;
    if (options->remote_error->data != NULL)
        options->remote_error->data[0] = '\0';
}

static inline dubboc_status driver_call_raw(dubboc_client *client, const char *interface,
    const char *method, dubboc_slice params, const dubboc_call_options *options,
    dubboc_text *result, dubboc_error *err)
{
    dubboc_pending *pending = NULL;
    driver_clear_remote_error(options);
    dubboc_status status = dubboc_call_start_raw(
        client, interface, method, params, options, NULL, NULL, &pending, err);
    if (status == DUBBOC_OK) {
        dubboc_pending_wait(pending, DUBBOC_NONE);
        status = dubboc_pending_take_raw(pending, result, err);
    }
    dubboc_pending_free(pending);
    return status;
}

static inline dubboc_status driver_call_with(dubboc_client *client, const char *interface,
    const char *method, const cJSON *params, const dubboc_call_options *options, cJSON **result,
    dubboc_error *err)
{
    dubboc_pending *pending = NULL;
    driver_clear_remote_error(options);
    dubboc_status status =
        dubboc_call_start(client, interface, method, params, options, NULL, NULL, &pending, err);
    if (status == DUBBOC_OK) {
        dubboc_pending_wait(pending, DUBBOC_NONE);
        status = dubboc_pending_take(pending, result, err);
    }
    dubboc_pending_free(pending);
    return status;
}

static inline dubboc_status driver_call(dubboc_client *client, const char *interface,
    const char *method, const cJSON *params, cJSON **result, dubboc_error *err)
{
    return driver_call_with(client, interface, method, params, NULL, result, err);
}

#define dubboc_call driver_call
#define dubboc_call_with driver_call_with
#define dubboc_call_raw driver_call_raw

#endif

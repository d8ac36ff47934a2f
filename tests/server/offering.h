/* The services of a server without the server: a configuration, and services that are added to it.
 */
#ifndef TESTS_SERVER_OFFERING_H
#define TESTS_SERVER_OFFERING_H

#include "tests/server/caller.h"

#include "server/service.h"

extern dubboc_config *config;
extern services offered;

/* A test between set-up and tear-down: with settings, and nothing offered yet. */
int offering_begin(const setting *settings);
int offering_end(void **state);

/* A handler that is never called. */
dubboc_status uncalled(dubboc_request *request, const cJSON *params, cJSON **result, void *arg);

#endif

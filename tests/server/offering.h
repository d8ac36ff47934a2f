/* A configuration, and services that are added to it, without a server. */
#ifndef TESTS_SERVER_OFFERING_H
#define TESTS_SERVER_OFFERING_H

#include "tests/server/caller.h"

#include "server/service.h"

extern dubboc_config *config;
extern services offered;

/* Each test runs between set-up and tear-down. It begins with these settings and no service. */
int offering_begin(const setting *settings);
int offering_end(void **state);

/* A handler that is never called. */
dubboc_status uncalled(dubboc_request *request, const cJSON *params, cJSON **result, void *arg);

#endif

/* The policies that there are, under Dubbo's names. A new one is a file and a line here. */
#include "selector/policy.h"

#include <string.h>

#include "base/error.h"
#include "selector/selector.h"

const policy *const policies[POLICY_COUNT] = {&policy_random, &policy_roundrobin};

/* Names of Dubbo's that mean something, but not yet here. */
static const char *const planned[] = {
    "leastactive", "consistenthash", "p2c", "shortestresponse", "adaptive"};

int policy_find(const char *name)
{
    for (int i = 0; i < POLICY_COUNT; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return i;
    return -1;
}

dubboc_status selector_check_policy(const char *name, dubboc_error *err)
{
    if (policy_find(name) >= 0)
        return DUBBOC_OK;
    dubboc_status status = DUBBOC_E_ARGUMENT;
    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++)
        if (strcmp(planned[i], name) == 0)
            status = DUBBOC_E_UNSUPPORTED;
    error_set(err, status, "load balance \"%s\" is %s; there are:", name,
        status == DUBBOC_E_UNSUPPORTED ? "not in this release" : "unknown");
    for (size_t i = 0; i < POLICY_COUNT; i++)
        error_append(err, "%s %s", i > 0 ? "," : "", policies[i]->name);
    return status;
}

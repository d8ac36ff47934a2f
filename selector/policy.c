/* The table of policies and their names, generated from POLICY_LIST. */
#include "selector/policy.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_REFER(name) &policy_##name,
#define POLICY_NAME(name) #name,

const policy *const policies[POLICY_COUNT] = {POLICY_LIST(POLICY_REFER, POLICY_IGNORE_)};
const char *const policy_names[POLICY_COUNT] = {POLICY_LIST(POLICY_NAME, POLICY_IGNORE_)};
const char *const policy_names_planned[] = {POLICY_LIST(POLICY_IGNORE_, POLICY_NAME) NULL};

int policy_find(const char *name)
{
    for (int i = 0; i < POLICY_COUNT; i++)
        if (strcmp(policy_names[i], name) == 0)
            return i;
    return -1;
}

void *policy_table_offer(policy_table *self, void *made)
{
    void *former = NULL;
    if (atomic_compare_exchange_strong(self, &former, made))
        return made;
    free(made);
    return former;
}

/* The suite that every kind of registry must pass. It opens several registry objects on one store
 * and checks the promises of registry.h.
 *
 * The test program of a kind fills in a fixture and returns registry_contract_tests(&fixture) from
 * main(). The tests are in contract_subscribe.c, contract_use.c, contract_register.c and
 * contract_recover.c. */
#ifndef TESTS_REGISTRY_CONTRACT_H
#define TESTS_REGISTRY_CONTRACT_H

#include "registry/registry.h"

/* A read-only store must contain these nodes. In a writable store the suite registers
 * them itself. */
#define CONTRACT_INTERFACE "com.contract.Present"
#define CONTRACT_URL_1 "jsonrpc://10.0.0.1:8080/com.contract.Present?category=providers&methods=a,b"
#define CONTRACT_URL_2 "jsonrpc://10.0.0.2:8080/com.contract.Present?category=providers"

typedef struct contract_fixture {
    const char *name;
    /* passed to the functions below; empty at the start, but a read-only store contains the nodes
     * above */
    void *store;
    bool is_writable; /* false: registering succeeds, but changes nothing for others */
    int limit_ms;     /* the longest time until a change is seen; 0: 5000 */

    /* Opens a new registry object on the store. */
    registry *(*open)(void *store);

    /* Removes all provider nodes of the interface without using the registry. NULL: the suite skips
     * the test that needs this function. */
    void (*delete_by_hand)(void *store, const char *interface);

    /* Ends all sessions by force. NULL: the suite skips the test that needs this function. */
    void (*disturb)(void *store);
} contract_fixture;

/* Runs the suite. Returns the number of tests that failed. */
int registry_contract_tests(const contract_fixture *fixture);

#endif

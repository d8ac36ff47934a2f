/* The suite that every kind of registry passes: the promises of registry.h, as seen by a program
 * that opens several registry objects on one store.
 *
 * The test program of a kind fills in a fixture and returns registry_contract_tests(&fixture) from
 * main(). The tests are in contract_subscribe.c, contract_use.c, contract_register.c and
 * contract_recover.c. */
#ifndef TESTS_REGISTRY_CONTRACT_H
#define TESTS_REGISTRY_CONTRACT_H

#include "registry/registry.h"

/* What a store that cannot be written to must hold. The suite registers it in the others. */
#define CONTRACT_INTERFACE "com.contract.Present"
#define CONTRACT_URL_1 "jsonrpc://10.0.0.1:8080/com.contract.Present?category=providers&methods=a,b"
#define CONTRACT_URL_2 "jsonrpc://10.0.0.2:8080/com.contract.Present?category=providers"

typedef struct contract_fixture {
    const char *name;
    void *store; /* passed to the functions below. It holds nothing at the start but what is named
                    above. */
    bool is_writable; /* false: registrations are accepted, but nobody sees them */
    int limit_ms;     /* how long a change may take until it is seen; 0: 5000 */

    /* Opens another registry object on the store. */
    registry *(*open)(void *store);

    /* Removes all provider nodes of the interface without using the registry. NULL: the test that
     * needs it is left out. */
    void (*delete_by_hand)(void *store, const char *interface);

    /* Ends all sessions by force. NULL: the test that needs it is left out. */
    void (*disturb)(void *store);
} contract_fixture;

/* Runs the suite. Returns the number of tests that failed. */
int registry_contract_tests(const contract_fixture *fixture);

#endif

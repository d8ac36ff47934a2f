/* What every kind of registry has to pass: registry.h's promises, as seen by somebody who opens
 * several registry objects on one store.
 *
 * A kind's test program fills in a fixture and returns registry_contract_tests(&fixture) from
 * main(). */
#ifndef TESTS_REGISTRY_CONTRACT_H
#define TESTS_REGISTRY_CONTRACT_H

#include "registry/registry.h"

/* What a store that cannot be written to has to hold; to others the suite writes it itself. */
#define CONTRACT_INTERFACE "com.contract.Present"
#define CONTRACT_URL_1 "jsonrpc://10.0.0.1:8080/com.contract.Present?category=providers&methods=a,b"
#define CONTRACT_URL_2 "jsonrpc://10.0.0.2:8080/com.contract.Present?category=providers"

typedef struct contract_fixture {
    const char *name;
    void *store; /* yours: handed to the functions below; empty at the start, but for the above */
    bool is_writable; /* false: what is registered is accepted and not seen */
    int limit_ms;     /* how long anything may take until it is seen; 0: 5000 */

    /* Another registry object on the store. */
    registry *(*open)(void *store);

    /* Each may be NULL, then the test that needs it is left out. */
    void (*delete_by_hand)(
        void *store, const char *interface); /* takes all provider nodes of interface away behind
                                                the registries' backs */
    void (*disturb)(void *store); /* ends all sessions by force; what was registered and subscribed
                                     has to come back by itself */
} contract_fixture;

/* Runs the suite; the number of failed tests. */
int registry_contract_tests(const contract_fixture *fixture);

#endif

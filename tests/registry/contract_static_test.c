/* The static registry passes the contract of all read-only registries. */
#include "tests/registry/contract.h"

#include "tests/support/test.h"

static registry *open_static(void *store)
{
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = store};
    assert_status(DUBBOC_OK, registry_open(&settings, &self, &err), &err);
    return self;
}

int main(void)
{
    static char address[] = "static:" CONTRACT_URL_1 "," CONTRACT_URL_2;
    const contract_fixture fixture = {.name = "static", .store = address, .open = open_static};
    return registry_contract_tests(&fixture);
}

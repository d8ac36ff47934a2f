#include "tests/registry/contract_steps.h"

int registry_contract_tests(const contract_fixture *fixture)
{
    contract_use_kind(fixture);
    int failed = contract_subscribe_tests() + contract_use_tests();
    if (fixture->is_writable)
        failed += contract_register_tests() + contract_recover_tests();
    return failed;
}

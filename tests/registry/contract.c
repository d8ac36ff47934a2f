#include "tests/registry/contract_steps.h"

#include <stdio.h>

int registry_contract_tests(const contract_fixture *fixture)
{
    contract_tests tests = {.count = 0};
    contract_use_kind(fixture);
    contract_add_subscribe(&tests);
    contract_add_use(&tests);
    if (!fixture->is_writable)
        return _cmocka_run_group_tests(fixture->name, tests.items, tests.count, NULL, NULL);
    contract_add_register(&tests);
    contract_add_recover(&tests);
    return _cmocka_run_group_tests(
        fixture->name, tests.items, tests.count, contract_write_present, contract_remove_present);
}

/* The file registry passes the contract of all registries. */
#include "tests/registry/contract.h"

#include "tests/support/test.h"

#include <ftw.h>

static registry *open_file(void *store)
{
    char address[300];
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = address};
    snprintf(address, sizeof address, "file://%s", (char *)store);
    assert_status(DUBBOC_OK, registry_open(&settings, &self, &err), &err);
    return self;
}

static int remove_file(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)where;
    return type == FTW_F ? remove(path) : 0;
}

static void delete_by_hand(void *store, const char *interface)
{
    char path[600];
    snprintf(path, sizeof path, "%s/dubbo/%s/providers", (char *)store, interface);
    assert_int_equal(nftw(path, remove_file, 16, FTW_PHYS), 0);
}

int main(void)
{
    char *folder = test_folder_new();
    const contract_fixture fixture = {.name = "file",
        .store = folder,
        .is_writable = true,
        .open = open_file,
        .delete_by_hand = delete_by_hand};
    int failed = registry_contract_tests(&fixture);
    test_folder_remove(folder);
    return failed;
}

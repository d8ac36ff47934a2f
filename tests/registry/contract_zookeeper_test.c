/* The ZooKeeper registry passes the contract of all registries, with a real server. */
#include "tests/registry/contract.h"

#include "tests/support/test.h"

#include "tests/support/zookeeper_client.h"
#include "tests/support/zookeeper_server.h"

#define SESSION_MS 1000

static registry *open_zookeeper(void *store)
{
    char address[64];
    registry *self = NULL;
    dubboc_error err;
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(store));
    registry_settings settings = {
        .address = address, .timeout_ms = SESSION_MS, .self_check_ms = 200};
    assert_status(DUBBOC_OK, registry_open(&settings, &self, &err), &err);
    return self;
}

static void delete_by_hand(void *store, const char *interface)
{
    char path[300];
    zookeeper_client *client = zookeeper_client_new(zookeeper_server_address(store), NULL);
    snprintf(path, sizeof path, "/dubbo/%s/providers", interface);
    zookeeper_client_delete_children(client, path);
    zookeeper_client_free(client);
}

/* Makes the server lose everything: sessions, nodes, and the number of its last transaction. */
static void wipe(void *store)
{
    zookeeper_server_kill(store);
    zookeeper_server_wipe(store);
    zookeeper_server_start(store);
}

int main(void)
{
    zookeeper_server *server = zookeeper_server_new();
    zookeeper_server_start(server);
    const contract_fixture fixture = {
        .name = "zookeeper",
        .store = server,
        .is_writable = true,
        .limit_ms = 20000,
        .open = open_zookeeper,
        .delete_by_hand = delete_by_hand,
        .disturb = wipe,
    };
    int failed = registry_contract_tests(&fixture);
    zookeeper_server_free(server);
    return failed;
}

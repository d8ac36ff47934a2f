/* What the ZooKeeper registry connects to: credentials, servers that are not ZooKeeper, host names
 * and addresses. */
#include "tests/registry/server_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static void credentials_of_the_address_give_access_to_protected_nodes(void **state)
{
    (void)state;
    zookeeper_client *owner =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), "mike:p@ss+1");
    zookeeper_client_create_private(owner, "/secret");
    char address[128];
    snprintf(address, sizeof address, "zookeeper://mike:p%%40ss+1@%s?group=secret",
        zookeeper_server_address(shared_zookeeper));
    registry *self = open_at(address, 0);
    assert_null(strstr(registry_address(self), "p%40ss"));
    wait_until(is_registered, register_at(self, URL));
    registry_free(self);
    snprintf(address, sizeof address, "zookeeper://%s?group=secret",
        zookeeper_server_address(shared_zookeeper));
    self = open_at(address, 0);
    registry_registration *refused;
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_register(self, "com.other.Service", REGISTRY_PROVIDERS, URL, &refused, &err),
        &err);
    assert_status(
        DUBBOC_E_REGISTRY, registry_interfaces(self, deadline_in_ms(5000), &list, &err), &err);
    assert_contains(err.text, "not authenticated");
    assert_false(registry_is_registered(refused));
    zookeeper_client_free(owner);
    registry_free(self);
}

/* --- the server is not ZooKeeper */

typedef struct impostor {
    int listener;
    int port;
    const char *reply;
    pthread_t thread;
} impostor;

static void *answer_wrongly(void *arg)
{
    impostor *self = arg;
    for (int fd; (fd = accept(self->listener, NULL, NULL)) >= 0; close(fd)) {
        char request[256];
        if (recv(fd, request, sizeof request, 0) > 0)
            send(fd, self->reply, strlen(self->reply), MSG_NOSIGNAL);
    }
    return NULL;
}

static void impostor_start(impostor *self, const char *reply)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    self->reply = reply;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(self->listener, (struct sockaddr *)&address, len));
    assert_int_equal(0, listen(self->listener, 16));
    getsockname(self->listener, (struct sockaddr *)&address, &len);
    self->port = ntohs(address.sin_port);
    assert_int_equal(0, pthread_create(&self->thread, NULL, answer_wrongly, self));
}

static void impostor_stop(impostor *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
}

static void a_server_that_is_not_zookeeper_is_not_taken_for_one(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: "
        "0\r\nConnection: close\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n and then some more bytes so that it is long "
        "enough for a greeting\r\n",
        "?",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        impostor wrong;
        impostor_start(&wrong, replies[i]);
        char address[64];
        snprintf(address, sizeof address, "zookeeper://127.0.0.1:%d", wrong.port);
        registry *self = open_at(address, 0);
        registry_registration *registration = register_at(self, URL);
        registry_list list;
        dubboc_error err;
        assert_status(DUBBOC_E_REGISTRY,
            registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(700), &list, &err),
            &err);
        assert_false(registry_is_connected(self));
        assert_false(registry_is_registered(registration));
        assert_freed_in_time(self);
        impostor_stop(&wrong);
    }
}

static void a_name_that_does_not_resolve_is_reported_and_delays_no_caller(void **state)
{
    (void)state;
    registry *self = open_at("no-such-host.invalid:2181", 0);
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_E_REGISTRY,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(100), &list, &err),
        &err);
    assert_freed_in_time(self);
}

static void a_failed_lookup_names_every_server(void **state)
{
    (void)state;
    char address[400] = "";
    for (int i = 1; i <= 9; i++) /* no server listens on these ports */
        sprintf(address + strlen(address), "%s127.0.0.1:%d", i > 1 ? "," : "", i);
    registry *self = open_at(address, 0);
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_E_REGISTRY,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(6000), &list, &err),
        &err);
    for (int i = 1; i <= 9; i++) {
        char refused[64];
        snprintf(refused, sizeof refused, "refused by 127.0.0.1:%d", i);
        assert_contains(err.text, refused);
    }
    registry_free(self);
}

static void finds_one_provider_at(const char *address)
{
    registry_list list;
    dubboc_error err;
    registry *self = open_at(address, 0);
    dubboc_status status =
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(LIMIT_MS), &list, &err);
    if (status != DUBBOC_OK)
        print_error("%s\n", address);
    assert_status(DUBBOC_OK, status, &err);
    assert_int_equal(1, list.count);
    registry_list_free(&list);
    registry_free(self);
}

/* A look-up must reach the server with every spelling of its IPv6 address. */
static void connects_to_an_ipv6_server_in_every_spelling(void **state)
{
    (void)state;
    zookeeper_server *server = zookeeper_server_new_v6();
    if (server == NULL)
        skip();
    zookeeper_server_start(server);
    zookeeper_client *client = zookeeper_client_new(zookeeper_server_address(server), NULL);
    zookeeper_client_create(client, NODE, "", false);
    char elsewhere[512];
    snprintf(elsewhere, sizeof elsewhere, "/g/h%s", &NODE[strlen("/dubbo")]);
    zookeeper_client_create(client, elsewhere, "", false);
    /* the text before the port and the text after it; no server listens on port 1 */
    static const char *const spellings[][2] = {
        {"zookeeper://[::1]:", ""},
        {"[::1]:", ""},
        {"zookeeper://::1:", ""},
        {"zookeeper://[0:0:0:0:0:0:0:1]:", "/?group=/g/h"},
        {"zookeeper://u:p@[::1]:", "?group=g/h"},
        {"zookeeper://[::1]:", ",127.0.0.1:1,[::1]:1"},
        {"zookeeper://127.0.0.1:1,[::1]:", ""},
        {"zookeeper://127.0.0.1:1?backup=[::1]:", "&group=g/h"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char address[128];
        int port = zookeeper_server_port(server);
        snprintf(address, sizeof address, "%s%d%s", spellings[i][0], port, spellings[i][1]);
        finds_one_provider_at(address);
    }
    zookeeper_client_free(client);
    zookeeper_server_free(server);
}

static void connects_to_an_ipv4_server_by_its_mapped_address(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof address, "zookeeper://[::ffff:127.0.0.1]:%d",
        zookeeper_server_port(shared_zookeeper));
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, NODE, "", false);
    finds_one_provider_at(address);
    zookeeper_client_delete(client, NODE);
    zookeeper_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_of_the_address_give_access_to_protected_nodes),
        cmocka_unit_test(a_server_that_is_not_zookeeper_is_not_taken_for_one),
        cmocka_unit_test(a_name_that_does_not_resolve_is_reported_and_delays_no_caller),
        cmocka_unit_test(a_failed_lookup_names_every_server),
        cmocka_unit_test(connects_to_an_ipv6_server_in_every_spelling),
        cmocka_unit_test(connects_to_an_ipv4_server_by_its_mapped_address),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}

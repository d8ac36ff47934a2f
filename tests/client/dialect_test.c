/* Dialects: which kind of peer a node tells of, and what it is sent (docs/dialects.md). */
#include "client/dialect.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#include <unistd.h>

static const char *dialect_of_node(const char *text)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    const char *name = dialect_of(dialect_peer_of(url))->name;
    provider_url_free(url);
    return name;
}

/* Nodes of wire.md 9.2 and 12.8, shortened. */
static void a_node_tells_its_dialect(void **state)
{
    (void)state;
    static const char *const nodes[][2] = {
        {"jsonrpc://h:1/a.B?dubbo=2.4.10&side=provider", "java"},
        {"jsonrpc://h:1/a.B?dubbo=2.0.2&generic=false", "java"},
        {"jsonrpc://h:1/a.B?dubbo=2.0.2&release=2.7.3", "java"},
        {"http://h:1/a.B?dubbo=2.0.2&release=3.2.0-beta.6-SNAPSHOT", "java"},
        {"jsonrpc://h:1/a.B?dubbo=dubbo-provider-golang-0.1.1", "dubbogo"},
        {"jsonrpc://h:1/a.B?dubbo=dubbo-provider-golang-0.2.0", "dubbogo"},
        {"jsonrpc://h:1/a.B?dubbo=dubbo-provider-golang-2.6.0", "dubbo-go"},
        {"jsonrpc://h:1/a.B?release=dubbo-golang-1.5.8", "dubbo-go"},
        {"jsonrpc://h:1/a.B?release=dubbo-golang-3.3.2&IDL-mode=1", "dubbo-go"},
        {"jsonrpc://h:1/a.B?server=node", "dubbo"},
        {"jsonrpc://h:1/a.B?dubbo=free+text", "dubbo"},
        {"http://h:1/a.B", "dubbo"},
    };
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        if (strcmp(nodes[i][1], dialect_of_node(nodes[i][0])) != 0)
            fail_msg("%s: %s, expected %s", nodes[i][0], dialect_of_node(nodes[i][0]), nodes[i][1]);
}

static void names_are_found(void **state)
{
    (void)state;
    assert_null(dialect_find(DIALECT_AUTO));
    assert_null(dialect_find(""));
    assert_string_equal("dubbo-go", dialect_find("dubbo-go")->name);
    assert_false(dialect_find("dubbogo")->takes_batches);
    assert_true(dialect_find("java")->takes_batches);
}

/* What a service that is configured so is sent, as the peer saw it. */
static void call_configured(const char *section_line, char *request, size_t size)
{
    const peer_script script = {
        {PEER_READ, PEER_SEND("HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}")}};
    scripted_peer *peer = scripted_peer_new(&script, 1);
    char *folder = test_folder_new(), path[256];
    snprintf(path, sizeof path, "%s/x.ini", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "[reference x.Y]\nurl = %s/x.Y\n%s\n", scripted_peer_url(peer), section_line);
    fclose(file);
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    dubboc_error err;
    dubboc_text result = {0};
    const dubboc_slice params = {"[]", 2};
    assert_status(DUBBOC_OK, dubboc_config_load(path, &config, &err), &err);
    const dubboc_client_options options = {.size = sizeof options, .config = config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    assert_status(DUBBOC_OK, dubboc_call_raw(client, "x.Y", "m", params, NULL, &result, &err), &err);
    char *seen = scripted_peer_last_request(peer);
    snprintf(request, size, "%s", seen);
    free(seen);
    dubboc_text_free(&result);
    dubboc_client_free(client);
    dubboc_config_free(config);
    scripted_peer_free(peer);
    test_folder_remove(folder);
}

static void a_service_is_sent_what_is_usual(void **state)
{
    (void)state;
    char request[2048];
    call_configured("", request, sizeof request);
    assert_contains(request, "\r\nAccept: application/json\r\nContent-Type: application/json\r\nTimeout: ");
}

static void a_service_is_sent_what_its_section_says(void **state)
{
    (void)state;
    char request[2048];
    call_configured("dialect = jsonrpc", request, sizeof request);
    assert_contains(request, "\r\nAccept: application/json-rpc\r\nContent-Type: application/json-rpc\r\n\r\n{");
    assert_null(strstr(request, "Timeout"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_tells_its_dialect),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(a_service_is_sent_what_is_usual),
        cmocka_unit_test(a_service_is_sent_what_its_section_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

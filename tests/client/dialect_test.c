/* Dialects: how the kind of a peer is found from its node, and which headers that peer gets
 * (docs/dialects.md). */
#include "client/dialect.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#include <unistd.h>

/* An error reply with the id null, because the second call has another id than the first. */
#define REFUSAL(code)                                                                              \
    "HTTP/1.1 200 OK\r\nContent-Length: "                                                          \
    "66\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":" code ",\"message\":\"no\"}}"

static const char *dialect_of_node(const char *text)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    const char *name = dialect_of(dialect_peer_of(url))->name;
    provider_url_free(url);
    return name;
}

/* Shortened nodes of wire.md 9.2 and 12.8. */
static void the_node_of_a_provider_decides_its_dialect(void **state)
{
    (void)state;
    static const char *const nodes[][2] = {
        {"jsonrpc://h:1/a.B?dubbo=2.4.10&side=provider", "jsonrpc4j"},
        {"jsonrpc://h:1/a.B?dubbo=2.0.2&generic=false", "jsonrpc4j"},
        {"jsonrpc://h:1/a.B?dubbo=2.0.2&release=2.7.3", "jsonrpc4j"},
        {"http://h:1/a.B?dubbo=2.0.2&release=3.2.0-beta.6-SNAPSHOT", "jsonrpc4j"},
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

static void dialects_are_found_by_name(void **state)
{
    (void)state;
    assert_null(dialect_find(DIALECT_AUTO));
    assert_null(dialect_find(""));
    assert_string_equal("dubbo-go", dialect_find("dubbo-go")->name);
    assert_false(dialect_find("dubbogo")->takes_batches);
    assert_true(dialect_find("jsonrpc4j")->takes_batches);
    assert_ptr_equal(dialect_find("java"), dialect_find("jsonrpc4j"));
}

/* A client whose configuration has one service section, and its peer. */
typedef struct fixture {
    scripted_peer *peer;
    char *folder;
    dubboc_config *config;
    dubboc_client *client;
} fixture;

static void begin(fixture *self, const peer_script *script, const char *section_line)
{
    dubboc_error err;
    char path[256];
    self->peer = scripted_peer_new(script, 1);
    self->folder = test_folder_new();
    snprintf(path, sizeof path, "%s/x.ini", self->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(
        file, "[reference x.Y]\nurl = %s/x.Y\n%s\n", scripted_peer_url(self->peer), section_line);
    fclose(file);
    assert_status(DUBBOC_OK, dubboc_config_load(path, &self->config, &err), &err);
    const dubboc_client_options options = {.size = sizeof options, .config = self->config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &err), &err);
}

static void end(fixture *self)
{
    dubboc_client_free(self->client);
    dubboc_config_free(self->config);
    scripted_peer_free(self->peer);
    test_folder_remove(self->folder);
}

static void call_expecting(fixture *self, dubboc_status expected)
{
    dubboc_error err;
    const dubboc_slice params = {"[]", 2};
    assert_status(
        expected, dubboc_call_raw(self->client, "x.Y", "m", params, NULL, NULL, &err), &err);
}

/* Makes one call with this line in the service's section, and copies the request that the peer has
 * read. */
static void call_configured(const char *section_line, char *request, size_t size)
{
    static const peer_script script = {
        {PEER_READ, PEER_SEND("HTTP/1.1 200 OK\r\nContent-Length: "
                              "35\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}")}};
    fixture self;
    begin(&self, &script, section_line);
    call_expecting(&self, DUBBOC_OK);
    char *seen = scripted_peer_last_request(self.peer);
    snprintf(request, size, "%s", seen);
    free(seen);
    end(&self);
}

static void a_request_has_the_usual_headers_by_default(void **state)
{
    (void)state;
    char request[2048];
    call_configured("", request, sizeof request);
    assert_contains(
        request, "\r\nAccept: application/json\r\nContent-Type: application/json\r\nTimeout: ");
}

static void a_request_has_the_headers_that_its_section_configures(void **state)
{
    (void)state;
    char request[2048];
    call_configured("dialect = jsonrpc", request, sizeof request);
    assert_contains(
        request, "\r\nAccept: application/json-rpc\r\nContent-Type: application/json-rpc\r\n\r\n{");
    assert_null(strstr(request, "Timeout"));
}

/* wire.md 3.1: after such a reply the peer closes the connection without a "Connection: close"
 * header. A call that used the connection again could be lost. */
static void a_connection_that_the_peer_closes_without_notice_is_not_used_again(void **state)
{
    (void)state;
    static const struct {
        const char *dialect;
        const char *reply;
        dubboc_status status;
        int connections; /* connections that two calls use */
    } cases[] = {
        {"dialect = dubbogo", REFUSAL("-32602"), DUBBOC_E_REMOTE, 2},
        {"dialect = dubbogo", REFUSAL("-32601"), DUBBOC_E_REMOTE, 2},
        {"dialect = dubbogo", REFUSAL("-32000"), DUBBOC_E_REMOTE, 1},
        {"dialect = dubbo-go", "HTTP/1.1 500 X\r\nContent-Length: 11\r\n\r\nbad request",
            DUBBOC_E_HTTP, 2},
        {"", REFUSAL("-32601"), DUBBOC_E_REMOTE, 2},
        {"dialect = jsonrpc4j", REFUSAL("-32601"), DUBBOC_E_REMOTE, 1},
        {"dialect = jsonrpc4j", "HTTP/1.1 500 X\r\nContent-Length: 11\r\n\r\nbad request",
            DUBBOC_E_HTTP, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const peer_script script = {{PEER_READ, PEER_SEND(cases[i].reply), PEER_AGAIN}};
        fixture self;
        begin(&self, &script, cases[i].dialect);
        call_expecting(&self, cases[i].status);
        call_expecting(&self, cases[i].status);
        if (scripted_peer_connections(self.peer) != cases[i].connections)
            fail_msg("%s, %s: %d connections", cases[i].dialect, cases[i].reply,
                scripted_peer_connections(self.peer));
        end(&self);
    }
}

typedef struct told_lines {
    char text[4096];
} told_lines;

static void note_line(void *arg, const char *line)
{
    told_lines *told = arg;
    size_t used = strlen(told->text);
    snprintf(told->text + used, sizeof told->text - used, "%s\n", line);
}

/* wire.md P42: no known provider leaves out both, so its reply does not tell whether the call was
 * executed. Such a reply is taken as null only if the kind of the peer is unknown. */
static void a_reply_without_result_and_error_is_null_from_unknown_peers_only(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1}",
        "HTTP/1.1 200 OK\r\nContent-Length: "
        "37\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":null}"};
    static const struct {
        const char *line;
        dubboc_status status;
        dubboc_execution execution;
    } rows[] = {
        {"dialect = jsonrpc4j", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED},
        {"dialect = dubbogo", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED},
        {"dialect = dubbo-go", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED},
        {"dialect = jsonrpc", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED},
        {"dialect = dubbo", DUBBOC_OK, DUBBOC_ANSWERED},
        {"", DUBBOC_OK, DUBBOC_ANSWERED},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const peer_script script = {{PEER_READ, PEER_SEND(replies[i % 2])}};
        dubboc_error err;
        dubboc_text result = {0};
        told_lines told = {{0}};
        const dubboc_call_options options = {
            .size = sizeof options, .explain = note_line, .explain_arg = &told};
        fixture self;
        begin(&self, &script, rows[i / 2].line);
        assert_status(rows[i / 2].status,
            dubboc_call_raw(
                self.client, "x.Y", "m", (dubboc_slice){NULL, 0}, &options, &result, &err),
            &err);
        assert_int_equal(rows[i / 2].execution, err.execution);
        assert_contains(told.text, "neither result nor error");
        assert_int_equal(1, scripted_peer_requests(self.peer));
        if (rows[i / 2].status == DUBBOC_OK)
            assert_string_equal("null", result.data);
        else
            assert_contains(err.text, "neither result nor error");
        dubboc_text_free(&result);
        end(&self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_node_of_a_provider_decides_its_dialect),
        cmocka_unit_test(dialects_are_found_by_name),
        cmocka_unit_test(a_request_has_the_usual_headers_by_default),
        cmocka_unit_test(a_request_has_the_headers_that_its_section_configures),
        cmocka_unit_test(a_connection_that_the_peer_closes_without_notice_is_not_used_again),
        cmocka_unit_test(a_reply_without_result_and_error_is_null_from_unknown_peers_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which setting is used if an option is set in several places: the order at the top of
 * <dubboc/client.h> is checked for each option, with a registry. For each place where an option can
 * be set, all weaker places have one value and this place has another one; the call shows which
 * value was used. */
#include "tests/client/call_fixture.h"

#include <unistd.h>

#include "client/reference.h"

/* The places where an option can be set, weakest first. */
typedef enum layer {
    BY_DEFAULT,
    INI,
    VARIABLE,
    CODE, /* dubboc_config_set() */
    STRUCTURE,
    NODE,
    NODE_METHOD,
    REFERENCE,
    REFERENCE_VARIABLE,
    REFERENCE_METHOD,
    REFERENCE_METHOD_VARIABLE,
    OVERRIDE,
    OVERRIDE_METHOD,
    CALL,
    LAYERS
} layer;

#define BIT(layer_) (1u << (layer_))
#define OF_CLIENT (BIT(BY_DEFAULT) | BIT(INI) | BIT(VARIABLE) | BIT(CODE) | BIT(STRUCTURE))
#define OF_REFERENCE (BIT(REFERENCE) | BIT(REFERENCE_VARIABLE))
#define EVERYWHERE (BIT(LAYERS) - 1)

static const char *const layer_names[LAYERS] = {"default", "ini", "variable", "code", "structure",
    "node", "node's method", "reference", "reference's variable", "reference's method",
    "reference's method's variable", "override", "override's method", "call"};

typedef struct world {
    char *folder;
    scripted_peer *peers[2];
    char urls[2][64];
    char nodes[1024];
    dubboc_client *client;
    dubboc_client_options structure;
    dubboc_call_options call;
    char seen[128];
    dubboc_error err;
} world;

/* One option: its two test values in each form in which it can be written, and a function that
 * finds which value is in effect. */
typedef struct option {
    const char *name;
    unsigned layers;
    const char *section, *key; /* in the configuration */
    const char *reference_key, *node_key;
    const char *texts[2];      /* in the configuration */
    const char *node_texts[2]; /* NULL: equal to texts */
    const char *expected_default;
    const peer_script *script; /* NULL: refuses_each */
    const char *node_params[2];
    void (*into_structure)(world *self, int which);
    void (*into_call)(world *self, int which);
    void (*see)(world *self);
} option;

/* --- finding the value in effect */

static dubboc_status call_m(world *self)
{
    dubboc_slice none = {NULL, 0};
    return dubboc_call_raw(self->client, "x.Y", "m", none, &self->call, NULL, &self->err);
}

static int all_requests(const world *self)
{
    return scripted_peer_requests(self->peers[0]) + scripted_peer_requests(self->peers[1]);
}

/* Reads the time-out from the Timeout header, which is a little less than the time-out. */
static void see_timeout(world *self)
{
    static const char *const limits_s[] = {"3", "1000", "2000"};
    assert_status(DUBBOC_E_REMOTE, call_m(self), &self->err);
    int called = scripted_peer_requests(self->peers[1]) > 0;
    char *request = scripted_peer_last_request(self->peers[called]);
    const char *header = strstr(request, "\r\nTimeout: ");
    assert_non_null(header);
    long long left_s = strtoll(header + strlen("\r\nTimeout: "), NULL, 10) / 1000000000;
    free(request);
    for (size_t i = 0; i < sizeof limits_s / sizeof limits_s[0]; i++)
        if (left_s <= atoi(limits_s[i]) && left_s >= atoi(limits_s[i]) - 200) {
            snprintf(self->seen, sizeof self->seen, "%ss", limits_s[i]);
            return;
        }
    fail_msg("%lld s were left", left_s);
}

static void see_retries(world *self)
{
    self->call.idempotent = 1;
    assert_status(DUBBOC_E_BROKEN, call_m(self), &self->err);
    snprintf(self->seen, sizeof self->seen, "%d", all_requests(self) - 1);
}

/* Under roundrobin the two calls of each pair go to different providers. */
static void see_load_balance(world *self)
{
    bool is_in_turn = true;
    for (int i = 1; i <= 20; i++) {
        assert_status(DUBBOC_E_REMOTE, call_m(self), &self->err);
        assert_status(DUBBOC_E_REMOTE, call_m(self), &self->err);
        is_in_turn = is_in_turn && scripted_peer_requests(self->peers[0]) == i;
    }
    snprintf(self->seen, sizeof self->seen, "%s", is_in_turn ? "roundrobin" : "random");
}

static void see_connect_timeout(world *self)
{
    const http_client_settings *settings = &self->client->http->settings;
    snprintf(
        self->seen, sizeof self->seen, "%llds", (long long)settings->connect_timeout_ms / 1000);
}

static void see_pool_size(world *self)
{
    snprintf(self->seen, sizeof self->seen, "%d", self->client->http->settings.pool_size);
}

static void see_reply_max(world *self)
{
    size_t bytes = self->client->http->settings.reply_max_bytes;
    snprintf(self->seen, sizeof self->seen, "%zuKiB", bytes / 1024);
}

static void see_registry(world *self)
{
    const registry *source = self->client->registry;
    snprintf(self->seen, sizeof self->seen, "%s", source != NULL ? registry_address(source) : "");
}

static void see_application(world *self)
{
    snprintf(self->seen, sizeof self->seen, "%s", self->client->application);
}

/* Only an idempotent call is sent a second time. */
static void see_idempotent(world *self)
{
    self->call.retries = 1;
    assert_status(DUBBOC_E_BROKEN, call_m(self), &self->err);
    snprintf(self->seen, sizeof self->seen, "%d", all_requests(self) - 1);
}

/* Finds which of the two providers was called. */
static void see_provider(world *self)
{
    dubboc_status status = call_m(self);
    if (status == DUBBOC_E_NO_PROVIDER)
        snprintf(self->seen, sizeof self->seen, "none");
    else
        snprintf(self->seen, sizeof self->seen, "p%d", scripted_peer_requests(self->peers[1]));
}

/* --- the table of options */

#define SETTER(name_, field_, value_)                                                              \
    static void name_(world *self, int which)                                                      \
    {                                                                                              \
        self->field_ = (value_);                                                                   \
    }

SETTER(structure_timeout, structure.timeout_ms, (which + 1) * INT64_C(1000000))
SETTER(call_timeout, call.timeout_ms, (which + 1) * INT64_C(1000000))
SETTER(structure_retries, structure.retries, which == 0 ? 1 : 3)
SETTER(call_retries, call.retries, which == 0 ? 1 : 3)
SETTER(structure_load_balance, structure.load_balance, which == 0 ? "random" : "roundrobin")
SETTER(call_load_balance, call.load_balance, which == 0 ? "random" : "roundrobin")
SETTER(structure_connect_timeout, structure.connect_timeout_ms, (which + 7) * 1000)
SETTER(structure_pool_size, structure.pool_size, which + 7)
SETTER(structure_reply_max, structure.reply_max_bytes, (which + 7) * 1024)
SETTER(structure_registry, structure.registry,
    which == 0 ? "static:jsonrpc://127.0.0.1:1/x.Y" : "static:jsonrpc://127.0.0.1:2/x.Y")
SETTER(structure_application, structure.application, which == 0 ? "shop" : "mall")
SETTER(call_idempotent, call.idempotent, which == 0 ? DUBBOC_NONE : 1)
SETTER(call_group, call.group, which == 0 ? "p0" : "p1")
SETTER(call_version, call.version, which == 0 ? "p0" : "p1")

static const option options[] = {
    {"timeout_ms", EVERYWHERE, "client", "request_timeout", "timeout", "timeout",
        {"1000s", "2000s"}, {"1000000", "2000000"}, "3s", NULL, {"", ""}, structure_timeout,
        call_timeout, see_timeout},
    {"retries", EVERYWHERE, "client", "retries", "retries", "retries", {"1", "3"}, {"1", "3"}, "2",
        &loses_each, {"", ""}, structure_retries, call_retries, see_retries},
    {"load_balance", OF_CLIENT | OF_REFERENCE | BIT(CALL), "client", "load_balance", "load_balance",
        NULL, {"random", "roundrobin"}, {NULL, NULL}, "random", NULL, {"", ""},
        structure_load_balance, call_load_balance, see_load_balance},
    {"connect_timeout_ms", OF_CLIENT, "client", "connect_timeout", NULL, NULL, {"7s", "8s"},
        {NULL, NULL}, "1s", NULL, {"", ""}, structure_connect_timeout, NULL, see_connect_timeout},
    {"pool_size", OF_CLIENT, "client", "pool_size", NULL, NULL, {"7", "8"}, {NULL, NULL}, "128",
        NULL, {"", ""}, structure_pool_size, NULL, see_pool_size},
    {"reply_max_bytes", OF_CLIENT, "client", "reply_max", NULL, NULL, {"7KiB", "8KiB"},
        {NULL, NULL}, "65536KiB", NULL, {"", ""}, structure_reply_max, NULL, see_reply_max},
    {"registry", OF_CLIENT, "registry", "address", NULL, NULL,
        {"static:jsonrpc://127.0.0.1:1/x.Y", "static:jsonrpc://127.0.0.1:2/x.Y"}, {NULL, NULL}, "",
        NULL, {"", ""}, structure_registry, NULL, see_registry},
    {"application", OF_CLIENT, "application", "name", NULL, NULL, {"shop", "mall"}, {NULL, NULL},
        "dubboc", NULL, {"", ""}, structure_application, NULL, see_application},
    {"idempotent", BIT(BY_DEFAULT) | BIT(NODE) | BIT(NODE_METHOD) | OF_REFERENCE | BIT(CALL), NULL,
        NULL, "idempotent", "idempotent", {"n", "m"}, {"false", "true"}, "0", &loses_each, {"", ""},
        NULL, call_idempotent, see_idempotent},
    {"group", BIT(BY_DEFAULT) | OF_REFERENCE | BIT(CALL), NULL, NULL, "group", NULL, {"p0", "p1"},
        {NULL, NULL}, "none", NULL, {"&group=p0", "&group=p1"}, NULL, call_group, see_provider},
    {"version", BIT(BY_DEFAULT) | OF_REFERENCE | BIT(CALL), NULL, NULL, "version", NULL,
        {"p0", "p1"}, {NULL, NULL}, "none", NULL, {"&version=p0", "&version=p1"}, NULL,
        call_version, see_provider},
};

/* --- setting an option */

static void set_variable(
    const char *section, const char *method, const char *key, const char *value)
{
    char name[128];
    snprintf(name, sizeof name, "DUBBOC_%s_%s%s", section, method, key);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void add_to_nodes(world *self, const char *text)
{
    size_t len = strlen(self->nodes);
    snprintf(self->nodes + len, sizeof self->nodes - len, "%s", text);
}

/* Returns which of the two values is set at this place; -1: none. */
static int said_at(const option *of, layer at, layer strongest, int which)
{
    if (at == BY_DEFAULT || at > strongest || (of->layers & BIT(at)) == 0)
        return -1;
    return at == strongest ? which : !which;
}

static void write_nodes(world *self, const option *of, layer strongest, int which)
{
    static const char *const forms[LAYERS] = {[NODE] = "&%s=%s",
        [NODE_METHOD] = "&m.%s=%s",
        [OVERRIDE] = "&%s=%s",
        [OVERRIDE_METHOD] = "&m.%s=%s"};
    char text[256];
    snprintf(self->nodes, sizeof self->nodes, "static:");
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s%s?interface=x.Y%s", i > 0 ? " " : "", self->urls[i],
            of->node_params[i]);
        add_to_nodes(self, text);
        for (layer at = NODE; at <= NODE_METHOD; at++) {
            int said = said_at(of, at, strongest, which);
            if (said >= 0) {
                snprintf(text, sizeof text, forms[at], of->node_key, of->node_texts[said]);
                add_to_nodes(self, text);
            }
        }
    }
    for (layer at = OVERRIDE; at <= OVERRIDE_METHOD; at++) {
        int said = said_at(of, at, strongest, which);
        if (said < 0)
            continue;
        add_to_nodes(self, " override://0.0.0.0/x.Y?category=configurators");
        snprintf(text, sizeof text, forms[at], of->node_key, of->node_texts[said]);
        add_to_nodes(self, text);
    }
}

static void write_ini(const char *path, const option *of, layer strongest, int which)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    int said = said_at(of, INI, strongest, which);
    if (said >= 0)
        fprintf(file, "[%s]\n%s = %s\n", of->section, of->key, of->texts[said]);
    fprintf(file, "[reference x.Y]\n");
    said = said_at(of, REFERENCE, strongest, which);
    if (said >= 0)
        fprintf(file, "%s = %s\n", of->reference_key, of->texts[said]);
    said = said_at(of, REFERENCE_METHOD, strongest, which);
    if (said >= 0)
        fprintf(file, "m.%s = %s\n", of->reference_key, of->texts[said]);
    assert_int_equal(fclose(file), 0);
}

static void write_variables(const option *of, layer strongest, int which)
{
    int said = said_at(of, VARIABLE, strongest, which);
    if (of->key != NULL)
        set_variable(of->section, "", of->key, said >= 0 ? of->texts[said] : NULL);
    if (of->reference_key == NULL)
        return;
    said = said_at(of, REFERENCE_VARIABLE, strongest, which);
    set_variable("reference_x_y", "", of->reference_key, said >= 0 ? of->texts[said] : NULL);
    said = said_at(of, REFERENCE_METHOD_VARIABLE, strongest, which);
    set_variable("reference_x_y", "m_", of->reference_key, said >= 0 ? of->texts[said] : NULL);
}

/* Makes a client with the option set in every place up to the strongest one. */
static void begin_world(world *self, const option *of, layer strongest, int which)
{
    char path[512];
    *self = (world){.folder = test_folder_new(),
        .structure = {.size = sizeof self->structure},
        .call = {.size = sizeof self->call}};
    for (int i = 0; i < 2; i++) {
        self->peers[i] = scripted_peer_new(of->script != NULL ? of->script : &refuses_each, 1);
        snprintf(self->urls[i], sizeof self->urls[i], "jsonrpc://127.0.0.1:%d/x.Y",
            scripted_peer_port(self->peers[i]));
    }
    write_nodes(self, of, strongest, which);
    if (of->see != see_registry)
        self->structure.registry = self->nodes;
    snprintf(path, sizeof path, "%s/x.ini", self->folder);
    write_ini(path, of, strongest, which);
    write_variables(of, strongest, which);
    dubboc_config *config = NULL;
    assert_status(DUBBOC_OK, dubboc_config_load(path, &config, &self->err), &self->err);
    int said = said_at(of, CODE, strongest, which);
    if (said >= 0)
        assert_status(DUBBOC_OK,
            dubboc_config_set(config, of->section, of->key, of->texts[said], &self->err),
            &self->err);
    said = said_at(of, STRUCTURE, strongest, which);
    if (said >= 0)
        of->into_structure(self, said);
    said = said_at(of, CALL, strongest, which);
    if (said >= 0)
        of->into_call(self, said);
    self->structure.config = config;
    assert_status(
        DUBBOC_OK, dubboc_client_new(&self->structure, &self->client, &self->err), &self->err);
    dubboc_config_free(config);
}

static void end_world(world *self, const option *of)
{
    dubboc_client_free(self->client);
    write_variables(of, BY_DEFAULT, 0);
    for (int i = 0; i < 2; i++)
        scripted_peer_free(self->peers[i]);
    test_folder_remove(self->folder);
}

static const char *expected_of(const option *of, layer strongest, int which)
{
    if (strongest == BY_DEFAULT)
        return of->expected_default;
    if (of->see == see_idempotent)
        return which == 0 ? "0" : "1";
    return of->texts[which];
}

static void check(const option *of, layer strongest, int which)
{
    world self;
    begin_world(&self, of, strongest, which);
    of->see(&self);
    const char *expected = expected_of(of, strongest, which);
    if (strcmp(self.seen, expected) != 0)
        fail_msg("%s of the %s: \"%s\" holds, expected \"%s\"", of->name, layer_names[strongest],
            self.seen, expected);
    end_world(&self, of);
}

static void each_option_follows_the_order_of_precedence_in_the_client_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        for (layer at = BY_DEFAULT; at < LAYERS; at++)
            for (int which = 0; which < 2; which++)
                if ((options[i].layers & BIT(at)) != 0 && (at != BY_DEFAULT || which == 0))
                    check(&options[i], at, which);
}

/* Calls two providers that lose each request; the texts are appended to their nodes. Returns the
 * number of requests to both providers, and in *to_first that to the first one. */
static int count_requests(const char *first_says, const char *second_says, int *to_first)
{
    static const option plain = {.script = &loses_each, .node_params = {"", ""}};
    const char *const says[] = {first_says, second_says};
    world self;
    begin_world(&self, &plain, BY_DEFAULT, 0);
    dubboc_client_free(self.client);
    snprintf(self.nodes, sizeof self.nodes, "static:");
    for (int i = 0; i < 2; i++) {
        add_to_nodes(&self, i > 0 ? " " : "");
        add_to_nodes(&self, self.urls[i]);
        add_to_nodes(&self, "?interface=x.Y");
        add_to_nodes(&self, says[i]);
    }
    self.structure.config = NULL;
    assert_status(
        DUBBOC_OK, dubboc_client_new(&self.structure, &self.client, &self.err), &self.err);
    assert_status(DUBBOC_E_BROKEN, call_m(&self), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    int requests = all_requests(&self);
    *to_first = scripted_peer_requests(self.peers[0]);
    end_world(&self, &plain);
    return requests;
}

static void the_node_of_the_attempt_that_failed_decides_whether_to_repeat_it(void **state)
{
    (void)state;
    int to_first;
    assert_int_equal(count_requests("", "", &to_first), 1);
    assert_int_equal(
        count_requests("&other.idempotent=true", "&other.idempotent=true", &to_first), 1);
    assert_int_equal(count_requests("&m.idempotent=true", "&m.idempotent=true", &to_first), 3);
    bool has_begun_at[2] = {false, false};
    for (int i = 0; i < 100 && !(has_begun_at[0] && has_begun_at[1]); i++) {
        /* If the first provider loses the call, the call is repeated at the second one; if the
         * second loses it, it is not repeated. */
        int all = count_requests("&m.idempotent=true", "&m.idempotent=false", &to_first);
        assert_int_equal(all, 1 + to_first);
        has_begun_at[to_first == 0] = true;
    }
    assert_true(has_begun_at[0] && has_begun_at[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_follows_the_order_of_precedence_in_the_client_header),
        cmocka_unit_test(the_node_of_the_attempt_that_failed_decides_whether_to_repeat_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

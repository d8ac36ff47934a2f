#include "tests/client/call_fixture.h"

#include "client/reference.h"
#include "selector/selector_inside.h"

#define RESULT_7 REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}")
#define ERROR_REPLY                                                                                \
    REPLY("83", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-7,\"message\":\"no "        \
                "\\u00e9\",\"data\":[1.10]}}")

const peer_script hangs_up = {{{.act = PEER_ACT_END}}};
const peer_script is_silent = {{PEER_READ, PEER_HOLD}};
const peer_script answers_7 = {{PEER_READ, PEER_SEND(RESULT_7), PEER_HOLD}};
const peer_script loses_each = {{PEER_READ}};
const peer_script refuses_each = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};

/* Without probes, which the scripts of the peers would take for calls. */
static dubboc_config *new_config(void)
{
    dubboc_error err;
    dubboc_config *config = NULL;
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &err), &err);
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, "client", "health_probe", "none", &err), &err);
    return config;
}

dubboc_client *new_client(const char *registry_url)
{
    dubboc_error err;
    dubboc_client *client = NULL;
    dubboc_config *config = new_config();
    dubboc_client_options options = {
        .size = sizeof options, .config = config, .registry = registry_url, .pool_size = 4};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    dubboc_config_free(config);
    return client;
}

void begin(fixture *self, const peer_script *script)
{
    *self = (fixture){.options = {.size = sizeof self->options, .timeout_ms = 5000}};
    self->peers[0] = scripted_peer_new(script, 1);
    snprintf(self->url, sizeof self->url, "%s/x.Y", scripted_peer_url(self->peers[0]));
    self->options.url = self->url;
    self->client = new_client(NULL);
}

void end(fixture *self)
{
    dubboc_client_free(self->client);
    for (size_t i = 0; i < 3; i++)
        scripted_peer_free(self->peers[i]);
}

void configure(fixture *self, const char *const settings[][3], size_t count)
{
    dubboc_config *config = new_config();
    dubboc_client_free(self->client);
    for (size_t i = 0; i < count; i++)
        assert_status(DUBBOC_OK,
            dubboc_config_set(config, settings[i][0], settings[i][1], settings[i][2], &self->err),
            &self->err);
    const dubboc_client_options options = {.size = sizeof options, .config = config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &self->err), &self->err);
    dubboc_config_free(config);
    self->options = (dubboc_call_options){.size = sizeof self->options};
}

dubboc_status raw_call(fixture *self, const char *params, dubboc_text *result)
{
    dubboc_slice text = {params, params != NULL ? strlen(params) : 0};
    return dubboc_call_raw(self->client, "x.Y", "m", text, &self->options, result, &self->err);
}

static void *call_in_background(void *arg)
{
    background_call *call = arg;
    call->status = dubboc_call_raw(call->self->client, "x.Y", "m", (dubboc_slice){NULL, 0},
        &call->self->options, NULL, &call->err);
    return NULL;
}

pthread_t start(background_call *call)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call_in_background, call), 0);
    return thread;
}

int requests(const fixture *self)
{
    int sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += self->peers[i] != NULL ? scripted_peer_requests(self->peers[i]) : 0;
    return sum;
}

bool peer_was_asked(void *of)
{
    return requests(of) > 0;
}

void begin_with_registry(fixture *self, const char *const addresses[][2], size_t count)
{
    char nodes[512] = "static:";
    for (size_t i = 0; i < count; i++)
        snprintf(nodes + strlen(nodes), sizeof nodes - strlen(nodes), "%s%s/x.Y?interface=x.Y%s",
            i > 0 ? " " : "", addresses[i][0], addresses[i][1]);
    self->client = new_client(nodes);
    self->options = (dubboc_call_options){
        .size = sizeof self->options, .retries = DUBBOC_NONE, .load_balance = "roundrobin"};
    reference *used;
    assert_status(DUBBOC_OK, reference_find(self->client, "x.Y", &used, &self->err), &self->err);
    atomic_store(&used->directory->states[policy_find("roundrobin")].counter, 0);
}

address address_of(const scripted_peer *peer)
{
    address made;
    snprintf(made.text, sizeof made.text, "jsonrpc://127.0.0.1:%d", scripted_peer_port(peer));
    return made;
}

address dead_address(void)
{
    scripted_peer *peer = scripted_peer_new(&hangs_up, 1);
    address made = address_of(peer);
    scripted_peer_free(peer);
    return made;
}

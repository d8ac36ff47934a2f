/* Tests configurators (wire.md 5.7): which providers they apply to, what they set, and how a
 * selector uses them. */
#include "selector/configurator.h"
#include "tests/selector/fixture.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/log.h"

#define OWN_IP "192.168.0.7"
#define RULES "config/dubbo/" SERVICE "::.configurators"
#define APP_RULES "config/dubbo/shop.configurators"

static configurators *read_for(const url_wanted *wanted, const char *const *nodes,
    const char *const *application, const char *const *service)
{
    const configurator_consumer consumer = {
        .application = "shop", .address = OWN_IP, .wanted = *wanted};
    const configurator_texts texts[CONFIGURATOR_SOURCES] = {{nodes, list_length(nodes)},
        {application, list_length(application)}, {service, list_length(service)}};
    configurators *made = NULL;
    assert_true(configurators_new(&consumer, texts, &made));
    return made;
}

static provider_url *url_of(const char *text)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    return url;
}

/* Applies override nodes to a provider, and writes the text of configured_describe() about it. */
static void describe(const char *of, const char *const *nodes, char *text, size_t size)
{
    provider_url *url = url_of(of);
    const url_wanted wanted = {
        .interface = url->interface, .group = url->group, .version = url->version};
    configurators *rules = read_for(&wanted, nodes, NOTHING, NOTHING);
    configured with;
    buffer out;
    buffer_init(&out, 4096);
    assert_true(configured_init(&with, rules, url));
    configured_describe(&with, &out);
    snprintf(text, size, "%.*s", (int)out.len, out.len > 0 ? out.data : "");
    buffer_fini(&out);
    configured_fini(&with);
    configurators_free(rules);
    provider_url_free(url);
}

typedef struct effect_case {
    const char *what;
    const char *provider;
    const char *nodes[4];
    const char *effect;
} effect_case;

#define OVER "override://"
#define TAIL "?category=configurators&dynamic=false&enabled=true"

static const effect_case effects[] = {
    {"N17 disables the provider that it names",
        "jsonrpc://127.0.0.1:10000/testService?group=testGroup&version=1.0.0",
        {OVER "127.0.0.1:10000/"
              "testService?category=configurators&disabled=true&dynamic=false&enabled=true&group="
              "testGroup&version=1.0.0"},
        "disabled=true by override 127.0.0.1:10000"},
    {"N17 means no other group", "jsonrpc://127.0.0.1:10000/testService?version=1.0.0",
        {OVER "127.0.0.1:10000/"
              "testService?category=configurators&disabled=true&dynamic=false&enabled=true&group="
              "testGroup&version=1.0.0"},
        ""},
    {"N17 means no other version", "jsonrpc://127.0.0.1:10000/testService?group=testGroup",
        {OVER "127.0.0.1:10000/"
              "testService?category=configurators&disabled=true&dynamic=false&enabled=true&group="
              "testGroup&version=1.0.0"},
        ""},
    {"N18 doubles a weight",
        "jsonrpc://192.168.35.1:10000/com.youni.UserProvider?interface=com.youni.UserProvider",
        {OVER
            "192.168.35.1:10000/"
            "com.youni.UserProvider?category=configurators&dynamic=false&enabled=true&weight=200"},
        "weight=200 by override 192.168.35.1:10000"},
    {"another port is another provider", A, {OVER "10.0.0.1:81/" SERVICE TAIL "&weight=1"}, ""},
    {"another host is another provider", A, {OVER "10.0.0.2:80/" SERVICE TAIL "&weight=1"}, ""},
    {"a port of every host", A, {OVER "0.0.0.0:80/" SERVICE TAIL "&weight=1"},
        "weight=1 by override 0.0.0.0:80"},
    {"everybody", A, {OVER "0.0.0.0/" SERVICE TAIL "&weight=1"}, "weight=1 by override 0.0.0.0"},
    {"a host without a port is a consumer's: ours", A, {OVER OWN_IP "/" SERVICE TAIL "&weight=1"},
        "weight=1 by override " OWN_IP},
    {"a host without a port is a consumer's: another's", A,
        {OVER "10.0.0.1/" SERVICE TAIL "&weight=1"}, ""},
    {"another interface", A, {OVER "0.0.0.0/com.example.Other" TAIL "&weight=1"}, ""},
    {"our application", A, {OVER "0.0.0.0/" SERVICE TAIL "&application=shop&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"any application", A, {OVER "0.0.0.0/" SERVICE TAIL "&application=*&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"another application", A, {OVER "0.0.0.0/" SERVICE TAIL "&application=other&weight=1"}, ""},
    {"our side", A, {OVER "0.0.0.0/" SERVICE TAIL "&side=consumer&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"the other side", A, {OVER "0.0.0.0/" SERVICE TAIL "&side=provider&weight=1"}, ""},
    {"a condition that holds", A "&zone=a", {OVER "0.0.0.0/" SERVICE TAIL "&~zone=a&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"a condition for any value", A, {OVER "0.0.0.0/" SERVICE TAIL "&~zone=*&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"a condition that does not hold", A "&zone=b",
        {OVER "0.0.0.0/" SERVICE TAIL "&~zone=a&weight=1"}, ""},
    {"a condition on what is not there", A, {OVER "0.0.0.0/" SERVICE TAIL "&~zone=a&weight=1"}, ""},
    {"switched off", A,
        {OVER "0.0.0.0/" SERVICE "?category=configurators&dynamic=false&enabled=false&weight=1"},
        ""},
    {"time-outs and retries, of methods too", A "&timeout=9&echo.timeout=8",
        {OVER "0.0.0.0/" SERVICE TAIL
              "&timeout=100&echo.timeout=50&methods.add.retries=0&retries=1"},
        "echo.timeout=50 by override 0.0.0.0, methods.add.retries=0 by override 0.0.0.0, retries=1 "
        "by override 0.0.0.0, "
        "timeout=100 by override 0.0.0.0"},
    {"what is never written over a provider", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&check=false&interfaces=x&compatible_config=true&weight=3"},
        "weight=3 by override 0.0.0.0"},
    {"what means nothing here", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&mock=force:return+null&loadbalance=random"}, ""},
    {"values that none can have", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&weight=many&timeout=0&retries=-1&disabled=perhaps&echo.timeout=x"},
        ""},
    {"a host is later than everybody", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER "0.0.0.0/" SERVICE TAIL "&weight=1"},
        "weight=2 by override 10.0.0.1:80"},
    {"a higher priority is later", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&priority=2&weight=2",
            OVER "0.0.0.0/" SERVICE TAIL "&priority=1&weight=1"},
        "weight=2 by override 0.0.0.0"},
    {"a negative priority is earlier", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&priority=-3&weight=2",
            OVER "0.0.0.0/" SERVICE TAIL "&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"several add up", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER "0.0.0.0/" SERVICE TAIL "&timeout=7"},
        "timeout=7 by override 0.0.0.0, weight=2 by override 10.0.0.1:80"},
    {"one that sets nothing changes nothing", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER "0.0.0.0/" SERVICE TAIL},
        "weight=2 by override 10.0.0.1:80"},
    {"one without any param clears all", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER "0.0.0.0/" SERVICE}, ""},
    {"one whose only param is anyhost clears all", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER "0.0.0.0/" SERVICE "?anyhost=true"},
        ""},
    {"one of a host without any param clears nothing", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2", OVER OWN_IP "/" SERVICE},
        "weight=2 by override 10.0.0.1:80"},
    {"empty:// clears all", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&weight=2",
            "empty://" OWN_IP "/" SERVICE "?category=configurators"},
        ""},
    {"absent sets what is missing", A, {"absent://0.0.0.0/" SERVICE TAIL "&weight=7"},
        "weight=7 by absent 0.0.0.0"},
    {"absent leaves what is there", A "&weight=5",
        {"absent://0.0.0.0/" SERVICE TAIL "&weight=7&timeout=3"}, "timeout=3 by absent 0.0.0.0"},
    {"absent leaves a default too", A "&default.timeout=5",
        {"absent://0.0.0.0/" SERVICE TAIL "&timeout=3"}, ""},
    {"broken ones and others are left out", A,
        {"override//", "route://0.0.0.0/" SERVICE "?category=routers&weight=2",
            OVER "0.0.0.0/" SERVICE TAIL "&weight=1"},
        "weight=1 by override 0.0.0.0"},
    {"the newer form says its side: consumers", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&configVersion=v2.7&side=consumer&timeout=7"},
        "timeout=7 by override 0.0.0.0"},
    {"the newer form for consumers has no port", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&configVersion=v2.7&side=consumer&timeout=7"}, ""},
    {"the newer form for providers: weight and disabled only", A,
        {OVER "10.0.0.1:80/" SERVICE TAIL "&configVersion=v2.7&side=provider&timeout=7&weight=8"},
        "weight=8 by override 10.0.0.1:80"},
    {"the newer form for providers of an application", A "&application=bank",
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=provider&application=bank&weight=8"},
        "weight=8 by override 0.0.0.0"},
    {"the newer form for providers of our application means no other's", A "&application=bank",
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=provider&application=shop&weight=8"},
        ""},
    {"the newer form without a side means nobody", A,
        {OVER "0.0.0.0/" SERVICE TAIL "&configVersion=v2.7&weight=8"}, ""},
    {"the newer form may list providers", A,
        {OVER
            "0.0.0.0/" SERVICE TAIL
            "&configVersion=v2.7&side=consumer&providerAddresses=10.0.0.9:80,10.0.0.1:80&weight=8"},
        "weight=8 by override 0.0.0.0"},
    {"the newer form may list hosts", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=10.0.0.9,10.0.0.1&weight=8"},
        "weight=8 by override 0.0.0.0"},
    {"the newer form may list other hosts", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=10.0.0.10,10.0.0.11&weight=8"},
        ""},
    {"the newer form may list a port of any host", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=0.0.0.0:80&weight=8"},
        "weight=8 by override 0.0.0.0"},
    {"the newer form may list another port of any host", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=0.0.0.0:81&weight=8"},
        ""},
    {"the newer form may list any port of any host", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=0.0.0.0:*&weight=8"},
        "weight=8 by override 0.0.0.0"},
    {"the newer form may list other providers", A,
        {OVER "0.0.0.0/" SERVICE TAIL
              "&configVersion=v2.7&side=consumer&providerAddresses=10.0.0.1:8080&weight=8"},
        ""},
    {"of an IPv6 provider", "jsonrpc://[fd00::1]:80/" SERVICE,
        {OVER "[fd00::1]:80/" SERVICE TAIL "&weight=9"}, "weight=9 by override fd00::1:80"},
};

static void each_configurator_has_the_expected_effect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        char text[512];
        describe(effects[i].provider, effects[i].nodes, text, sizeof text);
        if (strcmp(text, effects[i].effect) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", effects[i].what, text, effects[i].effect);
    }
}

static void a_rule_of_the_service_wins_over_the_application_and_over_nodes(void **state)
{
    (void)state;
    const char *const nodes[] = {
        OVER "10.0.0.1:80/" SERVICE TAIL "&weight=1&timeout=1&retries=1", NULL};
    const char *const application[] = {OVER
        "0.0.0.0/*" TAIL "&configVersion=v2.7&side=consumer&application=shop&weight=2&timeout=2",
        NULL};
    const char *const service[] = {
        OVER "0.0.0.0/" SERVICE TAIL "&configVersion=v2.7&side=consumer&weight=3", NULL};
    provider_url *url = url_of(A);
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    configurators *rules = read_for(&wanted, nodes, application, service);
    configured with;
    assert_int_equal(3, configurators_count(rules));
    assert_true(configured_init(&with, rules, url));
    assert_int_equal(3, provider_url_weight(with.url));
    assert_int_equal(2, provider_url_timeout_ms(with.url, slice_of("echo")));
    assert_true(
        configurator_is_override(configured_by(&with, provider_url_find(with.url, "retries"))));
    assert_null(configured_by(&with, provider_url_find(with.url, "interface")));
    configured_fini(&with);
    configurators_free(rules);
    provider_url_free(url);
}

/* wire.md P18: a dubbogo provider writes the timeout of its registry into its node, so that timeout
 * is ignored. A timeout that an administrator sets is one for calls and is used. */
static void a_timeout_that_an_override_sets_for_a_dubbogo_provider_is_used(void **state)
{
    (void)state;
    provider_url *url = url_of(A "&dubbo=dubbo-provider-golang-0.1.1&timeout=3");
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    configurators *rules =
        read_for(&wanted, LIST(OVER "0.0.0.0/" SERVICE TAIL "&echo.timeout=70"), NOTHING, NOTHING);
    configured with;
    assert_int_equal(0, provider_url_timeout_ms(url, slice_of("echo")));
    assert_true(configured_init(&with, rules, url));
    assert_int_equal(70, provider_url_timeout_ms(with.url, slice_of("echo")));
    assert_int_equal(0, provider_url_timeout_ms(with.url, slice_of("add")));
    configured_fini(&with);
    configurators_free(rules);
    provider_url_free(url);
}

/* wire.md 12.8: dubbo-go writes weight=0 although nobody asked for it, so that weight is ignored. A
 * weight that an administrator sets is used. */
static void a_weight_that_an_override_sets_for_a_dubbo_go_provider_is_used(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned weight;
    } cases[] = {{OVER "0.0.0.0/" SERVICE TAIL "&weight=0", 0},
        {"absent://0.0.0.0/" SERVICE TAIL "&weight=7", 7},
        {OVER "0.0.0.0/" SERVICE TAIL "&timeout=7", 100}};
    provider_url *url = url_of(A "&release=dubbo-golang-3.3.2&weight=0");
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        configurators *rules = read_for(&wanted, LIST(cases[i].text), NOTHING, NOTHING);
        configured with;
        assert_true(configured_init(&with, rules, url));
        assert_int_equal(cases[i].weight, provider_url_weight(with.url));
        configured_fini(&with);
        configurators_free(rules);
    }
    provider_url_free(url);
}

static void configurators_beyond_the_limit_are_left_out(void **state)
{
    (void)state;
    static char texts[CONFIGURATORS_MAX + 5][128];
    static const char *list[CONFIGURATORS_MAX + 6];
    for (size_t i = 0; i < CONFIGURATORS_MAX + 5; i++) {
        snprintf(texts[i], sizeof texts[i], OVER "10.0.%zu.%zu:80/" SERVICE TAIL "&weight=1",
            i >> 8, i & 255);
        list[i] = texts[i];
    }
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    configurators *rules = read_for(&wanted, list, NOTHING, NOTHING);
    assert_int_equal(CONFIGURATORS_MAX, configurators_count(rules));
    configurators_free(rules);
}

/* --- in a selector --- */

#define DISABLES_A OVER "10.0.0.1:80/" SERVICE TAIL "&disabled=true"

static void start(fixture *f)
{
    selector_settings settings = usual_settings();
    settings.load_balance = "roundrobin";
    settings.application = "shop";
    fixture_start(f, &settings);
    fake_registry_keep_data(f->source, true);
}

static void overrides_are(fixture *f, const char *const *urls)
{
    fake_registry_push_configurators(f->source, SERVICE, urls, list_length(urls));
}

static void no_rules(fixture *f)
{
    overrides_are(f, NOTHING);
    fake_registry_push_data(f->source, RULES, NULL);
    fake_registry_push_data(f->source, APP_RULES, NULL);
}

/* Starts a selector whose registry has delivered all its data. There are no rules. */
static directory *start_without_rules(fixture *f)
{
    start(f);
    directory *of = directory_of(f, SERVICE);
    no_rules(f);
    return of;
}

static void explain(directory *of, char *line, size_t size)
{
    directory_explain(of, line, size, NULL, NULL);
}

static uint8_t is_dubbogo(const provider_url *url)
{
    return slice_starts_with(provider_url_find(url, "dubbo"), "dubbo-provider-golang-0.") ? 7 : 0;
}

/* An override changes the settings of a node. The kind of peer must still be that of the provider
 * that wrote the node. */
static void an_override_does_not_change_the_kind_of_peer(void **state)
{
    (void)state;
    fixture f;
    pick held;
    selector_settings settings = usual_settings();
    settings.peer_of = is_dubbogo;
    fixture_start(&f, &settings);
    directory *of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A "&dubbo=dubbo-provider-golang-0.1.1"));
    overrides_are(&f, LIST(OVER "0.0.0.0/" SERVICE TAIL "&timeout=70"));
    pick_one(of, "echo", &held);
    assert_int_equal(70, held.timeout_ms);
    assert_int_equal(7, held.peer);
    pick_release(of, &held, PICK_GOOD);
    fixture_end(&f);
}

static void an_override_takes_effect_at_once_and_is_undone_when_it_is_removed(void **state)
{
    (void)state;
    fixture f;
    char line[512];
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A, B));
    assert_int_equal(2, directory_count(of));
    overrides_are(&f, LIST(DISABLES_A));
    assert_int_equal(1, directory_count(of));
    assert_string_equal(B_LABEL, pick_label(of, NULL, PICK_GOOD));
    explain(of, line, sizeof line);
    assert_contains(line, A_LABEL ": disabled by override 10.0.0.1:80");
    assert_contains(line, "1 configurator");
    registry_has(&f, LIST(A, B "&x=1"));
    assert_int_equal(1, directory_count(of));
    overrides_are(&f, NOTHING);
    assert_int_equal(2, directory_count(of));
    fixture_end(&f);
}

static void providers_keep_their_health_when_overrides_change(void **state)
{
    (void)state;
    fixture f;
    pick before, after;
    const pick_request request = {.method = slice_of("echo")};
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A "&weight=0"));
    assert_true(directory_pick(of, &request, &before));
    provider *same = before.provider;
    overrides_are(&f, LIST(OVER "0.0.0.0/" SERVICE TAIL "&timeout=77&echo.retries=0"));
    assert_true(directory_pick(of, &request, &after));
    assert_ptr_equal(same, after.provider);
    assert_int_equal(77, after.timeout_ms);
    assert_true(after.timeout_is_override);
    assert_int_equal(0, after.retries);
    assert_true(after.retries_are_override);
    pick_release(of, &before, PICK_GOOD);
    pick_release(of, &after, PICK_GOOD);
    fixture_end(&f);
}

static void an_absent_value_does_not_override_the_node(void **state)
{
    (void)state;
    fixture f;
    pick held;
    const pick_request request = {.method = slice_of("echo")};
    directory *of = start_without_rules(&f);
    overrides_are(&f, LIST("absent://0.0.0.0/" SERVICE TAIL "&timeout=77"));
    registry_has(&f, LIST(A));
    assert_true(directory_pick(of, &request, &held));
    assert_int_equal(77, held.timeout_ms);
    assert_false(held.timeout_is_override);
    pick_release(of, &held, PICK_GOOD);
    fixture_end(&f);
}

static void disabled_false_brings_a_disabled_provider_back(void **state)
{
    (void)state;
    fixture f;
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A "&disabled=true"));
    assert_int_equal(0, directory_count(of));
    overrides_are(&f, LIST(OVER "10.0.0.1:80/" SERVICE TAIL "&disabled=false"));
    assert_int_equal(1, directory_count(of));
    fixture_end(&f);
}

static void an_override_sets_the_weight(void **state)
{
    (void)state;
    fixture f;
    char line[512];
    unsigned of_a = 0;
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A, B));
    overrides_are(&f, LIST(OVER "10.0.0.1:80/" SERVICE TAIL "&weight=300"));
    for (int i = 0; i < 8; i++)
        of_a += strcmp(A_LABEL, pick_label(of, NULL, PICK_GOOD)) == 0 ? 1 : 0;
    assert_int_equal(6, of_a);
    overrides_are(&f, LIST(OVER "10.0.0.1:80/" SERVICE TAIL "&weight=0"));
    assert_string_equal(B_LABEL, pick_label(of, NULL, PICK_GOOD));
    assert_string_equal(B_LABEL, pick_label(of, NULL, PICK_GOOD));
    explain(of, line, sizeof line);
    assert_contains(line, A_LABEL ": weight 0 (weight=0 by override 10.0.0.1:80)");
    fixture_end(&f);
}

static void rules_of_the_config_centre_take_effect(void **state)
{
    (void)state;
    fixture f;
    char line[512];
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A, B "&application=shop"));
    fake_registry_push_data(f.source, RULES,
        "configVersion: v2.7\nscope: service\nkey: " SERVICE "\nenabled: true\nconfigs:\n"
        "- side: provider\n  addresses: ['10.0.0.1:80']\n  parameters: {disabled: true}\n");
    assert_int_equal(1, directory_count(of));
    explain(of, line, sizeof line);
    assert_contains(line, "disabled by the service's rule 10.0.0.1:80");
    fake_registry_push_data(f.source, APP_RULES,
        "scope: application\nkey: shop\nconfigs:\n- side: provider\n  addresses: ['10.0.0.2:80']\n "
        " services: ['" SERVICE "', 'com.other']\n  parameters: {disabled: true}\n");
    assert_int_equal(0, directory_count(of));
    fake_registry_push_data(f.source, RULES, NULL);
    fake_registry_push_data(f.source, APP_RULES, NULL);
    assert_int_equal(2, directory_count(of));
    fixture_end(&f);
}

static char last_log[1024];

static void hear(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg;
    (void)area;
    (void)suppressed;
    if (level <= DUBBOC_LOG_WARN)
        snprintf(last_log, sizeof last_log, "%s %s", message, fields);
}

static void a_broken_rule_is_reported_and_the_former_one_kept(void **state)
{
    (void)state;
    fixture f;
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A, B));
    fake_registry_push_data(f.source, RULES,
        "key: " SERVICE "\nconfigs: [{side: provider, addresses: ['10.0.0.1:80'], parameters: "
        "{disabled: true}}]\n");
    assert_int_equal(1, directory_count(of));
    dubboc_log_set(hear, NULL, DUBBOC_LOG_WARN);
    fake_registry_push_data(f.source, RULES, "key: " SERVICE "\nconfigs: [{side: provider\n");
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
    assert_contains(last_log, RULES);
    assert_contains(last_log, "line ");
    assert_int_equal(1, directory_count(of));
    fake_registry_push_data(f.source, RULES, "");
    assert_int_equal(2, directory_count(of));
    fixture_end(&f);
}

static void the_first_call_waits_for_the_rules_only_for_a_limited_time(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    directory *of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A, B));
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    overrides_are(&f, LIST(DISABLES_A));
    fake_registry_push_data(f.source, RULES, NULL);
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    fake_registry_push_data(f.source, APP_RULES, NULL);
    assert_status(DUBBOC_OK, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    fake_registry_keep_data(f.source, true);
    fixture_end(&f);
    start(&f);
    of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A, B));
    clock_go_on(RULES_WAIT_MS);
    selector_do_round(f.selector);
    assert_status(DUBBOC_OK, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    fixture_end(&f);
}

static void configurators_are_read_again_after_the_ttl_too(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    directory_of(&f, SERVICE);
    clock_go_on(340000);
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_refreshes(f.source));
    assert_int_equal(3, fake_registry_other_refreshes(f.source));
    fixture_end(&f);
}

static void configurators_for_which_there_was_no_memory_are_read_again(void **state)
{
    (void)state;
    fixture f;
    directory *of = start_without_rules(&f);
    registry_has(&f, LIST(A, B));
    for (unsigned long nth = 1; nth < 12; nth++) {
        alloc_fail_at(nth);
        overrides_are(&f, LIST(DISABLES_A));
        bool was_hit = alloc_fail_was_hit();
        alloc_fail_at(0);
        if (!was_hit)
            break;
        assert_int_equal(2, directory_count(of));
        unsigned before = fake_registry_other_refreshes(f.source);
        clock_go_on(READ_AGAIN_MS);
        selector_do_round(f.selector);
        assert_int_equal(before + 1, fake_registry_other_refreshes(f.source));
    }
    overrides_are(&f, LIST(DISABLES_A));
    assert_int_equal(1, directory_count(of));
    fixture_end(&f);
}

static void with_failing_memory(void *arg, bool must_work)
{
    fixture *f = arg;
    selector *made = NULL;
    directory *of = NULL;
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    dubboc_status status = selector_new(&f->settings, f->source, f->http, &made, &f->err);
    if (status == DUBBOC_OK)
        status = selector_directory(made, &wanted, &of, &f->err);
    if (status == DUBBOC_OK)
        status = subscribe_now(made, of, &f->err);
    if (status == DUBBOC_OK) {
        no_rules(f);
        registry_has(f, LIST(A, B));
        overrides_are(f, LIST(DISABLES_A, OVER "0.0.0.0/" SERVICE TAIL "&echo.timeout=5"));
        fake_registry_push_data(f->source, RULES,
            "key: " SERVICE "\nconfigs: [{side: consumer, parameters: {timeout: 5}}]\n");
        if (must_work)
            assert_int_equal(1, directory_count(of));
    }
    assert_status(
        must_work || status == DUBBOC_OK ? DUBBOC_OK : DUBBOC_E_NO_MEMORY, status, &f->err);
    selector_free(made);
}

static void a_directory_with_configurators_survives_every_failing_allocation(void **state)
{
    (void)state;
    fixture f;
    start(&f);
    assert_in_range(alloc_fail_each(with_failing_memory, &f), 60, 1000);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_configurator_has_the_expected_effect),
        cmocka_unit_test(a_rule_of_the_service_wins_over_the_application_and_over_nodes),
        cmocka_unit_test(a_timeout_that_an_override_sets_for_a_dubbogo_provider_is_used),
        cmocka_unit_test(a_weight_that_an_override_sets_for_a_dubbo_go_provider_is_used),
        cmocka_unit_test(configurators_beyond_the_limit_are_left_out),
        cmocka_unit_test(an_override_does_not_change_the_kind_of_peer),
        cmocka_unit_test(an_override_takes_effect_at_once_and_is_undone_when_it_is_removed),
        cmocka_unit_test(providers_keep_their_health_when_overrides_change),
        cmocka_unit_test(an_absent_value_does_not_override_the_node),
        cmocka_unit_test(disabled_false_brings_a_disabled_provider_back),
        cmocka_unit_test(an_override_sets_the_weight),
        cmocka_unit_test(rules_of_the_config_centre_take_effect),
        cmocka_unit_test(a_broken_rule_is_reported_and_the_former_one_kept),
        cmocka_unit_test(the_first_call_waits_for_the_rules_only_for_a_limited_time),
        cmocka_unit_test(configurators_are_read_again_after_the_ttl_too),
        cmocka_unit_test(configurators_for_which_there_was_no_memory_are_read_again),
        cmocka_unit_test(a_directory_with_configurators_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

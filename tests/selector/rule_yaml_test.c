/* Rules of the config centre (wire.md 5.9): the URLs that are made of them, and malformed rules. */
#include "selector/rule_yaml.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include "base/buffer.h"

typedef struct rule_case {
    const char *what;
    const char *text;
    const char *urls; /* one per line */
} rule_case;

#define END "configVersion=v2.7&enabled=true"

static const rule_case cases[] = {
    {"nothing", "", ""},
    {"only a comment", "# nothing\n", ""},
    {"null", "~", ""},
    {"a weight as dubbo-admin writes it",
        "configVersion: v2.7\nscope: service\nkey: com.foo.Bar\nenabled: true\nconfigs:\n- "
        "addresses:\n  - 10.0.0.1:20880\n  "
        "enabled: true\n"
        "  parameters:\n    weight: 200\n  side: provider\n  type: weight\nruntime: true\n",
        "override://10.0.0.1:20880/com.foo.Bar?category=dynamicconfigurators&" END
        "&side=provider&weight=200\n"},
    {"parameters for consumers, of some applications",
        "key: com.foo.Bar\nconfigs:\n- side: consumer\n  applications: [shop, bar]\n  parameters: "
        "{timeout: 500, retries: 0}\n",
        "override://0.0.0.0/com.foo.Bar?application=bar&category=dynamicconfigurators&" END
        "&retries=0&side=consumer&timeout=500\n"
        "override://0.0.0.0/com.foo.Bar?application=shop&category=dynamicconfigurators&" END
        "&retries=0&side=consumer&timeout=500\n"},
    {"group and version in the key",
        "key: g/com.foo.Bar:1.0\nconfigs: [{side: consumer, parameters: {timeout: 5}}]",
        "override://0.0.0.0/com.foo.Bar?category=dynamicconfigurators&" END
        "&group=g&side=consumer&timeout=5&version=1.0\n"},
    {"a key like the node's name",
        "key: com.foo.Bar:1.0:g\nconfigs: [{side: consumer, parameters: {timeout: 5}}]",
        "override://0.0.0.0/com.foo.Bar?category=dynamicconfigurators&" END
        "&group=g&side=consumer&timeout=5&version=1.0\n"},
    {"a key like the node's name, of no version and group",
        "key: 'com.foo.Bar::'\nconfigs: [{side: consumer, parameters: {timeout: 5}}]",
        "override://0.0.0.0/com.foo.Bar?category=dynamicconfigurators&" END
        "&side=consumer&timeout=5\n"},
    {"of some providers",
        "key: a.B\nconfigs: [{side: consumer, providerAddresses: ['10.0.0.1:1', '10.0.0.2:2'], "
        "parameters: {weight: 1}}]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&" END
        "&providerAddresses=10.0.0.1:1,10.0.0.2:2&side=consumer&weight=1\n"},
    {"an application's, of some services",
        "scope: application\nkey: shop\nconfigs: [{side: consumer, services: [a.B, 'g/c.D:2.0'], "
        "parameters: {timeout: 5}}]",
        "override://0.0.0.0/a.B?application=shop&category=dynamicconfigurators&" END
        "&side=consumer&timeout=5\n"
        "override://0.0.0.0/c.D?application=shop&category=dynamicconfigurators&" END
        "&group=g&side=consumer&timeout=5&version=2.0\n"},
    {"an application's, of all services",
        "scope: application\nkey: shop\nconfigs: [{side: consumer, parameters: {timeout: 5}}]",
        "override://0.0.0.0/*?application=shop&category=dynamicconfigurators&" END
        "&side=consumer&timeout=5\n"},
    {"switched off",
        "key: a.B\nenabled: false\nconfigs: [{side: consumer, parameters: {timeout: 5}}]", ""},
    {"switched off, and nothing else", "key: a.B\nenabled: no\n", ""},
    {"an entry switched off",
        "key: a.B\nconfigs: [{enabled: off, side: consumer, parameters: {timeout: 5}}, {side: "
        "consumer, parameters: {timeout: "
        "6}}]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&" END "&side=consumer&timeout=6\n"},
    {"a typed entry has its own switch",
        "key: a.B\nenabled: false\nconfigs: [{type: weight, enabled: true, side: provider, "
        "parameters: {weight: 5}}]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&" END "&side=provider&weight=5\n"},
    {"without entries", "key: a.B\nconfigs: []\n", ""},
    {"a condition that is not known",
        "key: a.B\nconfigs: [{match: {address: x}, side: consumer, parameters: {timeout: 5}}]", ""},
    {"members that are not known",
        "key: a.B\nfuture: [1]\nconfigs: [{future: 2, side: consumer, parameters: {timeout: 5}}]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&" END "&side=consumer&timeout=5\n"},
    {"a parameter cannot stand in for what the entry says",
        "key: a.B\nconfigs: [{side: consumer, parameters: {timeout: 5, side: provider, enabled: "
        "false}}]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&" END "&side=consumer&timeout=5\n"},
    {"the older form",
        "[\"override://0.0.0.0/a.B?category=dynamicconfigurators&configVersion=2.7&weight=1\"]",
        "override://0.0.0.0/a.B?category=dynamicconfigurators&configVersion=2.7&weight=1\n"},
};

static void each_rule_is_converted_to_the_expected_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        registry_list urls = {0};
        dubboc_error err;
        buffer text;
        buffer_init(&text, 1 << 16);
        if (rule_yaml_read("test", slice_of(cases[i].text), &urls, &err) != DUBBOC_OK)
            fail_msg("%s: %s", cases[i].what, err.text);
        for (size_t u = 0; u < urls.count; u++)
            buffer_printf(&text, "%s\n", urls.items[u]);
        if (!slice_is(buffer_slice(&text), cases[i].urls))
            fail_msg(
                "%s: \"%s\", expected \"%s\"", cases[i].what, buffer_text(&text), cases[i].urls);
        buffer_fini(&text);
        registry_list_free(&urls);
    }
}

static void a_malformed_rule_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const broken[][2] = {
        {"key: a.B\nconfigs: [{side: consumer", "line "},
        {"key: a.B\n\tconfigs: x", "line 2"},
        {"just text", "neither a rule"},
        {"configs: []", "the key is missing"},
        {"key: a.B", "the list configs is missing"},
        {"key: a.B\nconfigs: {}", "the list configs is missing"},
        {"key: a.B\nconfigs: [x]", "no members"},
        {"key: a.B\nconfigs: [{side: consumer}]", "the parameters are missing"},
        {"key: a.B\nconfigs: [{side: consumer, parameters: {}}]", "the parameters are missing"},
        {"key: a.B\nconfigs: [{side: consumer, parameters: [timeout]}]",
            "the parameters are missing"},
        {"key: a.B\nconfigs: [{side: consumer, parameters: {timeout: [1]}}]", "parameter"},
        {"key: a.B\nconfigs: [{side: consumer, parameters: {'a&b': 1}}]", "parameter"},
        {"key: a.B\nenabled: perhaps\nconfigs: []", "enabled is neither"},
        {"key: [a.B]\nconfigs: []", "key is not text"},
        {"key: a.B\nconfigs:\n- side: consumer\n  addresses: 10.0.0.1\n  parameters: {timeout: 1}",
            "addresses is not a list"},
        {"key: a.B\nconfigs: [{side: consumer, addresses: [[1]], parameters: {timeout: 1}}]",
            "not text"},
        {"key: a.B\nconfigs: [{side: provider, addresses: ['10.0.0.1:99999'], parameters: {weight: "
         "1}}]",
            "99999"},
        {"key: a.B\nconfigs: [{side: provider, addresses: ['a b'], parameters: {weight: 1}}]",
            "address \"a b\""},
        {"key: &x a.B\nconfigs: [*x]", "anchors"},
        {"[\"override//x\"]", "no ://"},
        {"key: \xff\xfd", ""},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        registry_list urls = {0};
        dubboc_error err;
        assert_status(
            DUBBOC_E_PARSE, rule_yaml_read("test", slice_of(broken[i][0]), &urls, &err), &err);
        assert_contains(err.text, broken[i][1]);
        assert_int_equal(0, urls.count);
    }
}

static void is_too_big(const char *start, const char *piece, size_t count, const char *what)
{
    registry_list urls = {0};
    dubboc_error err;
    buffer text;
    buffer_init(&text, 1 << 20);
    buffer_append_text(&text, start);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&text, piece);
    assert_status(DUBBOC_E_TOO_BIG, rule_yaml_read("test", buffer_slice(&text), &urls, &err), &err);
    assert_contains(err.text, what);
    buffer_fini(&text);
}

static void the_size_of_a_rule_is_limited(void **state)
{
    (void)state;
    is_too_big("# ", "x", RULE_BYTES_MAX, "bytes");
    is_too_big("", "[", 1000, "deeper");
    is_too_big("", "- ", 300, "deeper");
    is_too_big("[", "a,", RULE_NODES_MAX, "values");
    is_too_big("", "- 'override://0.0.0.0/a?b=c'\n", RULE_URLS_MAX + 1, "URLs");
}

static void read_with_failing_memory(void *arg, bool must_work)
{
    (void)arg;
    registry_list urls = {0};
    dubboc_error err;
    dubboc_status status = rule_yaml_read("test", slice_of(cases[5].text), &urls, &err);
    assert_status(must_work || status == DUBBOC_OK ? DUBBOC_OK : DUBBOC_E_NO_MEMORY, status, &err);
    registry_list_free(&urls);
}

static void reading_a_rule_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(alloc_fail_each(read_with_failing_memory, NULL), 15, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_is_converted_to_the_expected_urls),
        cmocka_unit_test(a_malformed_rule_is_refused_with_its_line),
        cmocka_unit_test(the_size_of_a_rule_is_limited),
        cmocka_unit_test(reading_a_rule_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

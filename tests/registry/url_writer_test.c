/* Tests writing provider URLs, and encoding them as nodes. */
#include "tests/support/test.h"

#include "registry/provider_url.h"
#include "registry/url_writer.h"
#include "tests/registry/nodes.h"
#include "base/url_codec.h"

static const sample_node *find_sample(const char *name)
{
    for (size_t i = 0; i < sizeof sample_nodes / sizeof sample_nodes[0]; i++)
        if (strcmp(sample_nodes[i].name, name) == 0)
            return &sample_nodes[i];
    fail_msg("no sample %s", name);
    return NULL;
}

static void encodes_to(const char *text, const char *encoded)
{
    buffer out;
    buffer_init(&out, 10000);
    url_encode(&out, slice_of(text));
    assert_string_equal(buffer_text(&out), encoded);
    buffer_fini(&out);
}

static void writes_the_recommended_node_byte_for_byte(void **state)
{
    (void)state;
    const sample_node *recommended = find_sample("N21");
    url_writer *writer = url_writer_new("jsonrpc", "192.168.35.1:10000", "/com.youni.UserProvider");
    assert_non_null(writer);
    url_writer_add(writer, "version", "1.0.0");
    url_writer_add(writer, "side", "provider");
    url_writer_add(writer, "group", "");
    url_writer_add(writer, "module", NULL);
    url_writer_addf(writer, "pid", "%d", 4242);
    url_writer_add(writer, "methods", "GetUser,GetUsers");
    url_writer_add(writer, "anyhost", "true");
    url_writer_addf(writer, "timestamp", "%lld", 1700000000000LL);
    url_writer_add(writer, "revision", "1.0.0");
    url_writer_add(writer, "interface", "com.youni.UserProvider");
    url_writer_add(writer, "application", "capp");
    url_writer_add(writer, "dubbo", "2.6.2");
    url_writer_add(writer, "category", "providers");
    char *text = url_writer_text(writer);
    assert_string_equal(text, recommended->decoded);
    encodes_to(text, recommended->encoded);
    free(text);
    url_writer_free(writer);
}

static void encodes_as_java_does_with_upper_case_hex(void **state)
{
    (void)state;
    encodes_to("AZaz09.-*_", "AZaz09.-*_");
    encodes_to(" +~/?&=:%,;#$", "%20%2B%7E%2F%3F%26%3D%3A%25%2C%3B%23%24");
    encodes_to("\xC3\xA4\x01\x7F", "%C3%A4%01%7F");
    encodes_to("", "");
}

static void encoded_samples_come_back_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sample_nodes / sizeof sample_nodes[0]; i++)
        encodes_to(sample_nodes[i].decoded, sample_nodes[i].encoded);
}

static void decodes_every_byte_that_it_encodes(void **state)
{
    (void)state;
    char bytes[255];
    for (int i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    buffer encoded, decoded;
    size_t bad_at;
    buffer_init(&encoded, 1000);
    buffer_init(&decoded, 1000);
    url_encode(&encoded, slice_make(bytes, sizeof bytes));
    assert_true(url_decode(&decoded, buffer_slice(&encoded), &bad_at));
    assert_int_equal(decoded.len, sizeof bytes);
    assert_memory_equal(decoded.data, bytes, sizeof bytes);
    buffer_clear(&decoded);
    assert_true(url_decode(&decoded, slice_of("a+b%2b%2B"), &bad_at));
    assert_string_equal(buffer_text(&decoded), "a b++");
    assert_false(url_decode(&decoded, slice_of("ab%4"), &bad_at));
    assert_int_equal(bad_at, 2);
    buffer_fini(&encoded);
    buffer_fini(&decoded);
}

static void special_characters_in_values_and_paths_survive_encoding_as_a_node(void **state)
{
    (void)state;
    static const char wild[] = "a;b#c&d=e%f+g h\ti?j/k,\xC3\xA4%41";
    url_writer *writer = url_writer_new("jsonrpc", "h:1", "ctx/a b#c?d\xC3\xA4");
    url_writer_add(writer, "wild", wild);
    url_writer_add(writer, "odd&key", "1");
    char *text = url_writer_text(writer);
    assert_non_null(text);
    buffer node;
    buffer_init(&node, 10000);
    url_encode(&node, slice_of(text));
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_node(buffer_slice(&node), &url, &err), &err);
    dubboc_slice path = slice_of("/ctx/a%20b%23c%3Fd%C3%A4");
    assert_true(slice_equal(url->path, path));
    dubboc_slice value = provider_url_find(url, "wild");
    assert_int_equal(url->param_count, 2);
    /* The value stays escaped, because decoding it would produce a tab, a control byte. */
    assert_memory_equal(value.at, "a%3Bb%23c", 9);
    provider_url_free(url);
    buffer_fini(&node);
    free(text);
    url_writer_free(writer);
}

static void values_without_control_bytes_are_read_back_as_they_were(void **state)
{
    (void)state;
    static const char *const values[] = {
        "a;b#c&d=e%f+g h?j/k,\xC3\xA4%41", "%", "+", "100%25", "a+b", "=", "&&", "x=y"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        url_writer *writer = url_writer_new("jsonrpc", "h:1", "a");
        url_writer_add(writer, "v", values[i]);
        char *text = url_writer_text(writer);
        provider_url *url = NULL;
        dubboc_error err;
        assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
        dubboc_slice value = provider_url_find(url, "v");
        if (!slice_is(value, values[i]))
            fail_msg("\"%s\" came back as \"%.*s\" from %s", values[i], SLICE_ARGS(value), text);
        provider_url_free(url);
        free(text);
        url_writer_free(writer);
    }
}

static void a_later_value_replaces_an_earlier_one(void **state)
{
    (void)state;
    url_writer *writer = url_writer_new("consumer", "10.0.0.1", "/a");
    url_writer_add(writer, "k", "1");
    url_writer_add(writer, "k", "2");
    url_writer_add(writer, "k", "");
    char *text = url_writer_text(writer);
    assert_string_equal(text, "consumer://10.0.0.1/a?k=2");
    free(text);
    url_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_recommended_node_byte_for_byte),
        cmocka_unit_test(encodes_as_java_does_with_upper_case_hex),
        cmocka_unit_test(encoded_samples_come_back_byte_for_byte),
        cmocka_unit_test(decodes_every_byte_that_it_encodes),
        cmocka_unit_test(special_characters_in_values_and_paths_survive_encoding_as_a_node),
        cmocka_unit_test(values_without_control_bytes_are_read_back_as_they_were),
        cmocka_unit_test(a_later_value_replaces_an_earlier_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

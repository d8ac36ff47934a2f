#include "tests/support/test.h"

#include "base/slice.h"
#include "registry/zookeeper/address.h"
#include "registry/zookeeper/path.h"

typedef struct reads_as {
    const char *rest; /* the text after "zookeeper:" */
    const char *servers;
    const char *root;
    const char *username;
    const char *password;
    int64_t timeout_ms;
} reads_as;

static void reads_addresses_as_dubboc_dubbo_and_dubbogo_write_them(void **state)
{
    (void)state;
    static const reads_as cases[] = {
        {"//h1:2181,h2:2182/?group=test", "h1:2181,h2:2182", "/test", NULL, NULL, 0},
        {"//h1:2181,h2:2181", "h1:2181,h2:2181", "/dubbo", NULL, NULL, 0},
        {"//h1", "h1:2181", "/dubbo", NULL, NULL, 0},
        {"//u:p%40ss%3A+%C3%A9@h1:2181?backup=h2:2181,h3&group=x", "h1:2181,h2:2181,h3:2181", "/x",
            "u", "p@ss:+\xC3\xA9", 0},
        {"//u@h1", "h1:2181", "/dubbo", "u", NULL, 0},
        {"//u:a@b@h1", "h1:2181", "/dubbo", "u", "a@b", 0},
        {"h1:2181, h2:2181", "h1:2181,h2:2181", "/dubbo", NULL, NULL, 0},
        {"127.0.0.1:2181", "127.0.0.1:2181", "/dubbo", NULL, NULL, 0},
        {"//[::1]:2182,[fe80::1]", "::1:2182,fe80::1:2181", "/dubbo", NULL, NULL, 0},
        {"//[::1]:2181,h2,127.0.0.1:2183?group=g", "::1:2181,h2:2181,127.0.0.1:2183", "/g", NULL,
            NULL, 0},
        {"//h1?backup=[::1]:2182,[::1]", "h1:2181,::1:2182,::1:2181", "/dubbo", NULL, NULL, 0},
        {"//u:p@[::1]:2182", "::1:2182", "/dubbo", "u", "p", 0},
        {"[::1]:2182", "::1:2182", "/dubbo", NULL, NULL, 0},
        {"//[::ffff:127.0.0.1]:2182", "::ffff:127.0.0.1:2182", "/dubbo", NULL, NULL, 0},
        {"//[::ffff:127.0.0.1]", "::ffff:127.0.0.1:2181", "/dubbo", NULL, NULL, 0},
        {"//[fe80::1%eth0]:2182", "fe80::1%eth0:2182", "/dubbo", NULL, NULL, 0},
        {"//[fe80::1%25eth0]:2182", "fe80::1%eth0:2182", "/dubbo", NULL, NULL, 0},
        {"//[fe80::1%25]", "fe80::1%25:2181", "/dubbo", NULL, NULL, 0},
        {"//::1:2182", "::1:2182", "/dubbo", NULL, NULL, 0},
        {"//::1", "::1:2181", "/dubbo", NULL, NULL, 0},
        {"//fe80::1%eth0:2182,::1:2182", "fe80::1%eth0:2182,::1:2182", "/dubbo", NULL, NULL, 0},
        {"//::ffff:127.0.0.1", "::ffff:127.0.0.1:2181", "/dubbo", NULL, NULL, 0},
        {"//1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:2181", "/dubbo", NULL, NULL, 0},
        {"//1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9", "/dubbo", NULL, NULL, 0},
        {"//h?group=/a/b/", "h:2181", "/a/b", NULL, NULL, 0},
        {"//h?group=%2Fa%20b", "h:2181", "/a b", NULL, NULL, 0},
        {"//h?group=/", "h:2181", "", NULL, NULL, 0},
        {"//h?timeout=3000", "h:2181", "/dubbo", NULL, NULL, 3000},
        {"//h?session=60s&timeout=1", "h:2181", "/dubbo", NULL, NULL, 60000},
        {"//h?timeout=500ms", "h:2181", "/dubbo", NULL, NULL, 500},
        {"//h?timeout=5000&zk.session.expire=30000", "h:2181", "/dubbo", NULL, NULL, 30000},
        {"//h:2181?client=curator&blockUntilConnectedWait=1000&timeout=5000&backup=h2:2181,h3:2181",
            "h:2181,h2:2181,h3:2181", "/dubbo", NULL, NULL, 5000},
        {"//h?check=false&register=true&file=%2Ftmp%2Fx&registry-type=service&group=g", "h:2181",
            "/g", NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        zk_address address;
        dubboc_error err;
        assert_status(DUBBOC_OK, zk_address_parse(slice_of(cases[i].rest), &address, &err), &err);
        assert_string_equal(cases[i].servers, address.servers);
        assert_string_equal(cases[i].root, address.root);
        assert_string_equal(cases[i].username != NULL ? cases[i].username : "-",
            address.username != NULL ? address.username : "-");
        assert_string_equal(cases[i].password != NULL ? cases[i].password : "-",
            address.password != NULL ? address.password : "-");
        assert_int_equal(cases[i].timeout_ms, address.timeout_ms);
        zk_address_fini(&address);
    }
}

static void refuses_malformed_addresses_and_names_the_mistake(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "no server"},
        {"//", "no server"},
        {"//?group=x", "no server"},
        {"//h:0", "\"h:0\""},
        {"//h:70000", "\"h:70000\""},
        {"//h:", "\"h:\""},
        {"//h:2181x", "\"h:2181x\""},
        {"//a b:2181", "\"a b:2181\""},
        {"//:2181", "\":2181\": the host is missing"},
        {"//[::1", "\"[::1\""},
        {"//[::1]2181", "after the host"},
        {"//[::1]:", "the port is missing"},
        {"//[h1]:2181", "\"[h1]:2181\""},
        {"//[]:2181", "the host is missing"},
        {"//[::1%]:2181", "invalid host"},
        {"//::1:99999", "port 99999 is over 65535"},
        {"//h1?backup=::g:2181", "\"::g:2181\""},
        {"//h/dubbo", "group="},
        {"//h?grup=x", "\"grup\""},
        {"//h?chek=false", "\"chek\": unknown"},
        {"//h?Client=curator", "\"Client\": unknown"},
        {"//h?client=curator&blockUntilConectedWait=1", "\"blockUntilConectedWait\": unknown"},
        {"//h?register=false", "\"register\": only true"},
        {"//h?secure=true", "\"secure\": unknown"},
        {"//h?subscribe=", "\"subscribe\": only true"},
        {"//h?group=", ""},
        {"//h?group=a//b", "\"a//b\": the path has an empty part"},
        {"//h?group=..", "\"..\": no part may be"},
        {"//h?group=a%2F..%2Fb", "no part may be"},
        {"//h?group=a%01b", "\"a%01b\": the path holds a character"},
        {"//h?group=a%00b", "invalid escape"},
        {"//h?group=%zz", "invalid escape"},
        {"//h?timeout=99", "time-out"},
        {"//h?timeout=-1", "time-out"},
        {"//h?timeout=2h", "time-out"},
        {"//h?session=99999s", "time-out"},
        {"//@h", "the user name before '@' is missing"},
        {"//u:%zzsecret@h", "invalid escape"},
        {"//u:secret?secret@h", "a part that is not shown here, because"},
        {"//u:secret?a=secret@h", "a part that is not shown here, because"},
        {"u:secret?secret@h", "a part that is not shown here, because"},
        {"//h?backup=u:secret@h2", "a part that is not shown here, because"},
        {"//h?password=secret", "\"password\": unknown param"},
        {"//h?username=secret", "\"username\": unknown param"},
        {"//u:x@h1:2181,secret@h2:99999", "port 99999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        zk_address address;
        dubboc_error err;
        dubboc_status status = zk_address_parse(slice_of(cases[i][0]), &address, &err);
        if (cases[i][1][0] == '\0') {
            /* an empty value is valid and means that the parameter is not set */
            assert_status(DUBBOC_OK, status, &err);
            zk_address_fini(&address);
            continue;
        }
        assert_status(DUBBOC_E_ARGUMENT, status, &err);
        assert_contains(err.text, cases[i][1]);
        assert_null(strstr(err.text, "secret"));
    }
}

typedef struct said {
    int times;
    char fields[128];
} said;

static void keep_event(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    said *self = arg;
    (void)area;
    (void)message;
    (void)suppressed;
    assert_int_equal(DUBBOC_LOG_INFO, level);
    self->times++;
    snprintf(self->fields, sizeof self->fields, "%s", fields);
}

static void the_log_names_parameters_without_effect(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "//h?client=curator&timeout=5000&check=false", "//h?timeout=5000&group=x"};
    static const char *const named[] = {"params=\"client,check\"", ""};
    for (size_t i = 0; i < 2; i++) {
        zk_address address;
        dubboc_error err;
        said heard = {0};
        dubboc_log_set(keep_event, &heard, DUBBOC_LOG_DEBUG);
        dubboc_status status = zk_address_parse(slice_of(rests[i]), &address, &err);
        dubboc_log_set(NULL, NULL, DUBBOC_LOG_DEBUG);
        assert_status(DUBBOC_OK, status, &err);
        zk_address_fini(&address);
        assert_int_equal(named[i][0] != '\0', heard.times);
        assert_string_equal(named[i], heard.fields);
    }
}

static void knows_which_paths_zookeeper_accepts(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "a", "config/dubbo/a:b", "a b/...", ".a/b..", "\xC3\xA9", "\xE4\xB8\xAD\xE6\x96\x87"};
    static const char *const refused[][2] = {
        {"", "empty"},
        {"/", "empty"},
        {"/a", "empty"},
        {"a/", "empty"},
        {"a//b", "empty"},
        {".", "\"..\""},
        {"a/../b", "\"..\""},
        {"a/.", "\"..\""},
        {"a\nb", "character"},
        {"a\x7F", "character"},
        {"\xC2\x9F", "character"},
        {"\xEE\x80\x80", "character"},
        {"\xEF\xBF\xBD", "character"},
        {"\xED\xA0\x80", "character"},
        {"\xF0\x9F\x98\x80", "character"},
        {"\xC3", "character"},
        {"\xC3(", "character"},
        {"\xC0\xAF", "character"},
        {"\xFF", "character"},
    };
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        assert_null(zk_path_fault(slice_of(taken[i])));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_contains(zk_path_fault(slice_of(refused[i][0])), refused[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses_as_dubboc_dubbo_and_dubbogo_write_them),
        cmocka_unit_test(refuses_malformed_addresses_and_names_the_mistake),
        cmocka_unit_test(the_log_names_parameters_without_effect),
        cmocka_unit_test(knows_which_paths_zookeeper_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

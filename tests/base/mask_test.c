/* Secrets in addresses of every form are masked, also if a password contains characters that have a
 * meaning in addresses. */
#include "tests/support/test.h"

#include "base/mask.h"

static void shows(const char *address, const char *expected)
{
    char *masked = mask_address_dup(slice_of(address));
    assert_non_null(masked);
    if (strcmp(masked, expected) != 0)
        print_error("%s\nis shown as %s\nexpected    %s\n", address, masked, expected);
    assert_string_equal(masked, expected);
    free(masked);
}

static void text_without_a_secret_is_not_changed(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "",
        "zookeeper://h1:2181,h2:2181/?group=dubbo&timeout=10s",
        "zookeeper://h1?backup=h2:2181,[::1]:2181",
        "h1:2181,h2:2181",
        "[::1]:2181",
        "file:///var/lib/a@b",
        "file:/var/lib/a@b",
        "static:",
        "static:jsonrpc://h:1/a.B?methods=a,b,jsonrpc://h:2/a.B",
        "http://proxy:3128",
        "http://[fe80::1%25eth0]:80/x?y=z",
        "jsonrpc://10.0.0.1:80/a.B?owner=me@example.com&retries=0",
        "jsonrpc://h/a.B?x=1&y",
        "/dubbo/a.B/providers/jsonrpc%3A%2F%2Fh%3A1%2Fa.B%3Fx%3Dy",
        "override://0.0.0.0/a.B?category=configurators&disabled=true",
        "%",
        "%2",
        "%25",
        "%2525",
        "://",
        "a://",
        "?",
        "&",
        "=",
        "?=&",
        "x%3A%2F%2F://",
        "x%253A%252F%252Fabc://h",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        shows(addresses[i], addresses[i]);
}

static void user_information_is_masked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"zookeeper://u:p@h1:2181,h2:2181/?group=g",
            "zookeeper://" MASK "@h1:2181,h2:2181/?group=g"},
        {"zookeeper://u@h1", "zookeeper://" MASK "@h1"},
        {"zookeeper://u:p@[::1]:2181", "zookeeper://" MASK "@[::1]:2181"},
        {"zookeeper://u:a/b@h1:2181?backup=h2", "zookeeper://" MASK "@h1:2181?backup=h2"},
        {"zookeeper://u:12/34@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u:a?b=c&d@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u:a#b@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u:a@b@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u:a b@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u:a,x://b@h1:2181", "zookeeper://" MASK "@h1:2181"},
        {"zookeeper://u%3Ap%40h1", "zookeeper://" MASK "%40h1"},
        {"zookeeper://h1?backup=u:p@h2", "zookeeper://" MASK "@h2"},
        {"http://u:x%3A%2F%2Fp%40@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"http://u:x%253A%252F%252F%3A%2F%2Fp@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"u:x%3A%2F%2Fp@h1:2181", MASK "@h1:2181"},
        {"u:p@h1:2181,h2:2181", MASK "@h1:2181,h2:2181"},
        {"zookeeper:u:p@h1", MASK "@h1"},
        {"etcd://u:p/q@h1:2379", "etcd://" MASK "@h1:2379"},
        {"etcd://u:p/q?r@h1:2379", "etcd://" MASK "@h1:2379"},
        {"http://u:p@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"http://u:p/q@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"http://u:p?q@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"http://u:12/q@h:80/a.B", "http://" MASK "@h:80/a.B"},
        {"http://u:p@h:80/a.B?x=1@2&y=z", "http://" MASK "@h:80/a.B?x=1@2&y=z"},
        {"http://u:p@q@h:80/a@b?x=1@2", "http://" MASK "@2"},
        {"HTTPS://u:p@h", "HTTPS://" MASK "@h"},
        {"u:p@proxy:3128", MASK "@proxy:3128"},
        {"socks5://u:p@proxy:1080", "socks5://" MASK "@proxy:1080"},
        {"static:jsonrpc://u:p@h:1/a.B,jsonrpc://v:q@h:2/a.B jsonrpc://h:3/a",
            "static:jsonrpc://" MASK "@h:1/a.B,jsonrpc://" MASK "@h:2/a.B jsonrpc://h:3/a"},
        {"static:jsonrpc://h:1/a.B,jsonrpc://v:q@h:2/a.B",
            "static:jsonrpc://h:1/a.B,jsonrpc://" MASK "@h:2/a.B"},
        {"static:jsonrpc://u:a,http://b@h:1/a.B", "static:jsonrpc://" MASK "@h:1/a.B"},
        {"jsonrpc://h:1/a.B?monitor=dubbo%3A%2F%2Fu%3Ap%40m%3A1&x=y",
            "jsonrpc://h:1/a.B?monitor=dubbo%3A%2F%2F" MASK "%40m%3A1&x=y"},
        {"jsonrpc://h:1/a.B?backup=u:p@h2&x=y", "jsonrpc://h:1/a.B?backup=" MASK "@h2&x=y"},
        {"/dubbo/a.B/providers/jsonrpc%3A%2F%2Fu%3Ap%40h%3A1%2Fa.B%3Fx%3Dy",
            "/dubbo/a.B/providers/jsonrpc%3A%2F%2F" MASK "%40h%3A1%2Fa.B%3Fx%3Dy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        shows(cases[i][0], cases[i][1]);
}

static void secret_params_are_masked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"zookeeper://h?password=p", "zookeeper://h?password=" MASK},
        {"zookeeper://h?username=u&password=p&group=g",
            "zookeeper://h?username=" MASK "&password=" MASK "&group=g"},
        {"zookeeper://h?PassWord=p", "zookeeper://h?PassWord=" MASK},
        {"zookeeper://h?p%61ssword=p", "zookeeper://h?p%61ssword=" MASK},
        {"zookeeper://h?password=a&b&group=g", "zookeeper://h?password=" MASK "&group=g"},
        {"zookeeper://h?password=a%26b=c&group=g", "zookeeper://h?password=" MASK "&group=g"},
        {"zookeeper://h?password=a?b", "zookeeper://h?password=" MASK},
        {"zookeeper://h?password=a@b", "zookeeper://" MASK},
        {"zookeeper://u:a?password=b@h", "zookeeper://" MASK},
        {"h1?password=p", "h1?password=" MASK},
        {"nacos://h?pwd=p&digest=u:p&x=y", "nacos://h?pwd=" MASK "&digest=" MASK "&x=y"},
        {"http://h/a?signature=s&private-key=k", "http://h/a?signature=" MASK "&private-key=" MASK},
        {"jsonrpc://h:1/a?registry.password=p&passwords=2&token=t",
            "jsonrpc://h:1/a?registry.password=" MASK "&passwords=" MASK "&token=" MASK},
        {"/dubbo/a/providers/jsonrpc%3A%2F%2Fh%2Fa%3Fpassword%3Dp%26x%3Dy",
            "/dubbo/a/providers/jsonrpc%3A%2F%2Fh%2Fa%3Fpassword%3D" MASK "%26x%3Dy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        shows(cases[i][0], cases[i][1]);
}

/* Tries passwords with every pair of the characters that have a meaning in addresses, in addresses
 * of every form. */
static void a_password_of_any_characters_is_masked(void **state)
{
    (void)state;
    static const char characters[] = "/?#@:&=,;%+ [].";
    static const char *const forms[] = {"zookeeper://user:%s@h1:2181,h2", "user:%s@h1:2181",
        "etcd://user:%s@h1", "http://user:%s@h:80/path", "zookeeper://h1?password=%s",
        "zookeeper://h1?backup=user:%s@h2", "static:jsonrpc://user:%s@h:1/a.B"};
    for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++)
        for (size_t i = 0; characters[i] != '\0'; i++)
            for (size_t j = 0; characters[j] != '\0'; j++) {
                char password[64], address[256], room[256];
                snprintf(password, sizeof password, "Zq%c12%cXw", characters[i], characters[j]);
                const char *at = strstr(forms[form], "%s");
                snprintf(address, sizeof address, "%.*s%s%s", (int)(at - forms[form]), forms[form],
                    password, at + 2);
                mask_address_into(room, sizeof room, slice_of(address));
                if (strstr(room, "Zq") != NULL || strstr(room, "Xw") != NULL)
                    fail_msg("%s is shown as %s", address, room);
            }
}

/* Masks a copy of exactly this length, so that a sanitizer reports a read beyond its end. */
static char *mask_copy(const char *address, size_t len)
{
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, address, len);
    copy = realloc(copy, len > 0 ? len : 1);
    assert_non_null(copy);
    char *masked = mask_address_dup(slice_make(copy, len));
    free(copy);
    assert_non_null(masked);
    return masked;
}

static void is_masked_once(const char *address)
{
    char *once = mask_copy(address, strlen(address)), *twice = mask_copy(once, strlen(once));
    if (strcmp(once, twice) != 0)
        fail_msg("%s is shown as %s and that as %s", address, once, twice);
    free(once);
    free(twice);
}

/* Masks every combination of up to five pieces of addresses: masking must end, and masking the
 * result again must not change it. */
static void masking_a_masked_address_again_changes_nothing(void **state)
{
    (void)state;
    enum { PIECES_MAX = 5 };
    static const char *const pieces[] = {
        "://", "%3A%2F%2F", "%253A%252F%252F", "@", "/", "?", "&", "=", "password", "a", ",", ":"};
    const size_t kinds = sizeof pieces / sizeof pieces[0];
    size_t combinations = 1;
    for (size_t count = 1; count <= PIECES_MAX; count++) {
        combinations *= kinds;
        for (size_t number = 0; number < combinations; number++) {
            char address[PIECES_MAX * sizeof "%253A%252F%252F"] = "";
            for (size_t i = 0, rest = number; i < count; i++, rest /= kinds)
                strcat(address, pieces[rest % kinds]);
            is_masked_once(address);
        }
    }
}

/* Malformed addresses that users type by mistake. */
static void possible_secrets_in_a_malformed_address_are_masked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"zookeeper://h?auth=digest:bob:s3cret", "zookeeper://h?auth=" MASK},
        {"zookeeper://h:1?a=b;password=s3cret", "zookeeper://h:1?a=b;password=" MASK},
        {"file://u:s3cret@/tmp/x", "file://" MASK "@/tmp/x"},
        {"file://u:s3cret@h/tmp/x@y", "file://" MASK "@h/tmp/x@y"},
        {"file:u:s3cret@h", MASK "@h"},
        {"jsonrpc://h:1/a.B?accesskey=s&ssl.key-password=s&secret.key=s&x=y",
            "jsonrpc://h:1/a.B?accesskey=" MASK "&ssl.key-password=" MASK "&secret.key=" MASK
            "&x=y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        shows(cases[i][0], cases[i][1]);
}

static void text_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    char room[16];
    assert_string_equal(
        mask_address_into(room, sizeof room, slice_of("zookeeper://host:2181")), "zookeeper://hos");
    assert_string_equal(MASKED(slice_of("u:p@h")), MASK "@h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_without_a_secret_is_not_changed),
        cmocka_unit_test(user_information_is_masked),
        cmocka_unit_test(secret_params_are_masked),
        cmocka_unit_test(a_password_of_any_characters_is_masked),
        cmocka_unit_test(masking_a_masked_address_again_changes_nothing),
        cmocka_unit_test(possible_secrets_in_a_malformed_address_are_masked),
        cmocka_unit_test(text_that_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

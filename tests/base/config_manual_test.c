/* Checks that docs/dubboc.conf.5 describes exactly the keys of the table of keys, with the help
 * texts of that table. */
#include "tests/support/test.h"

#include "base/config_value.h"

static char *read_manual(void)
{
    enum { MANUAL_MAX = 256 * 1024 };
    char path[4096];
    const char *source = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/docs/dubboc.conf.5", source != NULL ? source : ".");
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, MANUAL_MAX);
    if (file == NULL || text == NULL)
        fail_msg("%s cannot be read", path);
    size_t len = fread(text, 1, MANUAL_MAX - 1, file);
    fclose(file);
    assert_in_range(len, 1, MANUAL_MAX - 2);
    return text;
}

/* Writes the text that the manual must have for this key. */
static void write_entry(const config_key *key, char *entry, size_t size)
{
    char expected[256], origin[128], method[64] = "";
    config_key_expected(key, expected, sizeof expected);
    if (key->inherits_section != NULL)
        snprintf(origin, sizeof origin, "default: %s of [%s]", key->inherits_name,
            key->inherits_section);
    else
        snprintf(origin, sizeof origin, "%s%s", key->value != NULL ? "default: " : "no default",
            key->value != NULL ? key->value : "");
    if ((key->where & CONFIG_OF_METHOD) != 0)
        snprintf(method, sizeof method, "; for one method: METHOD.%s", key->name);
    snprintf(entry, size, "\n.TP\n.B %s\n%s\n.br\n%s; %s%s\n", key->name, key->help, expected,
        origin, method);
}

static void the_manual_describes_every_key_in_its_section_and_order(void **state)
{
    (void)state;
    char *manual = read_manual();
    const char *at = strstr(manual, "\n.SH KEYS\n");
    size_t count;
    const config_key *keys = config_keys(&count);
    assert_non_null(at);
    for (size_t i = 0; i < count; i++) {
        char heading[64], entry[1024];
        bool is_first = i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0;
        snprintf(heading, sizeof heading, "\n.SS [%s%s]\n", keys[i].section,
            config_section_is_per_interface(keys[i].section) ? " INTERFACE" : "");
        if (is_first)
            assert_contains(at, heading);
        if (is_first)
            at = strstr(at, heading);
        if (keys[i].is_later)
            continue;
        write_entry(&keys[i], entry, sizeof entry);
        assert_contains(at, entry);
        at = strstr(at, entry) + 1;
    }
    free(manual);
}

static void the_manual_describes_only_keys_of_this_release(void **state)
{
    (void)state;
    char *manual = read_manual();
    size_t count, entries = 0, keys_now = 0;
    const config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++)
        keys_now += !keys[i].is_later;
    for (const char *at = strstr(manual, "\n.SH KEYS\n");
         at != NULL && (at = strstr(at, "\n.TP\n")) != NULL; at++)
        entries++;
    assert_int_equal(entries, keys_now);
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_describes_every_key_in_its_section_and_order),
        cmocka_unit_test(the_manual_describes_only_keys_of_this_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

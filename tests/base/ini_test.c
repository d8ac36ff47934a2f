#include "tests/support/test.h"

#include "base/ini.h"

/* All that the parser has reported, one event per line. */
typedef struct heard {
    char text[8192];
    size_t len;
} heard;

static void hear_section(void *arg, dubboc_slice name, unsigned line)
{
    heard *h = arg;
    h->len += (size_t)snprintf(
        h->text + h->len, sizeof h->text - h->len, "%u [%.*s]\n", line, SLICE_ARGS(name));
}

static void hear_entry(
    void *arg, dubboc_slice section, dubboc_slice key, dubboc_slice value, unsigned line)
{
    heard *h = arg;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%u %.*s/%.*s=<%.*s>\n",
        line, SLICE_ARGS(section), SLICE_ARGS(key), SLICE_ARGS(value));
}

static void hear_problem(void *arg, unsigned line, const char *what)
{
    heard *h = arg;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%u ! %s\n", line, what);
}

static const char *read_bytes(const char *text, size_t len)
{
    static heard h;
    const ini_reader reader = {
        .section = hear_section, .entry = hear_entry, .problem = hear_problem, .arg = &h};
    h.len = 0;
    h.text[0] = '\0';
    assert_status(DUBBOC_OK, ini_read(slice_make(text, len), &reader), NULL);
    return h.text;
}

static const char *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void reads_sections_and_entries_with_their_lines(void **state)
{
    (void)state;
    assert_string_equal(read_text("# comment\n; another\n\n[a]\nk = v\n  k2=v 2  \n[b c.d]\nk=\n"),
        "4 [a]\n5 a/k=<v>\n6 a/k2=<v 2>\n7 [b c.d]\n8 b c.d/k=<>\n");
}

static void keeps_what_looks_like_a_comment_or_a_quote_in_a_value(void **state)
{
    (void)state;
    assert_string_equal(read_text("[a]\nk = one ;two #three\nq = \"x\" = 'y'\n"),
        "1 [a]\n2 a/k=<one ;two #three>\n3 a/q=<\"x\" = 'y'>\n");
}

static void takes_cr_lf_and_a_last_line_without_an_end(void **state)
{
    (void)state;
    assert_string_equal(read_text("[a]\r\nk = v\r\nlast = 1"), "1 [a]\n2 a/k=<v>\n3 a/last=<1>\n");
}

static void skips_a_byte_order_mark_at_the_start_only(void **state)
{
    (void)state;
    assert_string_equal(read_text("\xEF\xBB\xBF[a]\nk=v\n"), "1 [a]\n2 a/k=<v>\n");
    assert_contains(read_text("[a]\n\xEF\xBB\xBFk=v\n"), "2 a/\xEF\xBB\xBFk=<v>");
}

/* Common INI parsers cut section names at 49 bytes and lines at 200. */
static void keeps_names_and_values_of_hundreds_of_bytes_whole(void **state)
{
    (void)state;
    char name[301], value[1001], text[2048], expected[2048];
    memset(name, 'n', 300);
    memset(value, 'v', 1000);
    name[300] = value[1000] = '\0';
    snprintf(text, sizeof text, "[%s]\n%s = %s\n", name, name, value);
    snprintf(expected, sizeof expected, "1 [%s]\n2 %s/%s=<%s>\n", name, name, name, value);
    assert_string_equal(read_text(text), expected);
}

static void takes_a_line_of_64_kib_and_refuses_a_longer_one(void **state)
{
    (void)state;
    size_t size = INI_LINE_BYTES_MAX + 64;
    char *text = calloc(1, size);
    assert_non_null(text);
    memset(text, ' ', size - 1);
    memcpy(text, "[a]\nk=v", 7);
    memcpy(text + 4 + INI_LINE_BYTES_MAX, "\nl=w", 4);
    text[4 + INI_LINE_BYTES_MAX + 4] = '\0';
    assert_string_equal(read_text(text), "1 [a]\n2 a/k=<v>\n3 a/l=<w>\n");
    memmove(text + 5 + INI_LINE_BYTES_MAX, text + 4 + INI_LINE_BYTES_MAX, 5);
    text[4 + INI_LINE_BYTES_MAX] = ' ';
    assert_string_equal(
        read_text(text), "1 [a]\n2 ! a line of 65537 bytes, expected at most 65536\n3 a/l=<w>\n");
    free(text);
}

static void names_both_lines_of_a_duplicate(void **state)
{
    (void)state;
    assert_string_equal(read_text("[a]\nk = 1\n\nk = 2\n[b]\nk = 3\n[a]\nj = 4\nk = 5\n"),
        "1 [a]\n2 a/k=<1>\n4 ! key \"k\" appears twice in [a], first in line 2\n5 [b]\n6 b/k=<3>\n"
        "7 ! section [a] appears twice, first in line 1\n8 a/j=<4>\n9 ! key \"k\" appears twice in "
        "[a], first in line 2\n");
}

static void reports_what_is_wrong_with_a_line_and_continues(void **state)
{
    (void)state;
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {"[a", "needs a ] at the end"},
        {"[a] # comment", "needs a ] at the end of its line, and nothing after it"},
        {"[]", "expected [section]"},
        {"[ ]", "expected [section]"},
        {"[a]b]", "without brackets"},
        {"[", "needs a ]"},
        {"word", "expected [section], key = value, or a comment"},
        {"= v", "expected a key"},
        {"k\x01 = v", "control byte"},
        {"k = v\x7F", "control byte"},
        {"k = v\rw", "control byte"},
        {"k = \xFF", "not UTF-8"},
        {"k = \xC3", "not UTF-8"},
        {"k = \xC0\x80", "not UTF-8"},
        {"k = \xE0\x80\x80", "not UTF-8"},
        {"k = \xED\xA0\x80", "not UTF-8"},
        {"k = \xF4\x90\x80\x80", "not UTF-8"},
        {"k = \xF0\x80\x80\x80", "not UTF-8"},
        {"# comment \x02", "control byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "[s]\nk0=v0\n%s\n[t]\nk1=v1\n", cases[i].line);
        const char *heard_text = read_text(text);
        assert_contains(heard_text, "3 ! ");
        assert_contains(heard_text, cases[i].expected);
        assert_contains(heard_text, "5 t/k1=<v1>");
    }
}

static void entries_before_the_first_section_or_after_a_broken_one_have_no_section(void **state)
{
    (void)state;
    assert_string_equal(read_text("k = v\n[a]\n[b\nk = w\n"),
        "1 ! key \"k\" is in no section: expected a [section] line before it\n2 [a]\n"
        "3 ! a section needs a ] at the end of its line, and nothing after it\n"
        "4 ! key \"k\" is in no section: expected a [section] line before it\n");
}

static void a_zero_byte_is_reported_with_its_line_and_reading_continues(void **state)
{
    (void)state;
    static const char text[] = "[a]\nk = v\0w\nl = x\n";
    assert_string_equal(read_bytes(text, sizeof text - 1),
        "1 [a]\n2 ! found a zero byte, which text must not hold\n3 a/l=<x>\n");
}

static void names_over_the_limit_are_refused_whole(void **state)
{
    (void)state;
    char name[INI_SECTION_BYTES_MAX + 2], text[4096];
    memset(name, 'n', sizeof name);
    name[INI_SECTION_BYTES_MAX + 1] = '\0';
    snprintf(text, sizeof text, "[%s]\n[a]\n%.*s = 1\n%.*s = 2\n", name, (int)INI_KEY_BYTES_MAX + 1,
        name, (int)INI_KEY_BYTES_MAX, name);
    const char *heard_text = read_text(text);
    assert_contains(heard_text, "1 ! expected [section], with a name of 1 to 1024 bytes");
    assert_contains(heard_text, "3 ! expected a key of 1 to 512 bytes");
    assert_contains(heard_text, "4 a/nnn");
}

static void utf8_in_values_is_kept(void **state)
{
    (void)state;
    assert_string_equal(read_text("[a]\nk = \xC3\xA4 \xE4\xB8\xAD \xF0\x9F\x98\x80\t.\n"),
        "1 [a]\n2 a/k=<\xC3\xA4 \xE4\xB8\xAD \xF0\x9F\x98\x80\t.>\n");
}

static void an_empty_text_has_no_entries(void **state)
{
    (void)state;
    assert_string_equal(read_text(""), "");
    assert_string_equal(read_bytes(NULL, 0), "");
    assert_string_equal(read_text("\n\n"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sections_and_entries_with_their_lines),
        cmocka_unit_test(keeps_what_looks_like_a_comment_or_a_quote_in_a_value),
        cmocka_unit_test(takes_cr_lf_and_a_last_line_without_an_end),
        cmocka_unit_test(skips_a_byte_order_mark_at_the_start_only),
        cmocka_unit_test(keeps_names_and_values_of_hundreds_of_bytes_whole),
        cmocka_unit_test(takes_a_line_of_64_kib_and_refuses_a_longer_one),
        cmocka_unit_test(names_both_lines_of_a_duplicate),
        cmocka_unit_test(reports_what_is_wrong_with_a_line_and_continues),
        cmocka_unit_test(entries_before_the_first_section_or_after_a_broken_one_have_no_section),
        cmocka_unit_test(a_zero_byte_is_reported_with_its_line_and_reading_continues),
        cmocka_unit_test(names_over_the_limit_are_refused_whole),
        cmocka_unit_test(utf8_in_values_is_kept),
        cmocka_unit_test(an_empty_text_has_no_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

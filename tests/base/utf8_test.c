#include "tests/support/test.h"

#include "base/error.h"
#include "base/utf8.h"

/* Checks the first and the last valid sequence of each length, and the invalid sequences next to
 * them (RFC 3629, section 4). */
static void accepts_exactly_the_byte_sequences_of_the_standard(void **state)
{
    static const struct {
        const char *bytes;
        size_t expected;
    } cases[] = {
        {"\x01", 1},
        {"\x7F", 1},
        {"\x80", 0},
        {"\xBF", 0},
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0}, /* overlong */
        {"\xC2\x80", 2},
        {"\xDF\xBF", 2},
        {"\xC2", 0},
        {"\xC2\x7F", 0},
        {"\xC2\xC0", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xED\xA0\x80", 0},
        {"\xED\xBF\xBF", 0}, /* surrogates */
        {"\xEE\x80\x80", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xEF\xBF", 0},
        {"\xEF\xBF\x41", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xF0\x90\x80", 0},
        {"\xFF", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dubboc_slice bytes = slice_of(cases[i].bytes);
        assert_int_equal(utf8_sequence(bytes.at, bytes.at + bytes.len), cases[i].expected);
        assert_int_equal(utf8_is_valid(bytes), cases[i].expected > 0);
    }
}

static void every_character_is_valid_and_invalid_without_its_last_byte(void **state)
{
    (void)state;
    for (uint32_t point = 0x80; point <= 0x10FFFF; point++) {
        char bytes[4];
        size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = 1; i < len; i++)
            bytes[i] = (char)(0x80 | (point >> 6 * (len - 1 - i) & 0x3F));
        bytes[0] = (char)((len == 2 ? 0xC0u : len == 3 ? 0xE0u : 0xF0u) | point >> 6 * (len - 1));
        bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
        size_t expected = is_surrogate ? 0 : len;
        if (utf8_sequence(bytes, bytes + len) != expected ||
            utf8_sequence(bytes, bytes + len - 1) != 0 ||
            utf8_end(bytes, bytes + len) != bytes + expected ||
            utf8_is_valid(slice_make(bytes, len)) == is_surrogate)
            fail_msg("U+%04X", point);
    }
}

static void a_text_is_cut_between_two_characters(void **state)
{
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    /* characters of 1, 2, 3, 4 and 1 bytes */
    dubboc_slice text = slice_of("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    (void)state;
    for (size_t max = 0; max < sizeof expected / sizeof expected[0]; max++) {
        char cut[16];
        assert_int_equal(utf8_cut(text, max).len, expected[max]);
        snprintf(cut, max + 1, "%s", text.at);
        utf8_drop_cut_tail(cut);
        assert_int_equal(strlen(cut), expected[max]);
    }
}

static void only_an_incomplete_character_is_dropped_from_the_end_of_a_text(void **state)
{
    char whole[] = "\xE2\x82\xAC", strange[] = "x\x82\x82\x82\x82";
    (void)state;
    utf8_drop_cut_tail(whole);
    assert_string_equal(whole, "\xE2\x82\xAC");
    utf8_drop_cut_tail(strange);
    assert_string_equal(strange, "x\x82\x82\x82\x82");
}

static void the_text_of_an_error_is_cut_between_two_characters(void **state)
{
    char euros[3 * DUBBOC_ERROR_TEXT_MAX + 1];
    dubboc_error err;
    (void)state;
    for (size_t i = 0; i < sizeof euros - 1; i++)
        euros[i] = "\xE2\x82\xAC"[i % 3];
    euros[sizeof euros - 1] = '\0';
    for (size_t shift = 0; shift < 3; shift++) {
        error_set(&err, DUBBOC_E_SYSTEM, "%.*s%s", (int)shift, "xx", euros);
        assert_true(utf8_is_valid(slice_of(err.text)));
        assert_in_range(strlen(err.text), DUBBOC_ERROR_TEXT_MAX - 3, DUBBOC_ERROR_TEXT_MAX - 1);
        error_prefix(&err, DUBBOC_E_SYSTEM, "%.*s", (int)shift + 1, "yyy");
        assert_true(utf8_is_valid(slice_of(err.text)));
        error_append(&err, "%s", euros);
        assert_true(utf8_is_valid(slice_of(err.text)));
        assert_in_range(strlen(err.text), DUBBOC_ERROR_TEXT_MAX - 3, DUBBOC_ERROR_TEXT_MAX - 1);
    }
}

static void control_characters_of_every_width_are_hidden(void **state)
{
    (void)state;
    static const struct {
        const char *given, *shown;
    } cases[] = {
        {"", ""},
        {"a\x1b[31mb\r\n\t\x7f", "a?[31mb????"},
        {"\xc2\x80\xc2\x9b\x33\x31m\xc2\x9f", "??31m?"},
        {"\xc2\xa0\xc3\x9b \xe2\x82\xac", "\xc2\xa0\xc3\x9b \xe2\x82\xac"},
        {"\x9b\xc2", "\x9b\xc2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        strcpy(text, cases[i].given);
        utf8_hide_controls(text);
        assert_string_equal(text, cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_exactly_the_byte_sequences_of_the_standard),
        cmocka_unit_test(every_character_is_valid_and_invalid_without_its_last_byte),
        cmocka_unit_test(a_text_is_cut_between_two_characters),
        cmocka_unit_test(only_an_incomplete_character_is_dropped_from_the_end_of_a_text),
        cmocka_unit_test(the_text_of_an_error_is_cut_between_two_characters),
        cmocka_unit_test(control_characters_of_every_width_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

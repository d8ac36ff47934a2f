/* Parses one value as its row in the table says: numbers, durations, sizes, words, lists, and texts
 * that must have a certain form. There is no guessing: a duration needs a unit, a BOOL is true or
 * false, and the error for an invalid value says what was expected. */
#include "base/config_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/address.h"
#include "base/error.h"

typedef struct value_unit {
    const char *name;
    int64_t factor;
} value_unit;

/* The largest unit first, because value_print_with_unit() takes the first one that divides the
 * value. */
static const value_unit duration_units[] = {
    {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const value_unit size_units[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};

/* Parses digits followed by exactly one of the units. */
static bool value_read_with_unit(dubboc_slice text, const value_unit *units, int64_t *out)
{
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.at[digits]))
        digits++;
    uint64_t value;
    if (!slice_u64(slice_make(text.at, digits), INT64_MAX, &value))
        return false;
    dubboc_slice rest = slice_make(text.at + digits, text.len - digits);
    for (const value_unit *u = units; u->name != NULL; u++)
        if (slice_is(rest, u->name)) {
            if (value > (uint64_t)(INT64_MAX / u->factor))
                return false;
            *out = (int64_t)value * u->factor;
            return true;
        }
    return false;
}

static void value_print_with_unit(int64_t value, const value_unit *units, char *text, size_t size)
{
    const value_unit *u = units;
    while (u[1].name != NULL && (value == 0 || value % u->factor != 0))
        u++;
    snprintf(text, size, "%" PRId64 "%s", value / u->factor, u->name);
}

bool config_parse_duration_ms(dubboc_slice text, int64_t *ms)
{
    return value_read_with_unit(text, duration_units, ms);
}

bool config_parse_size(dubboc_slice text, int64_t *bytes)
{
    return value_read_with_unit(text, size_units, bytes);
}

static bool value_words_have(const char *words, dubboc_slice word)
{
    dubboc_slice rest = slice_of(words), one;
    while (slice_next(&rest, ' ', &one))
        if (slice_equal(one, word))
            return true;
    return false;
}

bool config_list_has(const char *list, const char *word)
{
    dubboc_slice rest = slice_of(list), one;
    while (slice_next(&rest, ',', &one))
        if (slice_is(one, word))
            return true;
    return false;
}

/* Prints "a b c" as "a, b or c". */
static void value_print_words(const char *words, char *text, size_t size)
{
    dubboc_slice rest = slice_of(words), word;
    size_t len = 0;
    text[0] = '\0';
    while (slice_next(&rest, ' ', &word) && len < size) {
        const char *before = len == 0 ? "" : rest.len == 0 ? " or " : ", ";
        int printed = snprintf(text + len, size - len, "%s%.*s", before, SLICE_ARGS(word));
        len += printed > 0 ? (size_t)printed : 0;
    }
}

static const char *value_form_text(config_form form)
{
    switch (form) {
    case CONFIG_FORM_IP:
        return "an IPv4 or IPv6 address, or nothing";
    case CONFIG_FORM_HOST:
        return "a host name or an address, or nothing";
    case CONFIG_FORM_REGISTRY:
        return "zookeeper://host:port,host:port/, file:///folder, static:URL,URL, or nothing";
    case CONFIG_FORM_HTTP_URL:
        return "http://host:port/path or https://host:port/path";
    case CONFIG_FORM_NAME:
        return "letters, digits and . _ -, or nothing";
    case CONFIG_FORM_PROXY:
        return "http://host:port, the same with https, socks4, socks4a, socks5 or socks5h, or "
               "nothing";
    case CONFIG_FORM_PATH:
        return "names of letters, digits and . _ - $ ~ with one / between them, or nothing";
    case CONFIG_FORM_ANY:
        break;
    }
    return "text";
}

static const char size_format[] = "a size in bytes or with a unit (64KiB, 8MiB, 1GiB) "
                                  "from %s to %s%s%s";

static void value_expected_range(const config_key *key, char *text, size_t size)
{
    const value_unit *units = key->type == CONFIG_DURATION ? duration_units : size_units;
    char min[32], max[32];
    value_print_with_unit(key->min, units, min, sizeof min);
    value_print_with_unit(key->max, units, max, sizeof max);
    const char *or_special = key->special != NULL ? " or " : "";
    const char *special = key->special != NULL ? key->special : "";
    if (key->type == CONFIG_INT)
        snprintf(text, size, "a whole number from %" PRId64 " to %" PRId64 "%s%s", key->min,
            key->max, or_special, special);
    else if (key->type == CONFIG_DURATION)
        snprintf(text, size, "a duration with a unit (350ms, 2s, 10m, 1h) from %s to %s%s%s", min,
            max, or_special, special);
    else
        snprintf(text, size, size_format, min, max, or_special, special);
}

void config_key_expected(const config_key *key, char *text, size_t size)
{
    char words[160] = "";
    if (key->words != NULL)
        value_print_words(key->words, words, sizeof words);
    switch (key->type) {
    case CONFIG_TEXT:
        snprintf(text, size, "%s", key->words != NULL ? words : value_form_text(key->form));
        break;
    case CONFIG_LIST:
        snprintf(text, size, "%s with commas between%s%s",
            key->min > 0 ? "one or more words" : "words", key->words != NULL ? ", each once: " : "",
            words);
        break;
    case CONFIG_BOOL:
        snprintf(text, size, "true or false");
        break;
    case CONFIG_INT:
    case CONFIG_DURATION:
    case CONFIG_SIZE:
        value_expected_range(key, text, size);
        break;
    }
}

static dubboc_status value_not_expected(const config_key *key, dubboc_error *err)
{
    char expected[256];
    config_key_expected(key, expected, sizeof expected);
    return error_set(err, DUBBOC_E_CONFIG, "expected %s", expected);
}

static dubboc_status value_not_in_this_release(dubboc_slice what, dubboc_error *err)
{
    return error_set(
        err, DUBBOC_E_UNSUPPORTED, "\"%.*s\" is not in this release", SLICE_ARGS(what));
}

static dubboc_status value_read_word(const config_key *key, dubboc_slice word, dubboc_error *err)
{
    if (key->words == NULL || value_words_have(key->words, word))
        return DUBBOC_OK;
    if (key->later != NULL && value_words_have(key->later, word)) {
        char expected[256];
        config_key_expected(key, expected, sizeof expected);
        value_not_in_this_release(word, err);
        error_append(err, ", expected %s", expected);
        return DUBBOC_E_UNSUPPORTED;
    }
    value_not_expected(key, err);
    dubboc_slice rest = slice_of(key->words), one;
    char candidate[32];
    while (slice_next(&rest, ' ', &one)) {
        snprintf(candidate, sizeof candidate, "%.*s", SLICE_ARGS(one));
        if (config_is_near(word, candidate)) {
            error_append(err, ", did you mean \"%s\"?", candidate);
            break;
        }
    }
    return DUBBOC_E_CONFIG;
}

static bool value_has_any_of(dubboc_slice value, const char *bytes)
{
    for (size_t i = 0; i < value.len; i++)
        if (strchr(bytes, value.at[i]) != NULL)
            return true;
    return false;
}

/* Parses a list. White space inside an item is refused, because the comma was probably forgotten:
 * the result would be one name that does not exist. */
static dubboc_status value_read_list(const config_key *key, dubboc_slice value, dubboc_error *err)
{
    dubboc_slice rest = value, word;
    int64_t count = 0;
    while (slice_next(&rest, ',', &word)) {
        dubboc_status status = value_has_any_of(word, " \t") ? value_not_expected(key, err)
                                                             : value_read_word(key, word, err);
        if (status != DUBBOC_OK)
            return status;
        dubboc_slice others = rest, other;
        while (slice_next(&others, ',', &other))
            if (slice_equal(word, other))
                return error_set(err, DUBBOC_E_CONFIG, "\"%.*s\" appears twice, expected once",
                    SLICE_ARGS(word));
        count++;
    }
    return count < key->min ? value_not_expected(key, err) : DUBBOC_OK;
}

/* Whether the value is an address to listen on. transport/ refuses addresses that it does not
 * support. */
static bool value_is_listening_ip(dubboc_slice value)
{
    net_address address;
    return value.len == 0 || address_is_ip(value) ||
           (address_parse(value, 0, &address, NULL) == DUBBOC_OK && address.is_unix);
}

/* Whether the value is a host. A zone is refused, because it is valid on this machine only. */
static bool value_is_host(dubboc_slice value)
{
    net_address address;
    return address_parse(value, ADDRESS_BARE_IPV6, &address, NULL) == DUBBOC_OK &&
           address.port == 0 && !address.is_unix && !value_has_any_of(value, "%");
}

static bool value_starts_with_any_of(dubboc_slice value, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++)
        if (slice_starts_with(value, *prefixes))
            return true;
    return false;
}

static dubboc_status value_read_registry(
    const config_key *key, dubboc_slice value, dubboc_error *err)
{
    static const char *const kinds[] = {"zookeeper:", "file:", "static:", NULL};
    static const char *const kinds_later[] = {"http:", "https:", "nacos:", "etcd:", "etcdv3:",
        "consul:", "redis:", "multicast:", "kubernetes:", NULL};
    if (value.len == 0 || value_starts_with_any_of(value, kinds))
        return DUBBOC_OK;
    if (value_starts_with_any_of(value, kinds_later))
        return value_not_in_this_release(
            slice_make(
                value.at, (size_t)((const char *)memchr(value.at, ':', value.len) - value.at)),
            err);
    /* dubbogo's form without a scheme: host:port,host:port */
    bool is_bare = memmem(value.at, value.len, "://", 3) == NULL &&
                   memchr(value.at, ':', value.len) != NULL && !value_has_any_of(value, " \t/");
    return is_bare ? DUBBOC_OK : value_not_expected(key, err);
}

static bool value_is_http_url(dubboc_slice value)
{
    static const char *const http[] = {"http://", "https://", NULL};
    net_address ignored;
    if (!value_starts_with_any_of(value, http) || value_has_any_of(value, " \t"))
        return false;
    size_t before = slice_starts_with(value, http[0]) ? strlen(http[0]) : strlen(http[1]);
    dubboc_slice rest = slice_make(value.at + before, value.len - before);
    dubboc_slice address = slice_make(rest.at, address_length_in_url(rest, "?"));
    const char *at = address.len > 0 ? memrchr(address.at, '@', address.len) : NULL;
    if (at != NULL)
        address = slice_make(at + 1, (size_t)(address.at + address.len - at - 1));
    return address_parse(address, ADDRESS_BARE_IPV6, &ignored, NULL) == DUBBOC_OK;
}

/* Whether the value is a proxy URL. It is checked here because libcurl checks the scheme only when
 * it connects. Without a scheme libcurl uses http. */
static bool value_is_proxy(dubboc_slice value)
{
    static const char *const schemes[] = {
        "http", "https", "socks4", "socks4a", "socks5", "socks5h", NULL};
    const char *end = memmem(value.at, value.len, "://", 3);
    if (end == NULL)
        return true;
    dubboc_slice scheme = slice_make(value.at, (size_t)(end - value.at));
    for (const char *const *one = schemes; *one != NULL; one++)
        if (slice_is_nocase(scheme, *one))
            return true;
    return false;
}

static bool value_is_all_of(dubboc_slice value, const char *others)
{
    for (size_t i = 0; i < value.len; i++)
        if (!ascii_is_alnum(value.at[i]) &&
            (value.at[i] == '\0' || strchr(others, value.at[i]) == NULL))
            return false;
    return true;
}

const char *config_path_fault(dubboc_slice path)
{
    dubboc_slice rest = path, segment;
    bool has_more = true;
    while (has_more) {
        has_more = slice_cut(rest, '/', &segment, &rest);
        if (segment.len == 0)
            return "has an empty segment: write one '/' between names and none at the end";
        if (slice_is(segment, ".") || slice_is(segment, ".."))
            return "has a segment . or .., which HTTP clients resolve";
    }
    return NULL;
}

static dubboc_status value_read_path(const config_key *key, dubboc_slice value, dubboc_error *err)
{
    dubboc_slice path =
        slice_starts_with(value, "/") ? slice_make(value.at + 1, value.len - 1) : value;
    const char *fault = value.len == 0 ? NULL : config_path_fault(path);
    if (fault != NULL)
        return error_set(err, DUBBOC_E_CONFIG, "the path %s", fault);
    return value_is_all_of(value, "._-$~/") ? DUBBOC_OK : value_not_expected(key, err);
}

static dubboc_status value_read_text(const config_key *key, dubboc_slice value, dubboc_error *err)
{
    switch (key->form) {
    case CONFIG_FORM_IP:
        return value_is_listening_ip(value) ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_FORM_HOST:
        return value.len == 0 || value_is_host(value) ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_FORM_REGISTRY:
        return value_read_registry(key, value, err);
    case CONFIG_FORM_HTTP_URL:
        return value_is_http_url(value) ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_FORM_NAME:
        return value_is_all_of(value, "._-") ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_FORM_PROXY:
        return value_is_proxy(value) ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_FORM_PATH:
        return value_read_path(key, value, err);
    case CONFIG_FORM_ANY:
        break;
    }
    return value_read_word(key, value, err);
}

static dubboc_status value_read_number(
    const config_key *key, dubboc_slice value, int64_t *number, dubboc_error *err)
{
    int64_t read = 0;
    uint64_t plain;
    bool is_read;
    if (key->special != NULL && slice_is(value, key->special)) {
        *number = -1;
        return DUBBOC_OK;
    }
    if (key->type == CONFIG_INT) {
        is_read = slice_u64(value, INT64_MAX, &plain);
        read = is_read ? (int64_t)plain : 0;
    } else if (key->type == CONFIG_DURATION) {
        is_read = config_parse_duration_ms(value, &read);
    } else {
        is_read = config_parse_size(value, &read);
    }
    if (!is_read || read < key->min || read > key->max)
        return value_not_expected(key, err);
    *number = read;
    return DUBBOC_OK;
}

static dubboc_status value_read_by_type(
    const config_key *key, dubboc_slice value, int64_t *number, dubboc_error *err)
{
    switch (key->type) {
    case CONFIG_TEXT:
        return value_read_text(key, value, err);
    case CONFIG_LIST:
        return value_read_list(key, value, err);
    case CONFIG_BOOL:
        *number = slice_is(value, "true");
        return *number == 1 || slice_is(value, "false") ? DUBBOC_OK : value_not_expected(key, err);
    case CONFIG_INT:
    case CONFIG_DURATION:
    case CONFIG_SIZE:
        break;
    }
    return value_read_number(key, value, number, err);
}

static bool value_is_blank_at(dubboc_slice text, size_t at)
{
    return at < text.len && (text.at[at] == ' ' || text.at[at] == '\t');
}

bool config_ends_in_comment(dubboc_slice value)
{
    for (size_t i = 1; i < value.len; i++)
        if ((value.at[i] == '#' || value.at[i] == ';') && value_is_blank_at(value, i - 1) &&
            value_is_blank_at(value, i + 1))
            return true;
    return false;
}

dubboc_status config_key_read(
    const config_key *key, dubboc_slice value, int64_t *number, dubboc_error *err)
{
    *number = 0;
    dubboc_status status = value_read_by_type(key, value, number, err);
    if (status != DUBBOC_OK && config_ends_in_comment(value))
        error_append(err, "; put a comment on a line of its own");
    return status;
}

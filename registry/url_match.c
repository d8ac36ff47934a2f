/* The matching rules are those of docs/wire.md 0.1, 5.5 and 12.5. */
#include "registry/url_match.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "registry/category.h"

#define WEIGHT_DEFAULT 100

/* --- whether a provider matches */

/* Reads up to three numbers separated by dots; what follows (".1", "-beta.6-SNAPSHOT") is ignored.
 * false: the text does not begin with a number. */
static bool release_read(dubboc_slice text, unsigned numbers[3])
{
    bool any = false;
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        numbers[i] = 0;
        bool has_digit = false;
        for (; at < text.len && ascii_is_digit(text.at[at]); at++) {
            has_digit = true;
            if (numbers[i] < 100000)
                numbers[i] = numbers[i] * 10 + (unsigned)(text.at[at] - '0');
        }
        any = any || has_digit;
        if (!has_digit || at == text.len || text.at[at] != '.') {
            for (int rest = i + 1; rest < 3; rest++)
                numbers[rest] = 0;
            break;
        }
        at++;
    }
    return any;
}

static bool release_is_at_least_2_7_4(const unsigned release[3])
{
    if (release[0] != 2)
        return release[0] > 2;
    if (release[1] != 7)
        return release[1] > 7;
    return release[2] >= 4;
}

/* The scheme "http" means JSON-RPC since Dubbo 2.7.4, and Java serialization before (docs/wire.md
 * 0.1). */
static bool url_http_mismatch(const provider_url *url, char *reason, size_t size)
{
    dubboc_slice release = provider_url_find(url, "release");
    unsigned numbers[3];
    if (release.len == 0)
        snprintf(reason, size,
            "http without a release is Java serialization; write jsonrpc:// for JSON-RPC");
    else if (!release_read(release, numbers))
        snprintf(
            reason, size, "http of release %.*s is not known to be JSON-RPC", SLICE_ARGS(release));
    else if (!release_is_at_least_2_7_4(numbers))
        snprintf(reason, size, "http of release %.*s is Java serialization", SLICE_ARGS(release));
    else
        return false;
    return true;
}

static bool url_scheme_mismatch(const provider_url *url, char *reason, size_t size)
{
    if (slice_is(url->scheme, "jsonrpc"))
        return false;
    if (slice_is(url->scheme, "http"))
        return url_http_mismatch(url, reason, size);
    snprintf(reason, size, "protocol %.*s", SLICE_ARGS(url->scheme));
    return true;
}

static bool url_category_mismatch(const provider_url *url, char *reason, size_t size)
{
    dubboc_slice category = provider_url_find(url, "category"),
                 side = provider_url_find(url, "side");
    if (!registry_category_matches(REGISTRY_PROVIDERS, category))
        snprintf(reason, size, "category %.*s", SLICE_ARGS(category));
    else if (slice_is(side, "consumer"))
        snprintf(reason, size, "side consumer");
    else
        return false;
    return true;
}

static bool url_wanted_mismatch(
    const char *what, dubboc_slice has, dubboc_slice wanted, char *reason, size_t size)
{
    dubboc_slice none = slice_of("none");
    if (has.len == 0)
        has = none;
    if (wanted.len == 0)
        wanted = none;
    /* A name with a ':' may be the beginning of an unescaped "user:password@host" in the path. */
    const char *shown = memchr(has.at, ':', has.len) != NULL ? MASK : MASKED(has);
    snprintf(reason, size, "%s %s, wanted %.*s", what, shown, SLICE_ARGS(wanted));
    return true;
}

static bool url_group_is_wanted(dubboc_slice group, dubboc_slice wanted)
{
    dubboc_slice one;
    if (slice_is(wanted, "*") || slice_equal(group, wanted))
        return true;
    while (slice_next(&wanted, ',', &one))
        if (slice_equal(group, one))
            return true;
    return false;
}

static bool url_key_mismatch(
    const provider_url *url, const url_wanted *wanted, char *reason, size_t size)
{
    if (!slice_equal(url->interface, wanted->interface) && !slice_is(wanted->interface, "*") &&
        !slice_is(url->interface, "*"))
        return url_wanted_mismatch("interface", url->interface, wanted->interface, reason, size);
    if (!url_group_is_wanted(url->group, wanted->group))
        return url_wanted_mismatch("group", url->group, wanted->group, reason, size);
    if (!slice_is(wanted->version, "*") && !slice_equal(url->version, wanted->version))
        return url_wanted_mismatch("version", url->version, wanted->version, reason, size);
    return false;
}

static bool url_is_switched_off(const provider_url *url, char *reason, size_t size)
{
    if (slice_is_nocase(provider_url_find(url, "disabled"), "true"))
        snprintf(reason, size, "disabled=true");
    else if (slice_is_nocase(provider_url_find(url, "enabled"), "false"))
        snprintf(reason, size, "enabled=false");
    else
        return false;
    return true;
}

const char *provider_url_mismatch(
    const provider_url *url, const url_wanted *wanted, char *reason, size_t size)
{
    bool is_mismatch =
        url_scheme_mismatch(url, reason, size) || url_category_mismatch(url, reason, size) ||
        url_key_mismatch(url, wanted, reason, size) || url_is_switched_off(url, reason, size);
    if (!is_mismatch)
        return NULL;
    utf8_drop_cut_tail(reason);
    return reason;
}

/* --- settings */

/* The unit at the beginning of text, in nanoseconds; 0: none. */
static int64_t duration_unit_ns(dubboc_slice text, size_t *len)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"\xC2\xB5s", 1000}, {"\xCE\xBCs", 1000},
        {"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (slice_starts_with(text, units[i].name)) {
            *len = strlen(units[i].name);
            return units[i].ns;
        }
    return 0;
}

static void duration_take(dubboc_slice *text, size_t len)
{
    text->at += len;
    text->len -= len;
}

/* Reads "1", "1.5" or ".5" from *text; the number is whole + part / scale. Digits after the ninth
 * decimal are ignored. */
static bool duration_read_number(dubboc_slice *text, int64_t *whole, int64_t *part, int64_t *scale)
{
    size_t digits = 0;
    *whole = *part = 0;
    *scale = 1;
    for (; text->len > 0 && ascii_is_digit(text->at[0]); duration_take(text, 1), digits++) {
        if (*whole > INT64_MAX / 10 - 1)
            return false;
        *whole = *whole * 10 + (text->at[0] - '0');
    }
    if (text->len == 0 || text->at[0] != '.')
        return digits > 0;
    duration_take(text, 1);
    for (; text->len > 0 && ascii_is_digit(text->at[0]); duration_take(text, 1), digits++)
        if (*scale < NS_PER_S) {
            *part = *part * 10 + (text->at[0] - '0');
            *scale *= 10;
        }
    return digits > 0;
}

/* Converts a Go duration ("1m30s", "1.5h") to nanoseconds. -1: invalid, negative or too big. */
static int64_t duration_ns(dubboc_slice text)
{
    int64_t sum = 0;
    if (text.len == 0)
        return -1;
    while (text.len > 0) {
        int64_t whole, part, scale;
        size_t len;
        if (!duration_read_number(&text, &whole, &part, &scale))
            return -1;
        int64_t unit = duration_unit_ns(text, &len);
        if (unit == 0 || whole > (INT64_MAX - sum) / unit)
            return -1;
        duration_take(&text, len);
        sum += whole * unit;
        int64_t fraction = (int64_t)((double)part * (double)unit / (double)scale);
        if (fraction > INT64_MAX - sum)
            return -1;
        sum += fraction;
    }
    return sum;
}

int64_t provider_url_timeout_ms(const provider_url *url, dubboc_slice method)
{
    uint64_t ms;
    if (slice_starts_with(provider_url_find(url, "dubbo"), "dubbo-provider-golang-0."))
        return 0;
    dubboc_slice text = provider_url_find_method(url, method, "timeout");
    if (slice_u64(text, INT64_MAX / NS_PER_MS, &ms))
        return (int64_t)ms;
    int64_t ns = duration_ns(text);
    return ns <= 0 ? 0 : (ns - 1) / NS_PER_MS + 1;
}

unsigned provider_url_weight(const provider_url *url)
{
    uint64_t weight;
    if (!slice_u64(provider_url_find(url, "weight"), INT32_MAX, &weight))
        return WEIGHT_DEFAULT;
    /* dubbo-go 3 writes 0 if no weight was set (docs/wire.md 12.8). Taken literally, the provider
     * would never be called if there are providers of other implementations. */
    bool is_unset =
        weight == 0 && slice_starts_with(provider_url_find(url, "release"), "dubbo-golang-3.");
    return is_unset ? WEIGHT_DEFAULT : (unsigned)weight;
}

void provider_url_identity(const provider_url *url, buffer *out)
{
    address_append_key(out, &url->address);
    buffer_append_slice(out, url->path);
    buffer_append_char(out, '?');
    buffer_append_slice(out, url->group);
    buffer_append_char(out, '&');
    buffer_append_slice(out, url->version);
}

/* Parses a provider URL (docs/wire.md 5.2, 9.2): splits it at the first '?', then at "://" and '/',
 * and the params at '&' and '='.
 *
 * The text is checked and copied once; every slice of the result points into that copy. Values that
 * Go v1 encoded a second time are decoded into a second buffer of the same size, because decoding
 * never makes a text longer. Malformed texts are rejected with a reason that names the fault,
 * because they come from strangers and the reason is what a person sees in the log. */
#include "registry/provider_url.h"

#include <stdio.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/url_codec.h"
#include "registry/category.h"

#define NAME_SHOWN 60 /* characters of a malformed part that an error text repeats */

/* The parts of a URL, not decoded. */
typedef struct url_parts {
    dubboc_slice scheme;
    dubboc_slice authority;
    dubboc_slice path;
    dubboc_slice query;
} url_parts;

static int url_shown_len(dubboc_slice text)
{
    return text.len > NAME_SHOWN ? NAME_SHOWN : (int)text.len;
}

static dubboc_slice slice_between(const char *from, const char *to)
{
    return slice_make(from, (size_t)(to - from));
}

static bool url_scheme_is_valid(dubboc_slice scheme)
{
    if (scheme.len == 0 || ascii_is_digit(scheme.at[0]))
        return false;
    for (size_t i = 0; i < scheme.len; i++)
        if (!ascii_is_alnum(scheme.at[i]) && memchr("+-.", scheme.at[i], 3) == NULL)
            return false;
    return true;
}

static dubboc_status url_split(dubboc_slice text, url_parts *parts, dubboc_error *err)
{
    dubboc_slice head;
    slice_cut(text, '?', &head, &parts->query);
    const char *mark = head.len > 0 ? memmem(head.at, head.len, "://", 3) : NULL;
    if (mark == NULL)
        return error_set(err, DUBBOC_E_PARSE, "no ://");
    parts->scheme = slice_between(head.at, mark);
    if (!url_scheme_is_valid(parts->scheme))
        return error_set(err, DUBBOC_E_PARSE, "invalid scheme \"%.*s\"",
            url_shown_len(parts->scheme), parts->scheme.at);
    dubboc_slice rest = slice_between(mark + 3, head.at + head.len);
    size_t len = address_length_in_url(rest, "");
    parts->authority = slice_make(rest.at, len);
    parts->path = slice_make(rest.at + len, rest.len - len);
    if (slice_starts_with(parts->path, ":")) /* separates the path from that of a unix socket */
        parts->path = slice_make(parts->path.at + 1, parts->path.len - 1);
    if (parts->path.len == 0)
        parts->path = slice_of("/");
    return DUBBOC_OK;
}

/* --- path */

/* The path is sent unchanged as the request target (docs/wire.md 1.7), so it must not contain
 * characters that would end it. Characters that are not ASCII are rejected instead of escaped: RFC
 * 3986 allows none in a path, and a provider only knows the path that it registered. */
static dubboc_status url_check_path(dubboc_slice path, dubboc_error *err)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == ' ' || path.at[i] == '#')
            return error_set(err, DUBBOC_E_PARSE, "'%c' in the path", path.at[i]);
        if ((unsigned char)path.at[i] >= 0x80)
            return error_set(err, DUBBOC_E_PARSE,
                "byte 0x%02x in the path, which a URL spells %%%02X (RFC 3986)",
                (unsigned)(unsigned char)path.at[i], (unsigned)(unsigned char)path.at[i]);
    }
    return DUBBOC_OK;
}

/* --- params */

static bool url_has_control_byte(dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F)
            return true;
    return false;
}

/* Whether dubbogo or dubbo-go has written the URL. They write a space as '+' before they encode; in
 * a Java value '+' means a plus. */
static bool url_is_written_by_go(dubboc_slice query)
{
    return query.len > 0 && memmem(query.at, query.len, "-golang-", 8) != NULL;
}

/* Decodes value a second time into room. Returns value itself if it has an invalid escape, or if
 * the result would contain a control byte. */
static dubboc_slice param_decode_again(dubboc_slice value, char *room, bool plus_is_blank)
{
    bool has_escape = memchr(value.at, '%', value.len) != NULL;
    bool has_plus = plus_is_blank && memchr(value.at, '+', value.len) != NULL;
    if (!has_escape && !has_plus)
        return value;
    size_t bad_at;
    /* never grows, because decoding does not make a text longer */
    buffer out = {.data = room, .capacity = value.len, .max_bytes = value.len};
    if (!url_decode(&out, value, &bad_at) || url_has_control_byte(buffer_slice(&out)))
        return value;
    return buffer_slice(&out);
}

/* Sorts by key; equal keys keep their order. */
static int param_compare(const void *a, const void *b)
{
    const url_param *one = a, *other = b;
    int order = slice_compare(one->key, other->key);
    return order != 0 ? order : (one->key.at > other->key.at) - (one->key.at < other->key.at);
}

static size_t params_keep_first_of_equal(url_param *params, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !slice_equal(params[kept - 1].key, params[i].key))
            params[kept++] = params[i];
    return kept;
}

/* Empty values are left out, because they mean the same as absent ones (docs/wire.md 5.5). A param
 * without '=' has its key as its value, as in Java (docs/wire.md P21). */
static dubboc_status url_read_params(
    provider_url *url, dubboc_slice query, char *room, dubboc_error *err)
{
    size_t capacity = 0;
    void *params = NULL;
    bool by_go = url_is_written_by_go(query);
    while (query.len > 0) {
        dubboc_slice piece, key, value;
        slice_cut(query, '&', &piece, &query);
        if (!slice_cut(piece, '=', &key, &value))
            value = key;
        if (key.len == 0 || value.len == 0)
            continue;
        if (url->param_count == URL_PARAMS_MAX)
            return error_set(err, DUBBOC_E_TOO_BIG, "more than %d params", URL_PARAMS_MAX);
        if (!mem_grow(&params, &capacity, url->param_count + 1, sizeof(url_param)))
            return error_no_memory(err);
        url->params = params;
        url->params[url->param_count++] =
            (url_param){key, param_decode_again(value, room + (value.at - url->text), by_go)};
    }
    if (url->param_count > 0)
        qsort(url->params, url->param_count, sizeof(url_param), param_compare);
    url->param_count = params_keep_first_of_equal(url->params, url->param_count);
    return DUBBOC_OK;
}

/* Compares a key that is given in parts with the key of a param. */
static int key_compare(const dubboc_slice parts[3], dubboc_slice key)
{
    for (int i = 0; i < 3; i++) {
        size_t common = parts[i].len < key.len ? parts[i].len : key.len;
        int order = common > 0 ? memcmp(parts[i].at, key.at, common) : 0;
        if (order != 0 || parts[i].len > key.len)
            return order != 0 ? order : 1;
        key.at += common;
        key.len -= common;
    }
    return key.len > 0 ? -1 : 0;
}

static dubboc_slice url_find_joined(
    const provider_url *url, const char *prefix, dubboc_slice middle, const char *key)
{
    const dubboc_slice parts[3] = {slice_of(prefix), middle, slice_of(key)};
    size_t low = 0, high = url->param_count;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        int order = key_compare(parts, url->params[at].key);
        if (order == 0)
            return url->params[at].value;
        if (order < 0)
            high = at;
        else
            low = at + 1;
    }
    return slice_make(NULL, 0);
}

dubboc_slice provider_url_find(const provider_url *url, const char *key)
{
    dubboc_slice none = slice_make(NULL, 0);
    dubboc_slice value = url_find_joined(url, "", none, key);
    return value.len > 0 ? value : url_find_joined(url, "default.", none, key);
}

dubboc_slice provider_url_find_method(const provider_url *url, dubboc_slice method, const char *key)
{
    char dotted[64];
    int len = snprintf(dotted, sizeof dotted, ".%s", key);
    if (method.len == 0 || len < 0 || (size_t)len >= sizeof dotted)
        return provider_url_find(url, key);
    dubboc_slice value = url_find_joined(url, "", method, dotted);
    if (value.len == 0)
        value = url_find_joined(url, "methods.", method, dotted);
    return value.len > 0 ? value : provider_url_find(url, key);
}

/* --- the whole URL */

/* Whether the URL is that of a provider, which gets a default port if it names none. URLs of
 * consumers, overrides and routes may have no port. */
static bool url_is_callable(const provider_url *url)
{
    static const char *const others[] = {
        "consumer", "override", "absent", "empty", "route", "condition", "script", "tag"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (slice_is(url->scheme, others[i]))
            return false;
    return !slice_is(provider_url_find(url, "side"), "consumer") &&
           registry_category_matches(REGISTRY_PROVIDERS, provider_url_find(url, "category"));
}

static dubboc_status url_read_text(provider_url *url, size_t len, dubboc_error *err)
{
    url_parts parts;
    dubboc_status status = url_split(slice_make(url->text, len), &parts, err);
    if (status == DUBBOC_OK)
        status = address_parse(parts.authority, ADDRESS_BARE_IPV6, &url->address, err);
    if (status == DUBBOC_OK)
        status = url_check_path(parts.path, err);
    if (status == DUBBOC_OK)
        status = url_read_params(url, parts.query, url->text + len + 1, err);
    if (status != DUBBOC_OK)
        return status;
    url->scheme = parts.scheme;
    url->path = parts.path;
    url->interface = provider_url_find(url, "interface");
    if (url->interface.len == 0)
        url->interface = slice_make(parts.path.at + 1, parts.path.len - 1);
    url->group = provider_url_find(url, "group");
    url->version = provider_url_find(url, "version");
    if (url_is_callable(url))
        address_set_default_port(&url->address, slice_is(url->scheme, "https") ? 443 : 80);
    return DUBBOC_OK;
}

static dubboc_status url_check_bytes(dubboc_slice text, dubboc_error *err)
{
    if (text.len > URL_BYTES_MAX)
        return error_set(
            err, DUBBOC_E_TOO_BIG, "%zu bytes, at most %u are possible", text.len, URL_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F)
            return error_set(err, DUBBOC_E_PARSE, "control byte 0x%02x at byte %zu",
                (unsigned)(unsigned char)text.at[i], i);
    return DUBBOC_OK;
}

/* Copies text without its user info to room, with a zero byte at the end. Returns the length. */
static size_t url_copy_without_user_info(char *room, dubboc_slice text, dubboc_slice authority)
{
    const char *at = authority.len > 0 ? memrchr(authority.at, '@', authority.len) : NULL;
    const char *from = at != NULL ? at + 1 : authority.at;
    size_t before = (size_t)(authority.at - text.at), after = (size_t)(text.at + text.len - from);
    memcpy(room, text.at, before);
    memcpy(room + before, from, after);
    room[before + after] = '\0';
    return before + after;
}

/* The reason repeats parts of the text. If some of it may be a secret, the error text only says in
 * general what can be wrong. */
static dubboc_status url_refuse(dubboc_slice text, dubboc_status status, dubboc_error *err)
{
    char *masked = status == DUBBOC_E_PARSE ? mask_address_dup(text) : NULL;
    if (status == DUBBOC_E_PARSE && (masked == NULL || !slice_is(text, masked)))
        error_set(err, status,
            "reserved characters in a user or password have to be escaped (%%2F is /, %%40 is @)");
    free(masked);
    return status;
}

dubboc_status provider_url_from_text(dubboc_slice text, provider_url **out, dubboc_error *err)
{
    url_parts parts;
    dubboc_status status = url_check_bytes(text, err);
    if (status != DUBBOC_OK)
        return status;
    status = url_split(text, &parts, err);
    if (status != DUBBOC_OK)
        return url_refuse(text, status, err);
    provider_url *url = MEM_NEW(provider_url);
    if (url == NULL || (url->text = malloc(2 * (text.len + 1))) == NULL) {
        free(url);
        return error_no_memory(err);
    }
    status = url_read_text(url, url_copy_without_user_info(url->text, text, parts.authority), err);
    if (status != DUBBOC_OK) {
        status = url_refuse(slice_of(url->text), status, err);
        provider_url_free(url);
        return status;
    }
    error_clear(err);
    *out = url;
    return DUBBOC_OK;
}

static dubboc_status url_refuse_escape(dubboc_slice name, size_t at, dubboc_error *err)
{
    char text[4] = "";
    for (size_t i = 0; i < 3 && at + i < name.len; i++)
        text[i] = name.at[at + i] > 0x20 && name.at[at + i] < 0x7F ? name.at[at + i] : '?';
    return error_set(err, DUBBOC_E_PARSE, "invalid escape %s at byte %zu", text, at);
}

dubboc_status provider_url_from_node(dubboc_slice name, provider_url **url, dubboc_error *err)
{
    if (name.len > URL_BYTES_MAX)
        return error_set(
            err, DUBBOC_E_TOO_BIG, "%zu bytes, at most %u are possible", name.len, URL_BYTES_MAX);
    buffer text;
    size_t bad_at;
    buffer_init(&text, URL_BYTES_MAX);
    dubboc_status status;
    if (!url_decode(&text, name, &bad_at))
        status = url_refuse_escape(name, bad_at, err);
    else if (text.status != DUBBOC_OK)
        status = error_no_memory(err);
    else
        status = provider_url_from_text(buffer_slice(&text), url, err);
    buffer_fini(&text);
    return status;
}

void provider_url_free(provider_url *url)
{
    if (url == NULL)
        return;
    free(url->text);
    free(url->params);
    free(url);
}

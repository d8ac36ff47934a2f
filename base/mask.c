/* Finds the secrets in an address (see mask.h). The text is read character by character; an escape
 * counts as the character that it stands for, however often it was escaped. The number of bytes of
 * a character tells its depth: 1 for "@", 3 for "%40", 5 for "%2540". A separator that is escaped
 * deeper than the "://" of its URL does not separate parts of that URL. */
#include "base/mask.h"

#include <assert.h>

#include "base/mem.h"

#define PORT_DIGITS_MAX 5
#define PASSES_MAX 8

/* Ceilings that keep the running time proportional to the length of the text. */
/* How far behind an escaped "://" mask_is_in_user() searches for an '@'. */
#define USER_BYTES_MAX 1024
/* How many further "://" may be a part of a password. If there are more, everything up to the end
 * of the text counts as a part of the first URL. */
#define URLS_IN_USER_MAX 32

typedef struct mask_char {
    char c;
    size_t len; /* 1: as it is; 3: "%40"; 5: "%2540" ... */
} mask_char;

static mask_char mask_read(dubboc_slice text, size_t at)
{
    size_t i = at + 1;
    if (text.at[at] != '%')
        return (mask_char){text.at[at], 1};
    while (i + 1 < text.len && text.at[i] == '2' && text.at[i + 1] == '5')
        i += 2;
    int high = i + 1 < text.len ? ascii_hex_value(text.at[i]) : -1;
    int low = i + 1 < text.len ? ascii_hex_value(text.at[i + 1]) : -1;
    if (high < 0 || low < 0)
        return (mask_char){'%', i - at};
    return (mask_char){(char)(high * 16 + low), i + 2 - at};
}

/* The position of the first character at or behind `from` that is one of wanted and not escaped
 * deeper than depth; the end of the text if there is none. */
static size_t mask_find(dubboc_slice text, size_t from, const char *wanted, size_t depth)
{
    size_t at = from;
    while (at < text.len) {
        mask_char read = mask_read(text, at);
        if (read.c != '\0' && strchr(wanted, read.c) != NULL && read.len <= depth)
            return at;
        at += read.len;
    }
    return text.len;
}

static dubboc_slice mask_part(dubboc_slice text, size_t from, size_t to)
{
    assert(from <= to && to <= text.len);
    return slice_make(text.len > 0 ? text.at + from : text.at, to - from);
}

/* The position of the last '@'. 0: there is none, or nothing is before it. */
static size_t mask_last_at(dubboc_slice text)
{
    size_t last = 0;
    for (size_t at = 0; (at = mask_find(text, at, "@", SIZE_MAX)) < text.len; at++)
        last = at;
    return last;
}

/* --- URLs */

typedef struct mask_url {
    size_t scheme;    /* start of the scheme */
    size_t authority; /* start of the authority */
    size_t depth;     /* the depth of the "://": the length of its characters */
} mask_url;

static bool mask_is_scheme_char(char c)
{
    return ascii_is_alnum(c) || c == '+' || c == '-' || c == '.';
}

/* The start of the scheme that ends at colon; not before `from`. */
static size_t mask_scheme_begin(dubboc_slice text, size_t from, size_t colon)
{
    size_t scheme = colon;
    while (scheme > from && mask_is_scheme_char(text.at[scheme - 1]))
        scheme--;
    bool is_escape = scheme > from && text.at[scheme - 1] == '%' && colon - scheme > 2;
    return is_escape ? scheme + 2 : scheme; /* skip the hex digits in "%2Cjsonrpc://" */
}

/* Whether the escaped "://" that ends at `at` is a part of a user or password. This is assumed if
 * the next USER_BYTES_MAX bytes contain an '@' whose depth (see the top of this file) is lower than
 * the depth of the "://" and of every separator between the two. */
static bool mask_is_in_user(dubboc_slice text, size_t at, size_t depth)
{
    text.len = text.len - at < USER_BYTES_MAX ? text.len : at + USER_BYTES_MAX;
    while (depth > 1 && (at = mask_find(text, at, "@/?#&", depth - 1)) < text.len) {
        mask_char read = mask_read(text, at);
        if (read.c == '@')
            return true;
        depth = read.len;
    }
    return false;
}

/* Whether there is a "://" at that position, with a scheme in front of it that does not begin
 * before `from`. */
static bool mask_url_at(dubboc_slice text, size_t from, size_t at, mask_url *url)
{
    size_t depth = 0;
    size_t colon = at;
    for (const char *c = "://"; *c != '\0'; c++) {
        mask_char read = at < text.len ? mask_read(text, at) : (mask_char){'\0', 1};
        if (read.c != *c)
            return false;
        at += read.len;
        depth = read.len;
    }
    size_t scheme = mask_scheme_begin(text, from, colon);
    *url = (mask_url){.scheme = scheme, .authority = at, .depth = depth};
    return colon > scheme && !mask_is_in_user(text, at, depth);
}

static bool mask_next_url(dubboc_slice text, size_t from, mask_url *url)
{
    for (size_t at = from; at < text.len; at += mask_read(text, at).len)
        if (mask_url_at(text, from, at, url))
            return true;
    return false;
}

static dubboc_slice mask_scheme(dubboc_slice text, const mask_url *url)
{
    return mask_part(text, url->scheme, mask_find(text, url->scheme, ":", SIZE_MAX));
}

static bool mask_is_digits(dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.at[i]))
            return false;
    return text.len > 0 && text.len <= PORT_DIGITS_MAX;
}

static bool mask_is_made_of(dubboc_slice text, const char *others, bool (*is_usual)(char c))
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_usual(text.at[i]) && strchr(others, text.at[i]) == NULL)
            return false;
    return text.len > 0;
}

static bool mask_is_hex(char c)
{
    return ascii_hex_value(c) >= 0;
}

static bool mask_is_host(dubboc_slice server)
{
    dubboc_slice host, port, rest;
    if (slice_starts_with(server, "["))
        return slice_cut(server, ']', &host, &port) &&
               (port.len == 0 ||
                   (port.at[0] == ':' && mask_is_digits(mask_part(port, 1, port.len))));
    if (!slice_cut(server, ':', &host, &port))
        return mask_is_made_of(host, "-._", ascii_is_alnum);
    if (!slice_cut(port, ':', &port, &rest))
        return mask_is_made_of(host, "-._", ascii_is_alnum) && mask_is_digits(port);
    slice_cut(
        /* An IPv6 address without brackets, perhaps with a zone. */
        server, '%', &host, &rest);
    return mask_is_made_of(host, ":.", mask_is_hex);
}

/* Whether the text consists of hosts and ports, with nothing that could be a user and password. A
 * ':' may be escaped like the URL. */
static bool mask_is_hosts(dubboc_slice text)
{
    char room[MASKED_BYTES_MAX];
    size_t len = 0;
    for (size_t at = 0; at < text.len && len < sizeof room; len++) {
        mask_char read = mask_read(text, at);
        room[len] = read.c;
        at += read.len;
    }
    dubboc_slice list = slice_make(room, len), server;
    bool are_hosts = len > 0 && len < sizeof room;
    while (are_hosts && slice_next(&list, ',', &server))
        are_hosts = mask_is_host(server);
    return are_hosts;
}

/* Where the user information ends in the part of a URL behind "://" (rest). 0: there is none. */
static size_t mask_user_end(dubboc_slice scheme, dubboc_slice rest, size_t depth)
{
    size_t authority = mask_find(rest, 0, "/?#", depth), query = mask_find(rest, 0, "?#", depth);
    if (slice_is_nocase(
            /* A file URL has no user, but somebody may have written one in front of the path. */
            scheme, "file"))
        return mask_last_at(mask_part(rest, 0, authority));
    bool has_path = authority < query && query - authority > depth;
    size_t user_end = mask_last_at(mask_part(rest, 0, authority));
    size_t host = user_end > 0 ? user_end + mask_read(rest, user_end).len : 0;
    bool has_hosts = mask_is_hosts(mask_part(rest, host, authority));
    bool is_plain = has_path && has_hosts && !slice_is_nocase(scheme, "zookeeper");
    return mask_last_at(is_plain ? mask_part(rest, 0, query) : rest);
}

/* Returns where the URL ends because another URL begins. As long as the authority does not consist
 * of hosts, what looks like another URL may be a part of the password. */
static size_t mask_url_end(dubboc_slice text, const mask_url *url)
{
    dubboc_slice scheme = mask_scheme(text, url);
    mask_url next = *url;
    size_t tried_max = slice_is_nocase(scheme, "zookeeper") ? 0 : URLS_IN_USER_MAX;
    for (size_t i = 0; i < tried_max && mask_next_url(text, next.authority, &next); i++) {
        dubboc_slice own = mask_part(text, url->authority, next.scheme);
        size_t user_end = mask_user_end(scheme, own, url->depth);
        size_t host = user_end > 0 ? user_end + mask_read(own, user_end).len : 0;
        size_t host_end = mask_find(own, host, "/?#", url->depth);
        dubboc_slice hosts = mask_part(own, host, host_end);
        while (hosts.len > 0 && strchr(", \t", hosts.at[hosts.len - 1]) != NULL)
            hosts.len--;
        if (mask_is_hosts(hosts))
            return next.scheme;
    }
    return text.len;
}

/* An address, and for each of its bytes whether it is hidden. */
typedef struct mask_job {
    dubboc_slice text;
    bool *is_hidden;
} mask_job;

/* Hides the first len bytes of part, which is a part of job->text. */
static void mask_hide(mask_job *job, dubboc_slice part, size_t len)
{
    for (size_t i = 0; i < len; i++)
        job->is_hidden[(size_t)(part.at - job->text.at) + i] = true;
}

/* Hides the part up to the '@' in values like "key=user:password@host". */
static void mask_query_values(mask_job *job, dubboc_slice query, size_t depth)
{
    for (size_t at = 0; at < query.len;) {
        size_t end = mask_find(query, at + 1, "&", depth);
        size_t value = mask_find(query, at, "=", depth);
        dubboc_slice piece =
            mask_part(query, value < end ? value + mask_read(query, value).len : at, end);
        size_t user_end = mask_last_at(piece);
        if (user_end > 0 && mask_find(piece, 0, ":", SIZE_MAX) < user_end)
            mask_hide(job, piece, user_end);
        at = end;
    }
}

static void mask_url_user(mask_job *job, const mask_url *url, size_t end)
{
    dubboc_slice rest = mask_part(job->text, url->authority, end);
    size_t user_end = mask_user_end(mask_scheme(job->text, url), rest, url->depth);
    size_t query = mask_find(rest, user_end, "?", url->depth);
    mask_hide(job, rest, user_end);
    mask_query_values(job, mask_part(rest, query, rest.len), url->depth);
}

static void mask_users(mask_job *job)
{
    mask_url url;
    size_t at = 0;
    while (mask_next_url(job->text, at, &url)) {
        dubboc_slice before = mask_part(job->text, at, url.scheme);
        mask_hide(job, before, mask_last_at(before));
        at = mask_url_end(job->text, &url);
        mask_url_user(job, &url, at);
    }
    dubboc_slice bare = mask_part(job->text, at, job->text.len);
    if (slice_starts_with(bare, "file:"))
        bare = mask_part(bare, 0, mask_find(bare, 0, "/", SIZE_MAX));
    mask_hide(job, bare, mask_last_at(bare));
}

/* --- params */

/* Whether the name of a param is secret: one of the words appears anywhere in it, as in
 * "registry.password", "ssl.key-password" or "secret.key". */
static bool mask_is_secret_key(dubboc_slice key)
{
    static const char *const secrets[] = {"pass", "pwd", "secret", "token", "credential", "auth",
        "digest", "signature", "accesskey", "apikey", "privatekey", "username"};
    char name[64];
    size_t len = 0;
    for (size_t at = 0; at < key.len && len < sizeof name - 1; at += mask_read(key, at).len)
        if (ascii_is_alnum(mask_read(key, at).c))
            name[len++] = ascii_lower(mask_read(key, at).c);
    name[len] = '\0';
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strstr(name, secrets[i]) != NULL)
            return true;
    return false;
}

/* Whether "key=" is at that position, as at the beginning of a param. */
static bool mask_begins_param(dubboc_slice text, size_t at, size_t depth)
{
    bool is_letter = at < text.len && ascii_is_alnum(text.at[at]) && !ascii_is_digit(text.at[at]);
    return is_letter && mask_find(text, at, "=", depth) < mask_find(text, at, "&", depth);
}

/* Where a value ends: at the next "&key=", and not at any '&', because an '&' in a password may not
 * be escaped. */
static size_t mask_value_end(dubboc_slice text, size_t from, size_t depth)
{
    size_t end = mask_find(text, from, "&", depth);
    while (end < text.len && !mask_begins_param(text, end + mask_read(text, end).len, depth))
        end = mask_find(text, end + 1, "&", depth);
    return end;
}

static void mask_params(mask_job *job)
{
    dubboc_slice text = job->text;
    size_t at = 0;
    while ((at = mask_find(text, at, "?&;", SIZE_MAX)) < text.len) {
        at += mask_read(text, at).len;
        size_t value = mask_find(text, at, "=?&;", SIZE_MAX);
        bool has_value = value < text.len && mask_read(text, value).c == '=';
        if (!has_value || !mask_is_secret_key(mask_part(text, at, value)))
            continue;
        size_t depth = mask_read(text, value).len;
        at = mask_value_end(text, value + depth, depth);
        mask_hide(job, mask_part(text, value + depth, at), at - value - depth);
    }
}

/* --- the whole */

/* Masks the address once and appends the result. */
static void mask_pass(buffer *out, dubboc_slice address)
{
    mask_job job = {.text = address, .is_hidden = MEM_NEW_ARRAY(address.len + 1, bool)};
    if (job.is_hidden == NULL) {
        out->status = DUBBOC_E_NO_MEMORY;
        return;
    }
    mask_users(&job);
    mask_params(&job);
    for (size_t i = 0; i < address.len; i++)
        if (!job.is_hidden[i])
            buffer_append_char(out, address.at[i]);
        else if (i == 0 || !job.is_hidden[i - 1])
            buffer_append_text(out, MASK);
    free(job.is_hidden);
}

/* Masks again until nothing changes, because hiding a part may change how the other parts are read.
 * A text that still changes after PASSES_MAX passes is not an address, and is hidden as a whole. */
void mask_address(buffer *out, dubboc_slice address)
{
    buffer passes[PASSES_MAX];
    bool is_stable = false;
    size_t count = 0;
    while (!is_stable && count < PASSES_MAX) {
        buffer *pass = &passes[count++];
        buffer_init(pass, SIZE_MAX / 2);
        mask_pass(pass, address);
        is_stable = pass->status != DUBBOC_OK || slice_equal(buffer_slice(pass), address);
        address = buffer_slice(pass);
    }
    if (passes[count - 1].status != DUBBOC_OK)
        out->status = passes[count - 1].status;
    else if (is_stable)
        buffer_append(out, address.at, address.len);
    else
        buffer_append_text(out, MASK);
    while (count > 0)
        buffer_fini(&passes[--count]);
}

char *mask_address_dup(dubboc_slice address)
{
    buffer masked;
    buffer_init(&masked, SIZE_MAX / 2);
    mask_address(&masked, address);
    if (buffer_text(&masked) == NULL)
        buffer_fini(&masked);
    return masked.data;
}

const char *mask_address_into(char *room, size_t size, dubboc_slice address)
{
    char *masked = mask_address_dup(address);
    const char *shown = masked != NULL ? masked : MASK;
    size_t len = strlen(shown) < size ? strlen(shown) : size - 1;
    memcpy(room, shown, len);
    room[len] = '\0';
    free(masked);
    return room;
}

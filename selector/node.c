/* Turns a URL of the registry into a node: parses it, applies configurators, decides whether it can
 * be called, and copies what calls need from it. */
#include "selector/node.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"

#define LABEL_MAX 128 /* bytes shown of a text that is not a URL */
#define CHANGED_MAX 1024
#define IDENTITY_MAX (2 * URL_BYTES_MAX)

/* --- making --- */

static uint64_t url_born_ms(const provider_url *url)
{
    /* Go writes seconds, Java milliseconds (docs/wire.md P19). */
    const uint64_t as_seconds_below = UINT64_C(100000000000);
    uint64_t born;
    if (!slice_u64(provider_url_find(url, "timestamp"), UINT64_MAX / 1000, &born))
        return 0;
    return born < as_seconds_below ? born * 1000 : born;
}

static uint64_t url_pid(const provider_url *url)
{
    uint64_t pid;
    return slice_u64(provider_url_find(url, "pid"), UINT64_MAX, &pid) ? pid : 0;
}

static bool path_is_printable(dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F)
            return false;
    return true;
}

/* Writes what configurators changed to self->changed. false: no memory. */
static bool node_describe(node *self, const configured *with)
{
    buffer text;
    buffer_init(&text, CHANGED_MAX);
    configured_describe(with, &text);
    bool is_cut = text.status == DUBBOC_E_TOO_BIG;
    self->changed =
        is_cut ? mem_dup("many params set by configurators") : mem_dup_slice(buffer_slice(&text));
    buffer_fini(&text);
    return self->changed != NULL;
}

/* Copies everything that is needed from the URL, so that the URL can be freed. */
static dubboc_status node_fill(node *self, const node_reader *reader, const configured *with,
    const provider_place *place, dubboc_error *err)
{
    const provider_url *url = with->url;
    self->weight = provider_url_weight(url);
    self->scheme_rank = slice_is(url->scheme, "jsonrpc") ? 0 : 1;
    self->born_ms = url_born_ms(url);
    self->peer = reader->peer_of != NULL ? reader->peer_of(with->original) : 0;
    if (!node_settings_read(with, &self->settings) ||
        (with->is_changed && !node_describe(self, with)))
        return error_no_memory(err);
    return provider_take(reader->providers, place, &self->provider, err);
}

static node *node_make(dubboc_slice text, uint64_t hash)
{
    node *self =
        text.len < SIZE_MAX - sizeof(node) ? mem_zeroed(1, sizeof(node) + text.len + 1) : NULL;
    if (self == NULL)
        return NULL;
    self->len = text.len;
    self->hash = hash;
    if (text.len > 0)
        memcpy(self->text, text.at, text.len);
    return self;
}

/* Returns "host:port/path"; a path that may contain an unescaped password is masked. NULL: no
 * memory. */
static char *node_masked_label(const provider_url *url)
{
    char *address = address_dup(&url->address);
    char *plain = address != NULL ? mem_printf("%s%.*s", address, SLICE_ARGS(url->path)) : NULL;
    char *label = plain != NULL ? mask_address_dup(slice_of(plain)) : NULL;
    free(address);
    free(plain);
    return label;
}

/* Marks the node as not usable, for the given reason. false: no memory. */
static bool node_refuse(node *self, const provider_url *url, const char *reason)
{
    const char *masked = MASKED(slice_make(self->text, self->len));
    size_t shown = strlen(masked) < LABEL_MAX ? strlen(masked) : LABEL_MAX;
    self->reason = mem_dup(reason);
    if (url != NULL)
        self->label = node_masked_label(url);
    else
        self->label = mem_printf("%.*s%s", (int)shown, masked, shown < strlen(masked) ? "..." : "");
    return self->reason != NULL && self->label != NULL;
}

/* Checks whether the URL is usable. If so, takes its provider, otherwise sets self->reason. Other
 * statuses than DUBBOC_OK: the provider could not be taken, or there is no memory. */
static dubboc_status node_read_configured(
    node *self, const node_reader *reader, const configured *with, dubboc_error *err)
{
    char text[256];
    const provider_url *url = with->url;
    const char *reason = path_is_printable(url->path)
                             ? configured_mismatch(with, reader->wanted, text, sizeof text)
                             : "control bytes in the path";
    if (reason != NULL)
        return node_refuse(self, url, reason) ? DUBBOC_OK : error_no_memory(err);
    buffer identity;
    buffer_init(&identity, IDENTITY_MAX);
    provider_url_identity(url, &identity);
    dubboc_status status = identity.status;
    if (status == DUBBOC_OK) {
        provider_place place = {.address = url->address,
            .path = url->path,
            .identity = buffer_slice(&identity),
            .born_ms = url_born_ms(with->original),
            .pid = url_pid(with->original)};
        if (place.path.len == 0)
            place.path = slice_of("/");
        status = node_fill(self, reader, with, &place, err);
    }
    buffer_fini(&identity);
    return status;
}

static dubboc_status node_read_url(
    node *self, const node_reader *reader, const provider_url *url, dubboc_error *err)
{
    configured with;
    if (!configured_init(&with, reader->rules, url))
        return error_no_memory(err);
    dubboc_status status = node_read_configured(self, reader, &with, err);
    configured_fini(&with);
    return status;
}

/* Parses the text of a node. A registry passes on the decoded name of a node, or the name itself if
 * it cannot be decoded. Such a name is decoded here once more, to get the reason for err. */
static dubboc_status node_read_url_text(dubboc_slice text, provider_url **url, dubboc_error *err)
{
    dubboc_status status = provider_url_from_text(text, url, err);
    if (status != DUBBOC_E_PARSE || memmem(text.at, text.len, "://", 3) != NULL)
        return status;
    provider_url *decoded = NULL;
    dubboc_error reason;
    status = provider_url_from_node(text, &decoded, &reason);
    provider_url_free(decoded);
    if (status == DUBBOC_OK)
        return DUBBOC_E_PARSE; /* encoded twice, which no consumer reads */
    error_copy(err, &reason);
    return status;
}

node *node_new(const node_reader *reader, dubboc_slice text, uint64_t hash)
{
    dubboc_error err;
    error_clear(&err);
    provider_url *url = NULL;
    node *self = node_make(text, hash);
    if (self == NULL)
        return NULL;
    dubboc_status status = node_read_url_text(text, &url, &err);
    if (status == DUBBOC_OK)
        status = node_read_url(self, reader, url, &err);
    if (status != DUBBOC_OK && status != DUBBOC_E_NO_MEMORY)
        status = node_refuse(self, NULL, err.text) ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
    if (status == DUBBOC_OK && self->reason != NULL && url != NULL)
        LOG_THROTTLED(DUBBOC_LOG_INFO, "selector", "node left out", "reason=\"%s\" node=%s",
            self->reason, self->label);
    else if (status == DUBBOC_OK && self->reason != NULL)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "broken node left out",
            "reason=\"%s\" node=\"%s\"", self->reason, self->label);
    provider_url_free(url);
    if (status == DUBBOC_OK)
        return self;
    node_free(reader->providers, self);
    return NULL;
}

/* Whether the path may be part of an unescaped user and password, as in "user:12/34@host:80": it
 * has an '@' with a ':' before it, or with a host and port after it. */
static bool path_may_hold_password(dubboc_slice path)
{
    const char *at = path.len > 0 ? memrchr(path.at, '@', path.len) : NULL;
    if (at == NULL)
        return false;
    dubboc_slice behind = slice_make(at + 1, (size_t)(path.at + path.len - at - 1)), server, rest;
    slice_cut(behind, '/', &server, &rest);
    net_address address;
    bool has_port =
        address_parse(server, ADDRESS_BARE_IPV6, &address, NULL) == DUBBOC_OK && address.port > 0;
    return has_port || memchr(path.at, ':', (size_t)(at - path.at)) != NULL;
}

static dubboc_status node_take_fixed(
    node *self, const node_reader *reader, const provider_url *url, dubboc_error *err)
{
    bool is_tls = slice_is(url->scheme, "https");
    if (!is_tls && !slice_is(url->scheme, "http") && !slice_is(url->scheme, "jsonrpc"))
        return error_set(err, DUBBOC_E_ARGUMENT,
            "%s: the scheme is %.*s; http, https or jsonrpc is understood",
            MASKED(slice_of(self->text)), SLICE_ARGS(url->scheme));
    if (!address_is_complete(&url->address))
        return error_set(
            err, DUBBOC_E_ARGUMENT, "%s: no host and port to call", MASKED(slice_of(self->text)));
    if (path_may_hold_password(url->path))
        return error_set(err, DUBBOC_E_ARGUMENT,
            "%s: what is before the '@' may be a password; write an '@' in a path as %%40, "
            "in a password '/' as %%2F and '@' as %%40",
            MASKED(slice_of(self->text)));
    if (!path_is_printable(url->path))
        return error_set(
            err, DUBBOC_E_ARGUMENT, "%s: control bytes in the path", MASKED(slice_of(self->text)));
    provider_place place = {.is_tls = is_tls, .address = url->address, .path = url->path};
    if (place.path.len == 0)
        place.path = slice_of("/");
    buffer identity;
    buffer_init(&identity, IDENTITY_MAX);
    if (is_tls)
        buffer_printf(&identity, "https %u ", place.address.port);
    provider_url_identity(url, &identity);
    place.identity = buffer_slice(&identity);
    const configured as_it_is = {.original = url, .url = url};
    dubboc_status status =
        identity.status == DUBBOC_OK
            ? node_fill(self, reader, &as_it_is, &place, err)
            : error_set(err, identity.status, "%s: too long", MASKED(slice_of(self->text)));
    buffer_fini(&identity);
    return status;
}

dubboc_status node_new_fixed(
    const node_reader *reader, dubboc_slice text, node **made, dubboc_error *err)
{
    provider_url *url = NULL;
    dubboc_status status = provider_url_from_text(text, &url, err);
    if (status == DUBBOC_E_NO_MEMORY)
        return status;
    if (status != DUBBOC_OK)
        return error_prefix(err, DUBBOC_E_ARGUMENT, "%s", MASKED(text));
    node *self = node_make(text, 0);
    status = self != NULL ? node_take_fixed(self, reader, url, err) : error_no_memory(err);
    provider_url_free(url);
    if (status != DUBBOC_OK) {
        node_free(reader->providers, self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

void node_free(provider_set *providers, node *self)
{
    if (self == NULL)
        return;
    provider_give_back(providers, self->provider);
    free(self->label);
    free(self->reason);
    free(self->settings);
    free(self->changed);
    free(self);
}

const char *node_label(const node *self)
{
    return self->provider != NULL ? self->provider->info->label : self->label;
}

int node_compare(const node *a, const node *b)
{
    int order = a->provider == b->provider
                    ? 0
                    : strcmp(a->provider->info->identity, b->provider->info->identity);
    if (order == 0)
        order = a->scheme_rank - b->scheme_rank;
    if (order == 0 && a->born_ms != b->born_ms)
        order = a->born_ms > b->born_ms ? -1 : 1;
    return order != 0 ? order : strcmp(a->text, b->text);
}

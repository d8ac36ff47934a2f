/* Decides by key and form of a value whether it has to be masked. */
#include "base/config_mask.h"

#include <stdint.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/utf8.h"

/* Whether the value looks like "user:password@host", with or without a scheme. */
static bool config_names_user(dubboc_slice value)
{
    const char *colon = value.len > 0 ? memchr(value.at, ':', value.len) : NULL;
    return colon != NULL && memchr(colon, '@', value.len - (size_t)(colon - value.at)) != NULL;
}

/* Whether the value may be an address: because of its key, or because it looks like one. */
static bool config_may_hold_address(const config_key *key, dubboc_slice value)
{
    bool is_address =
        key->may_be_bare || key->form == CONFIG_FORM_REGISTRY || key->form == CONFIG_FORM_HTTP_URL;
    bool has_url = value.len > 0 && memmem(value.at, value.len, "://", 3) != NULL;
    return is_address || has_url || config_names_user(value);
}

void config_append_masked(buffer *out, const config_key *key, dubboc_slice value)
{
    if (key->is_secret)
        buffer_append_text(out, MASK);
    else if (config_may_hold_address(key, value))
        mask_address(out, value);
    else
        buffer_append_slice(out, value);
}

dubboc_status config_bad_value(
    const config_key *key, const char *where, dubboc_slice value, dubboc_error *err)
{
    enum { SHOWN_MAX = 80 };
    dubboc_status status = err->status;
    if (key->is_secret)
        return error_prefix(err, status, "%s", where);
    buffer masked;
    buffer_init(&masked, SIZE_MAX / 2);
    config_append_masked(&masked, key, value);
    dubboc_slice whole = buffer_slice(&masked), shown = utf8_cut(whole, SHOWN_MAX);
    const char *rest = shown.len < whole.len ? "..." : "";
    /* A masked text that is incomplete could show a part of a secret. */
    if (masked.status != DUBBOC_OK)
        status = error_no_memory(err);
    else
        error_prefix(err, status, "%s = \"%.*s%s\"", where, SLICE_ARGS(shown), rest);
    buffer_fini(&masked);
    return status;
}

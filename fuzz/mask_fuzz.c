/* Masks addresses. For any text, the result is the text with parts replaced by MASK, and masking
 * the result again does not change it. A password in an address is never visible: every form of
 * address is tested with an escaped password, and a ZooKeeper address also with a raw one. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mask.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"

#define PASSWORD_BYTES_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mask_into(buffer *out, dubboc_slice address)
{
    buffer_init(out, SIZE_MAX / 2);
    mask_address(out, address);
    assert(out->status == DUBBOC_OK);
}

/* Whether shown is text with some parts replaced by MASK. */
static bool is_text_with_masks(dubboc_slice text, dubboc_slice shown)
{
    const size_t mask_len = sizeof MASK - 1;
    size_t from = 0;
    for (size_t at = 0; at < shown.len;) {
        if (slice_starts_with(slice_make(shown.at + at, shown.len - at), MASK)) {
            at += mask_len;
            continue;
        }
        while (from < text.len && text.at[from] != shown.at[at])
            from++;
        if (from++ == text.len)
            return false;
        at++;
    }
    return true;
}

static void is_masked_once(dubboc_slice text)
{
    buffer once, twice;
    mask_into(&once, text);
    mask_into(&twice, buffer_slice(&once));
    assert(is_text_with_masks(text, buffer_slice(&once)));
    assert(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_fini(&once);
    buffer_fini(&twice);
}

/* Puts "Zq" in front of the password and "Xw" behind it. No form of address contains these texts,
 * so neither may be visible after masking. */
static void is_hidden(const char *before, dubboc_slice password, const char *after)
{
    buffer address, shown;
    buffer_init(&address, SIZE_MAX / 2);
    buffer_append_text(&address, before);
    buffer_append_text(&address, "Zq");
    buffer_append(&address, password.at, password.len);
    buffer_append_text(&address, "Xw");
    buffer_append_text(&address, after);
    assert(address.status == DUBBOC_OK);
    mask_into(&shown, buffer_slice(&address));
    assert(memmem(shown.data, shown.len, "Zq", 2) == NULL);
    assert(memmem(shown.data, shown.len, "Xw", 2) == NULL);
    buffer_fini(&address);
    buffer_fini(&shown);
}

static void passwords_are_hidden(dubboc_slice password)
{
    static const char *const forms[][2] = {
        {"zookeeper://user:", "@h1:2181,h2"},
        {"zookeeper://h1?password=", "&group=g"},
        {"zookeeper://h1?backup=user:", "@h2"},
        {"user:", "@h1:2181"},
        {"etcd://user:", "@h1"},
        {"http://user:", "@h:80/path?x=y"},
        {"static:jsonrpc://h:1/a,jsonrpc://user:", "@h:1/a.B,jsonrpc://h:2/a.B"},
        {"jsonrpc://h:1/a.B?token=", "&x=y"},
    };
    buffer escaped;
    buffer_init(&escaped, SIZE_MAX / 2);
    url_encode(&escaped, password);
    assert(escaped.status == DUBBOC_OK);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        is_hidden(forms[i][0], buffer_slice(&escaped), forms[i][1]);
    is_hidden("zookeeper://user:", password, "@h1:2181,h2");
    buffer_fini(&escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_slice text = slice_make((const char *)data, size);
    is_masked_once(text);
    text.len = text.len < PASSWORD_BYTES_MAX ? text.len : PASSWORD_BYTES_MAX;
    passwords_are_hidden(text);
    return 0;
}

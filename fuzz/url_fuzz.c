/* Provider URLs, as texts and as nodes. An accepted URL answers all queries, its own text is
 * accepted again with the same answers, and encoding and decoding that text gives the same text. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "registry/url_writer.h"
#include "registry/registry_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_everything(const provider_url *url)
{
    char reason[64];
    const url_wanted wanted[] = {
        {.interface = url->interface, .group = url->group, .version = url->version},
        {.interface = {"*", 1}, .group = {"*", 1}, .version = {"*", 1}},
        {.interface = {"com.foo.Bar", 11}, .group = {"a,b", 3}},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const char *mismatch = provider_url_mismatch(url, &wanted[i], reason, sizeof reason);
        assert(mismatch == NULL || (mismatch == reason && strlen(reason) < sizeof reason));
    }
    assert(provider_url_timeout_ms(url, slice_of("get")) >= 0);
    assert(provider_url_timeout_ms(url, slice_of(NULL)) >= 0);
    assert(provider_url_weight(url) <= INT32_MAX);
    assert(url->path.len > 0 && url->path.at[0] == '/');
    assert(url->address.host.len > 0);
    for (size_t i = 0; i < url->path.len; i++)
        assert((unsigned char)url->path.at[i] > 0x20 && (unsigned char)url->path.at[i] < 0x7F &&
               url->path.at[i] != '#');
    for (size_t i = 0; i < url->param_count; i++) {
        char *key = malloc(url->params[i].key.len + 1);
        assert(key != NULL);
        memcpy(key, url->params[i].key.at, url->params[i].key.len);
        key[url->params[i].key.len] = '\0';
        assert(slice_equal(provider_url_find(url, key), url->params[i].value));
        free(key);
    }
}

static void append_identity(const provider_url *url, buffer *out)
{
    provider_url_identity(url, out);
    assert(buffer_text(out) != NULL);
}

/* The text of an accepted URL must be accepted again, with the same meaning. */
static void is_stable(const provider_url *url)
{
    provider_url *again = NULL;
    buffer node, one, other;
    buffer_init(&node, SIZE_MAX / 2);
    buffer_init(&one, SIZE_MAX / 2);
    buffer_init(&other, SIZE_MAX / 2);
    url_encode(&node, slice_of(url->text));
    size_t bad_at;
    assert(url_decode(&one, buffer_slice(&node), &bad_at));
    assert(slice_is(buffer_slice(&one), url->text));
    buffer_clear(&one);
    dubboc_status status = provider_url_from_text(slice_of(url->text), &again, NULL);
    assert(status == DUBBOC_OK && strcmp(again->text, url->text) == 0 &&
           again->param_count == url->param_count);
    append_identity(url, &one);
    append_identity(again, &other);
    assert(strcmp(one.data, other.data) == 0);
    provider_url_free(again);
    buffer_fini(&node);
    buffer_fini(&one);
    buffer_fini(&other);
}

/* A value that is written and read must stay the same, except for control bytes, which the reader
 * does not return. */
static void is_written_and_read(const uint8_t *data, size_t size)
{
    char *value = malloc(size + 1);
    assert(value != NULL);
    size_t len = 0;
    for (size_t i = 0; i < size && len < 4096; i++)
        if (data[i] >= 0x20 && data[i] != 0x7F)
            value[len++] = (char)data[i];
    value[len] = '\0';
    url_writer *writer = url_writer_new("jsonrpc", "h:1", value);
    url_writer_add(writer, "v", value);
    char *text = url_writer_text(writer);
    provider_url *url = NULL;
    dubboc_status status = provider_url_from_text(slice_of(text), &url, NULL);
    assert(status == DUBBOC_OK && slice_is(provider_url_find(url, "v"), value));
    provider_url_free(url);
    free(text);
    url_writer_free(writer);
    free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_slice input = slice_make((const char *)data, size);
    dubboc_error err;
    for (int as_node = 0; as_node < 2; as_node++) {
        provider_url *url = NULL;
        dubboc_status status = as_node ? provider_url_from_node(input, &url, &err)
                                       : provider_url_from_text(input, &url, &err);
        if (status != DUBBOC_OK) {
            assert(url == NULL && err.text[0] != '\0');
            continue;
        }
        ask_everything(url);
        is_stable(url);
        provider_url_free(url);
    }
    is_written_and_read(data, size);
    return 0;
}

/* Writes the label as key=value pairs, in the form of the log. */
#include "registry/node_label.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mask.h"
#include "registry/provider_url.h"

static void node_label_add(char *out, const char *key, dubboc_slice value)
{
    size_t len = strlen(out);
    if (value.len > 0)
        snprintf(out + len, NODE_LABEL_SIZE - len, "%s%s=%.*s", len > 0 ? " " : "", key,
            SLICE_ARGS(value));
}

static void node_label_write(const provider_url *url, char *out)
{
    char *address = address_dup(&url->address);
    out[0] = '\0';
    node_label_add(out, "interface", url->interface);
    node_label_add(out, "version", url->version);
    node_label_add(out, "group", url->group);
    node_label_add(out, "address", slice_of(address));
    free(address);
    node_label_add(out, "protocol", url->scheme);
}

#define UNREADABLE_MAX 100

static void node_label_unreadable(const char *text, char *out)
{
    snprintf(out, NODE_LABEL_SIZE, "url=\"%.*s\"", UNREADABLE_MAX, MASKED(slice_of(text)));
}

void node_label_of_name(const char *encoded, char out[NODE_LABEL_SIZE])
{
    provider_url *url;
    if (provider_url_from_node(slice_of(encoded), &url, NULL) != DUBBOC_OK) {
        node_label_unreadable(encoded, out);
        return;
    }
    node_label_write(url, out);
    provider_url_free(url);
}

void node_label_of_url(const char *text, char out[NODE_LABEL_SIZE])
{
    provider_url *url;
    if (provider_url_from_text(slice_of(text), &url, NULL) != DUBBOC_OK) {
        node_label_unreadable(text, out);
        return;
    }
    node_label_write(url, out);
    provider_url_free(url);
}

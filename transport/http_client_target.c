#include "transport/http_client_target.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"

/* *authority and *address point into url. */
static dubboc_status target_read_url(
    const char *url, bool *is_tls, dubboc_slice *authority, net_address *address, dubboc_error *err)
{
    dubboc_slice whole = slice_of(url);
    *is_tls = slice_starts_with(whole, "https://");
    bool is_http = *is_tls || slice_starts_with(whole, "http://");
    size_t before = !is_http ? 0 : *is_tls ? strlen("https://") : strlen("http://");
    dubboc_slice rest = slice_make(whole.at + before, whole.len - before);
    *authority = slice_make(rest.at, address_length_in_url(rest, "?#"));
    if (!is_http || address_parse(*authority, 0, address, NULL) != DUBBOC_OK)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "not http://host:port or https://host:port: %s", MASKED(whole));
    if (address->is_unix)
        return error_set(err, DUBBOC_E_UNSUPPORTED,
            "%s: calling through a unix socket is not in this release", MASKED(whole));
    address_set_default_port(address, *is_tls ? 443 : 80);
    return DUBBOC_OK;
}

dubboc_status http_client_target_init(
    http_client_target *self, http_client *client, const char *url, dubboc_error *err)
{
    net_address address;
    dubboc_slice authority;
    *self = (http_client_target){.client = client};
    dubboc_status status = target_read_url(url, &self->is_tls, &authority, &address, err);
    if (status != DUBBOC_OK)
        return status;
    uint32_t ignored;
    bool is_name = !address.is_ipv6 && !address_ipv4(address.host, &ignored);
    self->port = address.port;
    self->host = mem_dup_slice(authority);
    self->url = mem_printf("%s://%.*s/", self->is_tls ? "https" : "http", SLICE_ARGS(authority));
    self->name = is_name ? mem_dup_slice(address.host) : NULL;
    if (self->host != NULL && self->url != NULL && (self->name != NULL || !is_name))
        return DUBBOC_OK;
    http_client_target_fini(self);
    return error_no_memory(err);
}

void http_client_target_fini(http_client_target *self)
{
    free(self->host);
    free(self->url);
    free(self->name);
}

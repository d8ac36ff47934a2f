/* Parses the address in four steps: user info, servers, group (the root path), other params. Error
 * texts must not contain passwords, even if the address is malformed. */
#include "registry/zookeeper/address.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"
#include "registry/zookeeper/path.h"

#define SERVERS_BYTES_MAX (16u * 1024)
#define TEXT_BYTES_MAX 1024u

typedef struct params {
    dubboc_slice masked; /* the whole address, with masked secrets */
    buffer servers;
    buffer unused;    /* names of params without effect, for the log */
    bool has_session; /* the param session was given */
} params;

/* Rejects a part of the address. The part, and a reason that may repeat it, are shown only if the
 * part also appears in the masked address. Otherwise the part may be a piece of a password. */
static dubboc_status address_refuse_part(
    const params *read, dubboc_error *err, dubboc_slice part, const char *reason)
{
    dubboc_slice masked = read->masked;
    bool is_hidden = part.len > 0 &&
                     (masked.len == 0 || memmem(masked.at, masked.len, part.at, part.len) == NULL);
    if (!is_hidden)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "zookeeper address: \"%.*s\": %s", SLICE_ARGS(part), reason);
    return error_set(err, DUBBOC_E_ARGUMENT,
        "zookeeper address: a part that is not shown here, because it may hold a password, is "
        "invalid; write user and password before the first host, with reserved characters escaped "
        "(%%2F is /, %%3F is ?, %%40 is @)");
}

/* Decodes escapes only: a '+' is not a space here, unlike in a query. */
static dubboc_status address_decode(
    const params *read, dubboc_slice text, char **out, dubboc_error *err)
{
    buffer guarded, decoded;
    size_t bad_at = 0;
    buffer_init(&guarded, 3 * TEXT_BYTES_MAX);
    buffer_init(&decoded, TEXT_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '+')
            buffer_append_text(&guarded, "%2B");
        else
            buffer_append_char(&guarded, text.at[i]);
    dubboc_status status = DUBBOC_OK;
    if (guarded.status == DUBBOC_OK && !url_decode(&decoded, buffer_slice(&guarded), &bad_at))
        status = address_refuse_part(read, err, text, "invalid escape");
    else if (guarded.status == DUBBOC_E_TOO_BIG || decoded.status == DUBBOC_E_TOO_BIG)
        status = address_refuse_part(read, err, slice_make(text.at, 20), "too long");
    else if (guarded.status != DUBBOC_OK || decoded.status != DUBBOC_OK ||
             (*out = mem_dup_slice(buffer_slice(&decoded))) == NULL)
        status = error_no_memory(err);
    buffer_fini(&guarded);
    buffer_fini(&decoded);
    return status;
}

/* --- servers */

/* Appends the host in the form that the client library reads: an IPv6 address without brackets,
 * because the library splits at the last ':', and with its zone as %eth0, even if the zone was
 * written as in RFC 6874 (%25eth0). */
static void address_append_host(buffer *servers, const net_address *server)
{
    dubboc_slice address, zone;
    bool has_zone = server->is_ipv6 && slice_cut(server->host, '%', &address, &zone);
    if (!has_zone) {
        buffer_append_slice(servers, server->host);
        return;
    }
    if (zone.len > 2 && slice_starts_with(zone, "25"))
        zone = slice_make(zone.at + 2, zone.len - 2);
    buffer_append_slice(servers, address);
    buffer_append_char(servers, '%');
    buffer_append_slice(servers, zone);
}

static dubboc_status address_add_servers(params *read, dubboc_slice list, dubboc_error *err)
{
    dubboc_slice text;
    while (slice_next(&list, ',', &text)) {
        net_address server;
        dubboc_error fault;
        if (address_parse(text, ADDRESS_BARE_IPV6, &server, &fault) != DUBBOC_OK)
            return address_refuse_part(read, err, text, fault.text);
        if (server.is_unix)
            return address_refuse_part(
                read, err, text, "ZooKeeper's client cannot connect to a unix socket");
        address_set_default_port(&server, ZK_PORT_DEFAULT);
        if (read->servers.len > 0)
            buffer_append_char(&read->servers, ',');
        address_append_host(&read->servers, &server);
        buffer_append_char(&read->servers, ':');
        buffer_append_u64(&read->servers, server.port);
    }
    return DUBBOC_OK;
}

/* --- the group, which is the root path */

static dubboc_status address_set_root(
    zk_address *address, const params *read, dubboc_slice group, dubboc_error *err)
{
    char *text = NULL;
    dubboc_status status = address_decode(read, group, &text, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_slice rest = slice_of(text);
    if (rest.len > 0 && rest.at[0] == '/')
        rest = slice_make(rest.at + 1, rest.len - 1);
    if (rest.len > 0 && rest.at[rest.len - 1] == '/')
        rest.len--;
    const char *fault = rest.len > 0 ? zk_path_fault(rest) : NULL;
    free(address->root);
    address->root =
        fault == NULL ? mem_printf("%s%.*s", rest.len > 0 ? "/" : "", SLICE_ARGS(rest)) : NULL;
    if (fault != NULL)
        status = address_refuse_part(read, err, group, fault);
    else if (address->root == NULL)
        status = error_no_memory(err);
    free(text);
    return status;
}

/* --- the other params */

/* Sets the time-out, in milliseconds; "5s" and "5000ms" are accepted too. */
static dubboc_status address_set_timeout(
    zk_address *address, const params *read, dubboc_slice value, dubboc_error *err)
{
    dubboc_slice digits = value;
    uint64_t factor = 1, number = 0;
    if (value.len > 2 && memcmp(value.at + value.len - 2, "ms", 2) == 0) {
        digits.len -= 2;
    } else if (value.len > 1 && value.at[value.len - 1] == 's') {
        digits.len--;
        factor = 1000;
    }
    if (!slice_u64(digits, ZK_TIMEOUT_MAX_MS / factor, &number) ||
        number * factor < ZK_TIMEOUT_MIN_MS)
        return address_refuse_part(read, err, value,
            "the session time-out must be from 100 ms to 1 h (a number of milliseconds, or with "
            "the unit ms or s)");
    address->timeout_ms = (int64_t)(number * factor);
    return DUBBOC_OK;
}

/* Whether Java Dubbo or dubbo-go put the param into such an address for their own use. These params
 * are ignored. */
static bool address_param_is_theirs(dubboc_slice key)
{
    static const char *const keys[] = {"accepts", "application", "blockUntilConnectedWait", "check",
        "client", "cluster", "default", "dubbo", "enable-empty-protection", "environment",
        "extra-keys", "file", "id", "interface", "logger", "module", "namespace", "organization",
        "owner", "pid", "preferred", "qos.accept.foreign.ip", "qos.enable", "qos.port",
        "reconnect.period", "register-mode", "registry-type", "registry.type", "release",
        "retry.period", "retry.times", "save.file", "server", "simplified", "timestamp",
        "transport", "transporter", "ttl", "use-as-config-center", "use-as-metadata-center",
        "version", "wait", "weight", "zone", "zookeeper.ensemble.tracker"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

/* Whether the param is one by which Java Dubbo or dubbo-go switch something off. Only the default,
 * true, is ignored; another value is refused. */
static bool address_param_is_switch(dubboc_slice key)
{
    return slice_is(key, "dynamic") || slice_is(key, "register") || slice_is(key, "subscribe");
}

static dubboc_status address_leave_out(params *read, dubboc_slice key)
{
    if (read->unused.len > 0)
        buffer_append_char(&read->unused, ',');
    buffer_append_slice(&read->unused, key);
    return DUBBOC_OK;
}

static dubboc_status address_take_param(
    zk_address *address, params *read, dubboc_slice key, dubboc_slice value, dubboc_error *err)
{
    if (slice_is(key, "backup"))
        return address_add_servers(read, value, err);
    if (slice_is(key, "group"))
        /* empty means not given */
        return value.len > 0 ? address_set_root(address, read, value, err) : DUBBOC_OK;
    if (slice_is(key, "session") || slice_is(key, "zk.session.expire")) {
        read->has_session = true;
        return address_set_timeout(address, read, value, err);
    }
    if (slice_is(key, "timeout"))
        /* the param session is more specific */
        return read->has_session ? DUBBOC_OK : address_set_timeout(address, read, value, err);
    if (address_param_is_theirs(key) || (address_param_is_switch(key) && slice_is(value, "true")))
        return address_leave_out(read, key);
    if (address_param_is_switch(key))
        return address_refuse_part(read, err, key,
            "only true is possible in an address (register is a key of [client] and [service])");
    return address_refuse_part(
        read, err, key, "unknown parameter; known are backup, group, session, timeout");
}

static dubboc_status address_take_params(
    zk_address *address, params *read, dubboc_slice text, dubboc_error *err)
{
    dubboc_slice param, key, value;
    dubboc_status status = DUBBOC_OK;
    while (status == DUBBOC_OK && slice_next(&text, '&', &param)) {
        slice_cut(param, '=', &key, &value);
        status = address_take_param(address, read, key, value, err);
    }
    return status;
}

static dubboc_status address_take_user(
    zk_address *address, const params *read, dubboc_slice *hosts, dubboc_error *err)
{
    size_t at = hosts->len;
    while (at > 0 && hosts->at[at - 1] != '@')
        at--;
    if (at == 0)
        return DUBBOC_OK;
    dubboc_slice user, password;
    bool has_password = slice_cut(slice_make(hosts->at, at - 1), ':', &user, &password);
    *hosts = slice_make(hosts->at + at, hosts->len - at);
    if (user.len == 0)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "zookeeper address: the user name before '@' is missing");
    dubboc_status status = address_decode(read, user, &address->username, err);
    if (status == DUBBOC_OK && has_password)
        status = address_decode(read, password, &address->password, err);
    return status == DUBBOC_E_ARGUMENT
               ? error_set(
                     err, status, "zookeeper address: invalid escape in the user name or password")
               : status;
}

static dubboc_status address_parse_parts(
    dubboc_slice rest, zk_address *address, params *read, dubboc_error *err)
{
    dubboc_slice hosts, text, path;
    if (slice_starts_with(rest, "//"))
        rest = slice_make(rest.at + 2, rest.len - 2);
    slice_cut(rest, '?', &hosts, &text);
    dubboc_status status = address_take_user(address, read, &hosts, err);
    if (status != DUBBOC_OK)
        return status;
    slice_cut(hosts, '/', &hosts, &path);
    if (path.len > 0)
        return address_refuse_part(
            read, err, path, "a path has no effect here; set the root of the tree by group=");
    status = address_add_servers(read, hosts, err);
    if (status == DUBBOC_OK && read->servers.len == 0)
        status = error_set(err, DUBBOC_E_ARGUMENT, "zookeeper address: no server is named");
    if (status == DUBBOC_OK)
        status = address_set_root(address, read, slice_of(ZK_GROUP_DEFAULT), err);
    return status == DUBBOC_OK ? address_take_params(address, read, text, err) : status;
}

static void address_tell_unused(buffer *names)
{
    if (names->len > 0 && buffer_text(names) != NULL)
        LOG(DUBBOC_LOG_INFO, "registry",
            "zookeeper address has parameters that dubboc does not use", "params=\"%s\"",
            names->data);
}

static void address_mask(buffer *masked, dubboc_slice rest)
{
    char *whole =
        mem_printf("%s%.*s", slice_starts_with(rest, "//") ? "zookeeper:" : "", SLICE_ARGS(rest));
    if (whole != NULL)
        mask_address(masked, slice_of(whole));
    free(whole);
}

dubboc_status zk_address_parse(dubboc_slice rest, zk_address *address, dubboc_error *err)
{
    zk_address made = {0};
    buffer masked;
    params read = {.has_session = false};
    buffer_init(&masked, SIZE_MAX / 2);
    address_mask(&masked, rest);
    read.masked = buffer_slice(&masked);
    buffer_init(&read.servers, SERVERS_BYTES_MAX);
    buffer_init(&read.unused, TEXT_BYTES_MAX);
    dubboc_status status = address_parse_parts(rest, &made, &read, err);
    if (status == DUBBOC_OK && read.servers.status == DUBBOC_E_TOO_BIG)
        status = error_set(err, DUBBOC_E_ARGUMENT,
            "zookeeper address: more than %u bytes of servers", SERVERS_BYTES_MAX);
    if (status == DUBBOC_OK &&
        (buffer_text(&read.servers) == NULL || (made.servers = mem_dup(read.servers.data)) == NULL))
        status = error_no_memory(err);
    if (status == DUBBOC_OK) {
        address_tell_unused(&read.unused);
        *address = made;
    } else {
        zk_address_fini(&made);
    }
    buffer_fini(&masked);
    buffer_fini(&read.servers);
    buffer_fini(&read.unused);
    return status;
}

void zk_address_fini(zk_address *address)
{
    free(address->servers);
    free(address->root);
    free(address->username);
    free(address->password);
    *address = (zk_address){0};
}

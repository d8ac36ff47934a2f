/* The provider's nodes in the registry: one for each service and scheme.
 *
 * The URL of a node follows wire.md N21 and 12.5:
 *
 * - Only params that have a value are written, because an empty version= hides a node from
 *   consumers. No key ends in pid or timestamp, except these two themselves (P20).
 * - dubbo=2.0.2 tells Java that the provider speaks the protocol of Dubbo 2.6.3 or later. JSON-RPC
 *   consumers ignore it. The version of a Dubbo release would promise features that dubboc does not
 *   have.
 * - release= is written on http nodes only, because consumers use it to distinguish JSON-RPC (2.7.4
 *   and later) from Java serialization (0.1). On a jsonrpc node it would mean nothing.
 * - retries=0 is written in the three spellings that consumers read (12.2, 12.7).
 *
 * The registry (registry.h) removes nodes that an earlier process at this address has left, with
 * the same name or another one (its pid differs). It may do so only if no other process can own the
 * address. No other process can, because the server listens on the address before it registers,
 * unless the configuration sets another address. */
#include "server/registration.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/own_address.h"
#include "registry/url_writer.h"

#define DUBBO_PROTOCOL_VERSION "2.0.2"
#define HTTP_SERVER_RELEASE "2.7.23"
#define WEIGHT_DEFAULT 100

/* The longest list of all methods. The registry refuses a URL that the list makes too long. */
#define METHODS_BYTES_MAX (METHODS_MAX * (NAME_BYTES_MAX + 1))

/* --- the registered address --- */

dubboc_status registered_address(const dubboc_config *config, const char *bound,
    const char *servers, char **address, dubboc_error *err)
{
    char own[OWN_ADDRESS_SIZE];
    net_address listening, registered;
    const char *ip = config_text(config, "server", "registered_ip");
    int64_t port = config_int(config, "server", "registered_port");
    dubboc_status status = address_parse(slice_of(bound), 0, &listening, err);
    if (status != DUBBOC_OK)
        return status;
    registered = listening;
    if (*ip != '\0' &&
        address_parse(slice_of(ip), ADDRESS_BARE_IPV6, &registered, err) != DUBBOC_OK)
        return error_prefix(err, DUBBOC_E_CONFIG, "[server] registered_ip");
    if (*ip == '\0' && address_is_any(&listening)) {
        const char *how = own_address(servers, own);
        registered = (net_address){.host = slice_of(own)};
        LOG(DUBBOC_LOG_INFO, "server", "own address", "address=%s found_as=\"%s\"", own, how);
    }
    registered.port = port > 0 ? (uint16_t)port : listening.port;
    char *made = address_dup(&registered);
    if (made == NULL)
        return error_no_memory(err);
    *address = made;
    return DUBBOC_OK;
}

static bool registration_is_anyhost(const char *bound)
{
    net_address listening;
    return address_parse(slice_of(bound), 0, &listening, NULL) == DUBBOC_OK &&
           address_is_any(&listening);
}

/* --- the node --- */

static int service_method_compare(const void *a, const void *b)
{
    const service_method *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

/* The names of the methods, sorted: "GetUser,GetUsers". NULL: no memory. */
static char *service_method_list(const dubboc_service *service)
{
    const service_method **sorted = MEM_NEW_ARRAY(service->method_count, const service_method *);
    if (sorted == NULL)
        return NULL;
    buffer list;
    buffer_init(&list, METHODS_BYTES_MAX);
    for (size_t i = 0; i < service->method_count; i++)
        sorted[i] = service->methods[i];
    qsort(sorted, service->method_count, sizeof *sorted, service_method_compare);
    for (size_t i = 0; i < service->method_count; i++)
        buffer_printf(&list, i > 0 ? ",%s" : "%s", sorted[i]->name);
    const char *text = buffer_text(&list);
    char *copy = text != NULL ? mem_dup(text) : NULL;
    buffer_fini(&list);
    free(sorted);
    return copy;
}

static void url_add_text(url_writer *writer, const char *key, const char *value)
{
    if (value != NULL && *value != '\0')
        url_writer_add(writer, key, value);
}

static bool service_is_once(const dubboc_service *service)
{
    for (size_t i = 0; i < service->method_count; i++)
        if ((service->methods[i]->flags & DUBBOC_ONCE) == 0)
            return false;
    return true;
}

/* Adds "<prefix><method><key>=value". false: no memory for the key. */
static bool url_add_of_method(url_writer *writer, const char *prefix, const service_method *method,
    const char *key, const char *value)
{
    char *name = mem_printf("%s%s%s", prefix, method->name, key);
    if (name == NULL)
        return false;
    url_writer_add(writer, name, value);
    free(name);
    return true;
}

/* Like url_add_of_method(), for a number. */
static bool url_add_number(url_writer *writer, const char *prefix, const service_method *method,
    const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return url_add_of_method(writer, prefix, method, key, text);
}

/* Writes retries of methods in Java's and in dubbo-go's spelling. Fails if there is no memory,
 * because a consumer would otherwise repeat a method that must run only once. */
static bool url_add_retries(url_writer *writer, const dubboc_service *service)
{
    if (service_is_once(service))
        url_writer_add(writer, "retries", "0");
    else if (service->retries >= 0)
        url_writer_addf(writer, "retries", "%d", service->retries);
    for (size_t i = 0; i < service->method_count; i++) {
        const service_method *method = service->methods[i];
        if (method->retries >= 0 &&
            (!url_add_number(writer, "", method, ".retries", method->retries) ||
                !url_add_number(writer, "methods.", method, ".retries", method->retries)))
            return false;
    }
    return true;
}

static bool url_add_timeouts(url_writer *writer, const dubboc_service *service)
{
    if (service->timeout_ms > 0)
        url_writer_addf(writer, "timeout", "%" PRId64, service->timeout_ms);
    for (size_t i = 0; i < service->method_count; i++) {
        const service_method *method = service->methods[i];
        if (method->timeout_ms > 0 &&
            !url_add_number(writer, "", method, ".timeout", method->timeout_ms))
            return false;
    }
    return true;
}

static bool url_add_idempotence(url_writer *writer, const dubboc_service *service)
{
    for (size_t i = 0; i < service->method_count; i++) {
        const service_method *method = service->methods[i];
        if ((method->flags & DUBBOC_IDEMPOTENT) != 0 &&
            !url_add_of_method(writer, "", method, ".idempotent", "true"))
            return false;
    }
    return true;
}

static void url_add_application(url_writer *writer, const dubboc_config *config,
    const dubboc_service *service, const char *application)
{
    static const char *const plain[] = {"organization", "module", "owner", "environment"};
    const char *version = config_text(config, "application", "version");
    url_add_text(writer, "application",
        application != NULL ? application : config_text(config, "application", "name"));
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        url_add_text(writer, plain[i], config_text(config, "application", plain[i]));
    url_add_text(writer, "revision", *version != '\0' ? version : service->version);
}

char *registration_url(const dubboc_config *config, const dubboc_service *service,
    const char *scheme, const char *address, bool is_anyhost, const char *application)
{
    char *methods = service_method_list(service);
    url_writer *writer = url_writer_new(scheme, address, service->path);
    if (methods == NULL || writer == NULL) {
        free(methods);
        url_writer_free(writer);
        return NULL;
    }
    if (is_anyhost)
        url_writer_add(writer, "anyhost", "true");
    url_add_application(writer, config, service, application);
    url_writer_add(writer, "category", registry_category_name(REGISTRY_PROVIDERS));
    url_writer_add(writer, "dubbo", DUBBO_PROTOCOL_VERSION);
    url_add_text(writer, "group", service->group);
    url_writer_add(writer, "interface", service->interface);
    url_writer_add(writer, "methods", methods);
    url_writer_addf(writer, "pid", "%ld", (long)getpid());
    if (strcmp(scheme, "http") == 0)
        url_writer_add(writer, "release", HTTP_SERVER_RELEASE);
    url_writer_add(writer, "side", "provider");
    url_writer_addf(writer, "timestamp", "%" PRId64, clock_wall_ms());
    url_add_text(writer, "version", service->version);
    if (service->weight != WEIGHT_DEFAULT)
        url_writer_addf(writer, "weight", "%d", service->weight);
    bool is_complete = url_add_idempotence(writer, service) && url_add_retries(writer, service) &&
                       url_add_timeouts(writer, service);
    char *url = is_complete ? url_writer_text(writer) : NULL;
    url_writer_free(writer);
    free(methods);
    return url;
}

/* --- registering --- */

/* Whether the configuration sets another address than the one that the server listens on. Other
 * processes may then own nodes with that address, for example behind a gateway. */
static bool config_overrides_address(const dubboc_config *config)
{
    return *config_text(config, "server", "registered_ip") != '\0' ||
           config_int(config, "server", "registered_port") > 0;
}

dubboc_status registration_open(
    server_registration *self, const dubboc_config *config, const char *address, dubboc_error *err)
{
    *self = (server_registration){0};
    if (*address == '\0')
        return DUBBOC_OK;
    const char *username = config_text(config, "registry", "username");
    const char *password = config_text(config, "registry", "password");
    registry_settings settings = {
        .address = address,
        .username = *username != '\0' ? username : NULL,
        .password = *password != '\0' ? password : NULL,
        .timeout_ms = config_int(config, "registry", "timeout"),
        .self_check_ms = config_int(config, "registry", "self_check"),
        .owns_addresses = !config_overrides_address(config),
    };
    return registry_open(&settings, &self->registry, err);
}

/* The URLs to register. */
typedef struct url_set {
    registry_wanted *items;
    size_t count;
    size_t capacity;
} url_set;

static void url_set_fini(url_set *self)
{
    for (size_t i = 0; i < self->count; i++)
        free((char *)(uintptr_t)self->items[i].url);
    free(self->items);
}

/* Adds a URL and takes it over. url_take NULL: no memory. */
static bool url_set_add(url_set *self, const char *interface, char *url_take)
{
    void *items = self->items;
    if (url_take == NULL ||
        !mem_grow(&items, &self->capacity, self->count + 1, sizeof *self->items)) {
        free(url_take);
        return false;
    }
    self->items = items;
    self->items[self->count++] = (registry_wanted){interface, REGISTRY_PROVIDERS, url_take};
    return true;
}

dubboc_status registration_register(server_registration *self, const services *offered,
    const dubboc_config *config, const char *bound, const char *address, const char *application,
    dubboc_error *err)
{
    url_set urls = {0};
    bool has_memory = true;
    for (size_t i = 0; self->registry != NULL && i < offered->count; i++) {
        const dubboc_service *service = offered->items[i];
        dubboc_slice rest = slice_of(service->is_registered ? service->protocols : ""), protocol;
        while (has_memory && slice_next(&rest, ',', &protocol)) {
            const char *scheme = slice_is(protocol, "http") ? "http" : "jsonrpc";
            char *url = registration_url(
                config, service, scheme, address, registration_is_anyhost(bound), application);
            has_memory = url_set_add(&urls, service->interface, url);
        }
    }
    registry_registration **nodes = MEM_NEW_ARRAY(urls.count + 1, registry_registration *);
    dubboc_status status = has_memory && nodes != NULL ? DUBBOC_OK : error_no_memory(err);
    if (status == DUBBOC_OK && urls.count > 0)
        status = registry_register_all(self->registry, urls.items, urls.count, nodes, err);
    if (status == DUBBOC_OK) {
        self->nodes = nodes;
        self->count = urls.count;
    } else {
        free(nodes);
    }
    url_set_fini(&urls);
    return status;
}

void registration_withdraw(server_registration *self, int64_t timeout_ms)
{
    if (self->count > 0)
        registry_unregister_all(self->registry, self->nodes, self->count, timeout_ms);
    free(self->nodes);
    self->nodes = NULL;
    self->count = 0;
}

bool registration_is_known(const server_registration *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (registry_was_registered(self->nodes[i]))
            return true;
    return false;
}

void registration_close(server_registration *self)
{
    if (self->registry != NULL)
        registration_withdraw(self, 0);
    registry_free(self->registry);
    *self = (server_registration){0};
}

/* Services and methods, the check of their names, and the table of paths.
 *
 * A request names its service only by the path, and its method only in the body (wire.md section 1
 * and P56). So every service needs its own path: /<interface>, then /<interface>2 and so on,
 * as Java's Spring parser names them (wire.md 1.7). A consumer that makes the path from the
 * interface (Node) reaches the first service. Names are checked here, because a node in the
 * registry cannot carry every byte (wire.md 12.5, P21). */
#include "server/service.h"

#include <assert.h>

#include "base/config.h"
#include "base/config_value.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sized.h"
#include "base/url_codec.h"
#include "codec/json_scan.h"
#include "registry/provider_url.h"

#define PATH_BYTES_MAX 1024u
#define SECTION_FORMAT "service %s"

/* --- names --- */

static bool name_is_plain(char c)
{
    return ascii_is_alnum(c) || c == '.' || c == '_' || c == '-';
}

static bool name_is_path_char(char c)
{
    return config_is_interface_char(c) || c == '/' || c == '~';
}

/* The characters that a method name may have. The names are written in a comma-separated list and
 * in keys (<method>.timeout). Bytes above ASCII are passed on as they are. */
static bool name_is_method_char(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && strchr(",;&=#%+?\"\\*", c) == NULL;
}

static dubboc_status name_check(
    const char *what, const char *name, size_t max, bool (*is_good)(char c), dubboc_error *err)
{
    if (name == NULL || *name == '\0')
        return error_set(err, DUBBOC_E_ARGUMENT, "%s is empty", what);
    size_t len = strlen(name);
    if (len > max)
        return error_set(err, DUBBOC_E_ARGUMENT, "%s has %zu bytes, at most %zu can be registered",
            what, len, max);
    for (const char *c = name; *c != '\0'; c++) {
        if (is_good(*c))
            continue;
        if ((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f)
            return error_set(err, DUBBOC_E_ARGUMENT,
                "%s \"%s\" holds '%c', which cannot be registered", what, name, *c);
        return error_set(err, DUBBOC_E_ARGUMENT, "%s holds byte 0x%02x, which cannot be registered",
            what, (unsigned char)*c);
    }
    return DUBBOC_OK;
}

static dubboc_status name_check_optional(const char *what, const char *name, dubboc_error *err)
{
    return *name == '\0' ? DUBBOC_OK : name_check(what, name, NAME_BYTES_MAX, name_is_plain, err);
}

/* Checks a list of protocols. A repeated name is refused, because the service would be registered
 * twice, and Java and Go consumers would see two providers. */
static dubboc_status protocols_check(const char *protocols, dubboc_error *err)
{
    static const char *const known[] = {"jsonrpc", "http"};
    bool is_named[] = {false, false};
    dubboc_slice rest = slice_of(protocols), protocol;
    while (slice_next(&rest, ',', &protocol)) {
        size_t which = slice_is(protocol, known[0]) ? 0 : 1;
        if (!slice_is(protocol, known[which]))
            return error_set(err, DUBBOC_E_ARGUMENT,
                "protocols: \"%.*s\" is neither jsonrpc nor http", SLICE_ARGS(protocol));
        if (is_named[which])
            return error_set(
                err, DUBBOC_E_ARGUMENT, "protocols: \"%s\" appears twice", known[which]);
        is_named[which] = true;
    }
    return is_named[0] || is_named[1]
               ? DUBBOC_OK
               : error_set(err, DUBBOC_E_ARGUMENT, "protocols: the list is empty");
}

/* --- services --- */

static void method_free(service_method *self, services *all)
{
    if (self == NULL)
        return;
    if (self->counts != NULL && self->counts != all->rest_counts) {
        call_counts_free(self->counts);
        all->counted_methods--;
    }
    free(self->name);
    free(self->cost);
    free(self->failures);
    free(self);
}

static void service_free(dubboc_service *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->method_count; i++)
        method_free(self->methods[i], self->all);
    free(self->methods);
    map_free(self->by_name, NULL);
    free(self->interface);
    free(self->group);
    free(self->version);
    free(self->path);
    free(self->protocols);
    free(self);
}

void services_fini(services *self)
{
    for (size_t i = 0; i < self->count; i++)
        service_free(self->items[i]);
    free(self->items);
    map_free(self->by_path, NULL);
    call_counts_free(self->rest_counts);
    *self = (services){0};
}

dubboc_service *services_find_interface(const services *self, const char *interface)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->items[i]->interface, interface) == 0)
            return self->items[i];
    return NULL;
}

static bool services_path_is_taken(const services *self, const char *path)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(self->items[i]->path, path) == 0)
            return true;
    return false;
}

/* The first path of base, base2, base3, ... that no other service has. */
static char *services_choose_path(const services *self, const char *base)
{
    char *path = mem_dup(base);
    for (unsigned n = 2; path != NULL && services_path_is_taken(self, path); n++) {
        free(path);
        path = mem_printf("%s%u", base, n);
    }
    return path;
}

static const char *path_without_slash(const char *path)
{
    return *path == '/' ? path + 1 : path;
}

static dubboc_status path_check_segments(const char *path, dubboc_error *err)
{
    const char *fault = config_path_fault(slice_of(path));
    return fault == NULL ? DUBBOC_OK
                         : error_set(err, DUBBOC_E_ARGUMENT, "path \"/%s\" %s", path, fault);
}

/* Takes the settings from options, or from the section, or from [server], in this order.
 * config_text() and its variants fall back to [server] by themselves. */
static dubboc_status service_fill_in(dubboc_service *service, const services *self,
    const dubboc_service_options *options, const char *section, dubboc_error *err)
{
    const dubboc_config *config = service->config;
    const char *configured = config_text(config, section, "path");
    const char *base = *configured != '\0' ? path_without_slash(configured) : service->interface;
    service->group =
        mem_dup(options->group != NULL ? options->group : config_text(config, section, "group"));
    service->version = mem_dup(
        options->version != NULL ? options->version : config_text(config, section, "version"));
    service->protocols =
        mem_dup(options->protocols != NULL ? options->protocols
                                           : config_text(config, section, "protocols"));
    service->path = options->path != NULL ? mem_dup(path_without_slash(options->path))
                                          : services_choose_path(self, base);
    service->is_registered = config_bool(config, section, "register");
    if (options->weight < DUBBOC_NONE)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "weight is %d, expected 0 or more", options->weight);
    service->weight = options->weight == DUBBOC_NONE ? 0 : options->weight;
    if (options->weight == 0)
        service->weight = (int)config_int(config, section, "weight");
    if (options->timeout_ms < 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "timeout_ms is %lld, expected 0 or more",
            (long long)options->timeout_ms);
    service->timeout_ms =
        options->timeout_ms != 0 ? options->timeout_ms : config_int(config, section, "timeout");
    service->retries = config_is_set(config, section, "retries")
                           ? (int)config_int(config, section, "retries")
                           : -1;
    if (service->group == NULL || service->version == NULL || service->protocols == NULL ||
        service->path == NULL)
        return error_no_memory(err);
    return DUBBOC_OK;
}

static dubboc_status service_check(
    const dubboc_service *service, const services *self, dubboc_error *err)
{
    dubboc_status status = name_check_optional("group", service->group, err);
    if (status == DUBBOC_OK)
        status = name_check_optional("version", service->version, err);
    if (status == DUBBOC_OK)
        status = name_check("path", service->path, PATH_BYTES_MAX, name_is_path_char, err);
    if (status == DUBBOC_OK)
        status = path_check_segments(service->path, err);
    if (status == DUBBOC_OK)
        status = protocols_check(service->protocols, err);
    if (status != DUBBOC_OK)
        return status;
    if (services_path_is_taken(self, service->path))
        return error_set(
            err, DUBBOC_E_ARGUMENT, "path /%s already belongs to another service", service->path);
    for (size_t i = 0; i < self->count; i++) {
        const dubboc_service *other = self->items[i];
        if (strcmp(other->interface, service->interface) == 0 &&
            strcmp(other->group, service->group) == 0 &&
            strcmp(other->version, service->version) == 0)
            return error_set(err, DUBBOC_E_ARGUMENT,
                "the same group \"%s\" and version \"%s\" were already added", service->group,
                service->version);
    }
    return DUBBOC_OK;
}

static dubboc_status service_new(services *self, const dubboc_config *config, const char *interface,
    const dubboc_service_options *options, dubboc_service **service, dubboc_error *err)
{
    char *section = mem_printf(SECTION_FORMAT, interface);
    dubboc_service *made = MEM_NEW(dubboc_service);
    dubboc_status status = DUBBOC_E_NO_MEMORY;
    if (section == NULL || made == NULL)
        goto done;
    made->all = self;
    made->config = config;
    made->interface = mem_dup(interface);
    made->by_name = map_new();
    if (made->interface == NULL || made->by_name == NULL)
        goto done;
    status = service_fill_in(made, self, options, section, err);
    if (status == DUBBOC_OK)
        status = service_check(made, self, err);
done:
    free(section);
    if (status == DUBBOC_E_NO_MEMORY)
        error_no_memory(err);
    if (status == DUBBOC_OK)
        *service = made;
    else
        service_free(made);
    return status;
}

dubboc_status services_add(services *self, const dubboc_config *config, const char *interface,
    const dubboc_service_options *options, dubboc_service **service, dubboc_error *err)
{
    dubboc_service_options own;
    dubboc_status status = SIZED_READ(dubboc_service_options, options, &own, err);
    if (status == DUBBOC_OK)
        status = name_check("interface", interface, NAME_BYTES_MAX, config_is_interface_char, err);
    if (status != DUBBOC_OK)
        return status;
    if (self->count >= SERVICES_MAX)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "service %s: more than %u services", interface, SERVICES_MAX);
    void *items = self->items;
    if (!mem_grow(&items, &self->capacity, self->count + 1, sizeof *self->items))
        return error_no_memory(err);
    self->items = items;
    dubboc_service *made;
    status = service_new(self, config, interface, &own, &made, err);
    if (status != DUBBOC_OK)
        return error_prefix(err, status, "service %s", interface);
    self->items[self->count++] = made;
    *service = made;
    return DUBBOC_OK;
}

/* --- methods --- */

static dubboc_status method_check(
    const dubboc_service *service, const dubboc_method *options, dubboc_error *err)
{
    dubboc_status status =
        name_check("method", options->name, NAME_BYTES_MAX, name_is_method_char, err);
    if (status != DUBBOC_OK)
        return status;
    if ((options->json == NULL) == (options->raw == NULL))
        return error_set(err, DUBBOC_E_ARGUMENT, "method %s: set exactly one handler, json or raw",
            options->name);
    if ((options->flags & DUBBOC_ONCE) != 0 && (options->flags & DUBBOC_IDEMPOTENT) != 0)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "method %s: DUBBOC_ONCE and DUBBOC_IDEMPOTENT exclude each other", options->name);
    if ((options->flags & ~(unsigned)(DUBBOC_NONBLOCKING | DUBBOC_ONCE | DUBBOC_IDEMPOTENT)) != 0)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "method %s: unknown flags 0x%x", options->name, options->flags);
    if (options->timeout_ms < 0)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "method %s: timeout_ms is %lld, expected 0 or more", options->name,
            (long long)options->timeout_ms);
    if (map_find(service->by_name, slice_of(options->name)) != NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "method %s was already added", options->name);
    return service->method_count < METHODS_MAX
               ? DUBBOC_OK
               : error_set(err, DUBBOC_E_ARGUMENT, "more than %u methods", METHODS_MAX);
}

/* Gives the method its own counters, or the counters that all methods beyond METHODS_COUNTED_MAX
 * share. false: no memory. */
static bool method_take_counts(service_method *self, services *all)
{
    if (all->counted_methods < METHODS_COUNTED_MAX) {
        self->counts = call_counts_new();
        all->counted_methods += self->counts != NULL;
        return self->counts != NULL;
    }
    if (all->rest_counts == NULL)
        all->rest_counts = call_counts_new();
    self->counts = all->rest_counts;
    return self->counts != NULL;
}

static service_method *method_new(const dubboc_service *service, const dubboc_method *options)
{
    service_method *made = MEM_NEW(service_method);
    char *section = mem_printf(SECTION_FORMAT, service->interface);
    if (made != NULL) {
        made->name = mem_dup(options->name);
        made->cost = MEM_NEW(work_cost);
        made->failures = MEM_NEW(log_throttle);
    }
    bool is_whole = made != NULL && made->name != NULL && made->cost != NULL &&
                    made->failures != NULL && method_take_counts(made, service->all);
    if (section == NULL || !is_whole) {
        free(section);
        method_free(made, service->all);
        return NULL;
    }
    made->interface = service->interface;
    made->json = options->json;
    made->raw = options->raw;
    made->arg = options->arg;
    made->flags = options->flags;
    made->timeout_ms = options->timeout_ms;
    int64_t value;
    if (made->timeout_ms == 0 &&
        config_method_int(service->config, section, made->name, "timeout", &value))
        made->timeout_ms = value;
    made->retries = config_method_int(service->config, section, made->name, "retries", &value)
                        ? (int)value
                        : -1;
    if ((made->flags & DUBBOC_ONCE) != 0)
        made->retries = 0;
    free(section);
    return made;
}

dubboc_status dubboc_service_add_method(
    dubboc_service *service, const dubboc_method *method, dubboc_error *err)
{
    dubboc_method own;
    assert(service != NULL && method != NULL && !service->is_frozen);
    error_clear(err);
    dubboc_status status = SIZED_READ(dubboc_method, method, &own, err);
    if (status == DUBBOC_OK)
        status = method_check(service, &own, err);
    if (status != DUBBOC_OK)
        return error_prefix(err, status, "service %s", service->interface);
    void *methods = service->methods;
    if (!mem_grow(&methods, &service->method_capacity, service->method_count + 1,
            sizeof *service->methods))
        return error_no_memory(err);
    service->methods = methods;
    service_method *made = method_new(service, &own);
    if (made == NULL || !map_put(service->by_name, slice_of(made->name), made, NULL)) {
        method_free(made, service->all);
        return error_no_memory(err);
    }
    service->methods[service->method_count++] = made;
    if ((made->flags & DUBBOC_NONBLOCKING) == 0)
        service->has_blocking = true;
    return DUBBOC_OK;
}

/* --- look-up --- */

/* Makes the table of paths. NULL: no memory. */
static map *services_map_paths(const services *self)
{
    map *by_path = map_new();
    bool is_complete = by_path != NULL;
    for (size_t i = 0; is_complete && i < self->count; i++)
        is_complete = map_put(by_path, slice_of(self->items[i]->path), self->items[i], NULL);
    for (size_t i = 0; is_complete && i < self->count; i++) {
        dubboc_slice interface = slice_of(self->items[i]->interface);
        if (map_find(by_path, interface) == NULL)
            is_complete = map_put(by_path, interface, self->items[i], NULL);
    }
    if (is_complete)
        return by_path;
    map_free(by_path, NULL);
    return NULL;
}

dubboc_status services_freeze(services *self, dubboc_error *err)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->items[i]->method_count == 0)
            return error_set(
                err, DUBBOC_E_ARGUMENT, "service %s has no methods", self->items[i]->interface);
    map *by_path = services_map_paths(self);
    if (by_path == NULL)
        return error_no_memory(err);
    map_free(self->by_path, NULL);
    self->by_path = by_path;
    for (size_t i = 0; i < self->count; i++)
        self->items[i]->is_frozen = true;
    return DUBBOC_OK;
}

void services_thaw(services *self)
{
    for (size_t i = 0; i < self->count; i++)
        self->items[i]->is_frozen = false;
    map_free(self->by_path, NULL);
    self->by_path = NULL;
}

void services_drop_last(services *self)
{
    assert(self->count > 0 && !self->items[self->count - 1]->is_frozen);
    service_free(self->items[--self->count]);
}

dubboc_service *services_find_path(const services *self, dubboc_slice path)
{
    if (path.len == 0 || path.at[0] != '/')
        return NULL;
    dubboc_slice name = slice_make(path.at + 1, path.len - 1);
    dubboc_service *found = map_find(self->by_path, name);
    if (found != NULL || memchr(name.at, '%', name.len) == NULL)
        return found;
    buffer decoded;
    size_t bad_at;
    buffer_init(&decoded, PATH_BYTES_MAX);
    if (url_decode(&decoded, name, &bad_at) && decoded.status == DUBBOC_OK)
        found = map_find(self->by_path, buffer_slice(&decoded));
    buffer_fini(&decoded);
    return found;
}

const service_method *service_find_method(const dubboc_service *service, dubboc_slice token)
{
    assert(token.len >= 2);
    dubboc_slice name = slice_make(token.at + 1, token.len - 2);
    if (memchr(name.at, '\\', name.len) == NULL)
        return map_find(service->by_name, name);
    for (size_t i = 0; i < service->method_count; i++)
        if (json_string_is(token, service->methods[i]->name))
            return service->methods[i];
    return NULL;
}

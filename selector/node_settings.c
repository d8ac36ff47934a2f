/* Finds the params that are settings: "timeout", "retries", "idempotent", each also with a method
 * in front, as in "settle.timeout". */
#include "selector/node_settings.h"

#include "base/mem.h"

#define RETRIES_MAX 100

/* Whether key is "<method>.timeout" or similar, and for which method. "default.timeout" is for all
 * methods. */
static bool param_names_method(dubboc_slice key, dubboc_slice *method)
{
    static const char *const told[] = {".timeout", ".retries", ".idempotent"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        size_t suffix = strlen(told[i]);
        if (key.len <= suffix || !slice_is(slice_make(key.at + key.len - suffix, suffix), told[i]))
            continue;
        *method = slice_make(key.at, key.len - suffix);
        if (slice_starts_with(*method, "methods."))
            *method = slice_make(method->at + 8, method->len - 8);
        return method->len > 0 && !slice_is(*method, "default");
    }
    return false;
}

static bool settings_have_method(const node_settings *settings, dubboc_slice method)
{
    for (size_t i = 0; i < settings->count; i++)
        if (slice_equal(settings->methods[i].name, method))
            return true;
    return false;
}

static bool value_is_override(const configured *with, dubboc_slice value)
{
    return configurator_is_override(configured_by(with, value));
}

/* Returns the method whose value of key applies to a call of method: method itself, or none (empty)
 * for the value that is set for all methods. A value that an administrator has set for all methods
 * is stronger than the node's own value for a single method. */
static dubboc_slice settings_method_that_speaks(
    const configured *with, dubboc_slice method, const char *key)
{
    bool is_own = value_is_override(with, provider_url_find_method(with->url, method, key));
    return !is_own && value_is_override(with, provider_url_find(with->url, key))
               ? slice_make(NULL, 0)
               : method;
}

/* 1: "true", 0: "false", -1: anything else. */
static int settings_read_flag(dubboc_slice value)
{
    return slice_is(value, "true") ? 1 : slice_is(value, "false") ? 0 : -1;
}

static node_method settings_read_method(const configured *with, dubboc_slice method)
{
    const provider_url *url = with->url;
    dubboc_slice of_timeout = settings_method_that_speaks(with, method, "timeout"),
                 of_retries = settings_method_that_speaks(with, method, "retries"),
                 timeout = provider_url_find_method(url, of_timeout, "timeout"),
                 retries = provider_url_find_method(url, of_retries, "retries");
    node_method values = {
        .name = method, .timeout_ms = provider_url_timeout_ms(url, of_timeout), .retries = -1};
    values.idempotent = settings_read_flag(provider_url_find_method(url, method, "idempotent"));
    uint64_t number;
    if (slice_u64(retries, RETRIES_MAX, &number))
        values.retries = (int)number;
    values.timeout_is_override = value_is_override(with, timeout);
    values.retries_are_override = value_is_override(with, retries);
    return values;
}

node_method node_settings_of_url(const provider_url *url, dubboc_slice method)
{
    const configured as_it_is = {.original = url, .url = url};
    return settings_read_method(&as_it_is, method);
}

/* The number of params for single methods, and the total bytes of the methods' names. */
static size_t settings_count_methods(const provider_url *url, size_t *bytes)
{
    size_t count = 0;
    dubboc_slice method;
    *bytes = 0;
    for (size_t i = 0; i < url->param_count; i++)
        if (param_names_method(url->params[i].key, &method)) {
            count++;
            *bytes += method.len;
        }
    return count;
}

/* Adds the methods; their names are copied behind the array. */
static void settings_add_methods(node_settings *settings, const configured *with, size_t room)
{
    const provider_url *url = with->url;
    char *names = (char *)&settings->methods[room];
    dubboc_slice method;
    for (size_t i = 0; i < url->param_count; i++) {
        if (!param_names_method(url->params[i].key, &method) ||
            settings_have_method(settings, method))
            continue;
        node_method *added = &settings->methods[settings->count++];
        *added = settings_read_method(with, method);
        memcpy(names, method.at, method.len);
        added->name.at = names;
        names += method.len;
    }
}

bool node_settings_read(const configured *with, node_settings **settings)
{
    size_t bytes, room = settings_count_methods(with->url, &bytes);
    node_method any = settings_read_method(with, slice_make(NULL, 0));
    if (room == 0 && any.timeout_ms == 0 && any.retries < 0 && any.idempotent < 0)
        return true;
    *settings = mem_zeroed(1, sizeof(node_settings) + room * sizeof(node_method) + bytes);
    if (*settings == NULL)
        return false;
    (*settings)->any = any;
    settings_add_methods(*settings, with, room);
    return true;
}

node_method node_settings_find(const node_settings *settings, dubboc_slice method)
{
    for (size_t i = 0; i < settings->count; i++)
        if (slice_equal(settings->methods[i].name, method))
            return settings->methods[i];
    return settings->any;
}

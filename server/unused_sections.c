/* Warns about sections for services that are not offered. Such a section has no effect: if its name
 * is misspelt, the service runs with other settings than its owner intended. It is a warning and
 * not an error, because several programs may share one file. */
#include "server/unused_sections.h"

#include <stdio.h>

#include "base/config_keys.h"
#include "base/config_store.h"
#include "base/log.h"

#define KIND "service "

typedef struct section_search {
    const services *offered;
    /* The section that was reported last. Keys of one section are visited one after the other, so
     * each section is reported once. */
    char last[CONFIG_NAME_MAX];
} section_search;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The edit distance: how many letters must be changed, added or removed to turn a into b. Case is
 * ignored, and so are bytes beyond NAME_BYTES_MAX. */
static size_t name_distance(dubboc_slice a, dubboc_slice b)
{
    size_t row[NAME_BYTES_MAX + 1];
    b.len = smaller(b.len, NAME_BYTES_MAX);
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= smaller(a.len, NAME_BYTES_MAX); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            bool differs = ascii_lower(a.at[i - 1]) != ascii_lower(b.at[j - 1]);
            row[j] = smaller(diagonal + differs, smaller(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b.len];
}

/* The service with the most similar name. NULL: no service is offered. */
static const dubboc_service *nearest_service(const services *offered, dubboc_slice interface)
{
    const dubboc_service *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < offered->count; i++) {
        size_t distance = name_distance(interface, slice_of(offered->items[i]->interface));
        if (distance < least) {
            least = distance;
            nearest = offered->items[i];
        }
    }
    return nearest;
}

/* Whether the environment variable (origin is "$NAME") may mean the service. A variable spells an
 * interface in capitals, and with '_' for every other byte, so the interface cannot be read
 * back. */
static bool is_variable_of(const char *origin, const dubboc_service *service)
{
    char section[sizeof KIND + NAME_BYTES_MAX], prefix[2 * sizeof section];
    snprintf(section, sizeof section, KIND "%s", service->interface);
    return config_variable_name(slice_of(section), slice_of(""), prefix, sizeof prefix) &&
           slice_starts_with(slice_of(origin + 1), prefix);
}

static bool is_offered(const services *offered, const char *interface, const char *origin)
{
    if (services_find_interface(offered, interface) != NULL)
        return true;
    for (size_t i = 0; origin[0] == '$' && i < offered->count; i++)
        if (is_variable_of(origin, offered->items[i]))
            return true;
    return false;
}

/* The interface alone: "X" of "X:2.0.0". */
static dubboc_slice name_part(const char *interface)
{
    size_t len = 0;
    while (config_is_interface_char(interface[len]))
        len++;
    return slice_make(interface, len);
}

static void visit_value(
    void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    (void)key;
    (void)value;
    section_search *search = arg;
    if (strncmp(section, KIND, strlen(KIND)) != 0)
        return;
    const char *interface = section + strlen(KIND);
    if (strcmp(search->last, section) == 0 || is_offered(search->offered, interface, origin))
        return;
    snprintf(search->last, sizeof search->last, "%s", section);
    dubboc_slice name = name_part(interface);
    const dubboc_service *nearest = nearest_service(search->offered, name);
    LOG(DUBBOC_LOG_WARN, "server", "section ignored: this server does not offer that service",
        "section=\"[%s]\" nearest=\"%s\"%s", section, nearest != NULL ? nearest->interface : "",
        interface[name.len] != '\0' ? " hint=\"group and version are keys of the section\"" : "");
}

void unused_sections_warn(const dubboc_config *config, const services *offered)
{
    section_search search = {.offered = offered};
    if (log_is_on(DUBBOC_LOG_WARN))
        dubboc_config_each(config, visit_value, &search);
}

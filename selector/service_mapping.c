/* Subscribes to the mapping of an interface, and keeps the applications' names for error texts. */
#include "selector/service_mapping.h"

#include "base/mem.h"

void service_mapping_init(service_mapping *self)
{
    *self = (service_mapping){.subscription = NULL};
    mutex_init(&self->lock, MUTEX_RANK_SERVICE_MAPPING);
}

void service_mapping_fini(service_mapping *self)
{
    mutex_fini(&self->lock);
}

/* Called by the registry when the mapping changes. */
static void service_mapping_take(void *arg, const char *path, const char *data, size_t len)
{
    service_mapping *self = arg;
    (void)path;
    dubboc_slice names = slice_trim(slice_make(data, data != NULL ? len : 0));
    size_t shown = names.len < SERVICE_MAPPING_MAX ? names.len : SERVICE_MAPPING_MAX;
    mutex_lock(&self->lock);
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)names.at[i];
        self->applications[i] = names.at[i];
        if (c < 0x20 || c == 0x7F)
            self->applications[i] = '?';
    }
    self->applications[shown] = '\0';
    mutex_unlock(&self->lock);
}

void service_mapping_subscribe(service_mapping *self, registry *source, const char *interface)
{
    registry_subscription *made = NULL;
    dubboc_error err;
    char *path = self->subscription == NULL ? mem_printf("mapping/%s", interface) : NULL;
    if (path != NULL &&
        registry_watch_data(source, path, service_mapping_take, self, &made, &err) == DUBBOC_OK)
        self->subscription = made;
    free(path);
}

void service_mapping_unsubscribe(service_mapping *self, registry *source)
{
    if (self->subscription != NULL)
        registry_unsubscribe(source, self->subscription);
    self->subscription = NULL;
}

void service_mapping_get(service_mapping *self, char applications[SERVICE_MAPPING_MAX + 1])
{
    mutex_lock(&self->lock);
    memcpy(applications, self->applications, sizeof self->applications);
    mutex_unlock(&self->lock);
}

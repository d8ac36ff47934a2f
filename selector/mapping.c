/* Who offers a service at application level only. Dubbo 3 providers with register-mode=instance
 * write no node under the interface, but note below <root>/mapping which applications have it. This
 * consumer cannot call those, but it can say so, where otherwise "0 nodes seen" would leave people
 * wondering. */
#include "base/mem.h"
#include "selector/parts.h"

#define APPLICATIONS_MAX 200 /* bytes that are shown */

static void on_mapping(void *arg, const char *path, const char *data, size_t len)
{
    directory *self = arg;
    (void)path;
    dubboc_slice names = slice_trim(slice_make(data, data != NULL ? len : 0));
    char *applications = names.len > 0
                             ? mem_dup_slice(slice_make(names.at,
                                   names.len < APPLICATIONS_MAX ? names.len : APPLICATIONS_MAX))
                             : NULL;
    for (char *c = applications; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
    mutex_lock(&self->lock);
    char *former = self->applications;
    self->applications = applications;
    mutex_unlock(&self->lock);
    free(former);
}

void mapping_subscribe(directory *self)
{
    registry_subscription *made = NULL;
    dubboc_error err;
    char *path = self->mapping == NULL ? mem_printf("mapping/%s", self->key) : NULL;
    if (path != NULL &&
        registry_watch_data(self->owner->source, path, on_mapping, self, &made, &err) == DUBBOC_OK)
        self->mapping = made;
    free(path);
}

void mapping_unsubscribe(directory *self)
{
    if (self->mapping != NULL)
        registry_unsubscribe(self->owner->source, self->mapping);
    self->mapping = NULL;
}

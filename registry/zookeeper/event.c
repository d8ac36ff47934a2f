/* Readings, and freeing of events. */
#include "registry/zookeeper/event.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"

zk_reading *zk_reading_new(void)
{
    zk_reading *reading = MEM_NEW(zk_reading);
    if (reading != NULL)
        atomic_init(&reading->refs, 1);
    return reading;
}

zk_reading *zk_reading_ref(zk_reading *reading)
{
    atomic_fetch_add(&reading->refs, 1);
    return reading;
}

void zk_reading_unref(zk_reading *reading)
{
    if (reading == NULL || atomic_fetch_sub(&reading->refs, 1) > 1)
        return;
    registry_list_free(&reading->list);
    free(reading->data);
    free(reading);
}

bool zk_reading_decode(zk_reading *reading)
{
    buffer text;
    buffer_init(&text, URL_BYTES_MAX);
    bool has_memory = true;
    for (size_t i = 0; i < reading->list.count && has_memory; i++) {
        size_t bad_at;
        buffer_clear(&text);
        if (strchr(reading->list.items[i], '%') == NULL &&
            strchr(reading->list.items[i], '+') == NULL)
            continue;
        if (!url_decode(&text, slice_of(reading->list.items[i]), &bad_at) ||
            text.status == DUBBOC_E_TOO_BIG)
            continue;
        char *decoded = text.status == DUBBOC_OK ? mem_dup_slice(buffer_slice(&text)) : NULL;
        has_memory = decoded != NULL;
        if (has_memory) {
            free(reading->list.items[i]);
            reading->list.items[i] = decoded;
        }
    }
    buffer_fini(&text);
    /* removes duplicates, because two encodings may decode to the same URL */
    registry_list_sort(&reading->list);
    return has_memory;
}

bool zk_reading_equal(const zk_reading *a, const zk_reading *b)
{
    if (a == NULL || b == NULL || a->len != b->len || (a->data == NULL) != (b->data == NULL) ||
        !registry_list_equal(&a->list, &b->list))
        return false;
    return a->data == NULL || memcmp(a->data, b->data, a->len) == 0;
}

void zk_event_free(zk_event *event)
{
    zk_reading_unref(event->reading);
    event->reading = NULL;
    if (event->release != NULL)
        event->release(event);
}

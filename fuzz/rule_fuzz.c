/* Rules of the config centre, and override URLs. Each part of an accepted rule must be a URL that
 * can be read. A provider URL that is changed by an override must still answer all queries, with
 * its params in order. The input is taken as a rule, and each of its lines as a URL. */
#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "registry/registry_list.h"
#include "selector/configurator.h"
#include "selector/rule_yaml.h"

#define PROVIDER                                                                                   \
    "jsonrpc://10.0.0.1:80/"                                                                       \
    "com.foo.Bar?interface=com.foo.Bar&dubbo=dubbo-provider-golang-0.1.1&timeout=3&weight=7&zone=" \
    "a&get.retries=2"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare(dubboc_slice a, dubboc_slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.at, b.at, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static void check(const configured *with, const url_wanted *wanted)
{
    char reason[64];
    buffer text;
    buffer_init(&text, 1 << 20);
    configured_describe(with, &text);
    assert((text.len > 0) == with->is_changed);
    buffer_fini(&text);
    for (size_t i = 1; i < with->url->param_count; i++)
        assert(compare(with->url->params[i - 1].key, with->url->params[i].key) < 0);
    assert(provider_url_timeout_ms(with->url, slice_of("get")) >= 0);
    assert(provider_url_weight(with->url) <= INT32_MAX);
    const char *mismatch = configured_mismatch(with, wanted, reason, sizeof reason);
    assert(mismatch == NULL || strlen(mismatch) < sizeof reason);
    configured_by(with, provider_url_find(with->url, "weight"));
}

static void apply(const registry_list *urls, configurator_source source)
{
    const url_wanted wanted = {.interface = slice_of("com.foo.Bar")};
    const configurator_consumer consumer = {
        .application = "shop", .address = "10.0.0.9", .wanted = wanted};
    configurator_texts texts[CONFIGURATOR_SOURCES] = {{NULL, 0}};
    configurators *rules = NULL;
    provider_url *url = NULL;
    configured with;
    texts[source] = (configurator_texts){(const char *const *)urls->items, urls->count};
    bool has_memory = configurators_new(&consumer, texts, &rules);
    dubboc_status status = provider_url_from_text(slice_of(PROVIDER), &url, NULL);
    assert(has_memory && status == DUBBOC_OK);
    has_memory = configured_init(&with, rules, url);
    assert(has_memory);
    check(&with, &wanted);
    configured_fini(&with);
    provider_url_free(url);
    configurators_free(rules);
}

static void as_urls(dubboc_slice input)
{
    registry_list list = {0};
    size_t capacity = 0;
    dubboc_slice line;
    while (slice_next(&input, '\n', &line))
        if (memchr(line.at, '\0', line.len) == NULL) {
            bool is_added = registry_list_add(&list, &capacity, line);
            assert(is_added);
        }
    apply(&list, CONFIGURATOR_NODES);
    registry_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_slice input = slice_make((const char *)data, size);
    dubboc_error err;
    registry_list urls = {0};
    if (rule_yaml_read("fuzz", input, &urls, &err) != DUBBOC_OK) {
        assert(urls.count == 0 && err.text[0] != '\0');
    } else {
        for (size_t i = 0; i < urls.count; i++) {
            provider_url *url = NULL;
            dubboc_status status = provider_url_from_text(slice_of(urls.items[i]), &url, NULL);
            assert(status == DUBBOC_OK);
            provider_url_free(url);
        }
        apply(&urls, CONFIGURATOR_SERVICE);
        apply(&urls, CONFIGURATOR_APPLICATION);
        registry_list_free(&urls);
    }
    as_urls(input);
    return 0;
}

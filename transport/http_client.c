/* Makes and frees the object that all endpoints of a client share, and initialises libcurl. */
#include "transport/http_client.h"

#include <assert.h>
#include <curl/curl.h>

#include "base/error.h"
#include "base/mem.h"
#include "transport/http_client_names.h"

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_result;

/* libcurl is initialised once and never cleaned up, because other parts of the process may use curl
 * too (libraries.md C4). */
static void client_init_curl(void)
{
    curl_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool client_copy_texts(http_client *client, const http_client_settings *settings)
{
    const char *origin = settings->connect_timeout_origin, *proxy_origin = settings->proxy_origin;
    client->settings.connect_timeout_origin = mem_dup(origin != NULL ? origin : "");
    client->settings.proxy_origin = mem_dup(proxy_origin != NULL ? proxy_origin : "");
    bool has_ca_file = settings->tls_ca_file != NULL && settings->tls_ca_file[0] != '\0';
    client->settings.proxy = mem_dup(settings->proxy != NULL ? settings->proxy : "");
    client->settings.tls_ca_file = has_ca_file ? mem_dup(settings->tls_ca_file) : NULL;
    return client->settings.connect_timeout_origin != NULL &&
           client->settings.proxy_origin != NULL && client->settings.proxy != NULL &&
           (!has_ca_file || client->settings.tls_ca_file != NULL);
}

dubboc_status http_client_new(
    const http_client_settings *settings, http_client **client, dubboc_error *err)
{
    assert(settings->pool_size > 0 && settings->stop != NULL);
    pthread_once(&curl_once, client_init_curl);
    if (curl_result != CURLE_OK)
        return error_set(
            err, DUBBOC_E_SYSTEM, "libcurl cannot be started: %s", curl_easy_strerror(curl_result));
    http_client *made = MEM_NEW(http_client);
    if (made == NULL)
        return error_no_memory(err);
    made->settings = *settings;
    mutex_init(&made->lock, MUTEX_RANK_HTTP_CLIENT);
    bool is_copied = client_copy_texts(made, settings);
    http_client_trust_init(&made->trust, made->settings.tls_ca_file);
    made->names = http_client_names_new(settings->dns_ttl_ms);
    if (!is_copied || made->names == NULL) {
        http_client_free(made);
        return error_no_memory(err);
    }
    *client = made;
    return DUBBOC_OK;
}

void http_client_free(http_client *client)
{
    if (client == NULL)
        return;
    assert(client->endpoints == NULL);
    http_client_names_free(client->names);
    http_client_trust_fini(&client->trust);
    mutex_fini(&client->lock);
    free((char *)client->settings.connect_timeout_origin);
    free((char *)client->settings.proxy_origin);
    free((char *)client->settings.proxy);
    free((char *)client->settings.tls_ca_file);
    free(client);
}

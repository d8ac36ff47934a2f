/* What all endpoints of a client share: the settings, the list of endpoints, and the stop signal:
 * an eventfd beside every poll, a flag for whoever connects or takes, a wake-up for whoever waits
 * in a pool. */
#include "transport/http_client_internal.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_result;

/* Never undone: other parts of the process may use curl too (traps C4). */
static void init_curl(void)
{
    curl_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool copy_texts(http_client *client, const http_client_settings *settings)
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
    assert(settings->pool_size > 0);
    pthread_once(&curl_once, init_curl);
    if (curl_result != CURLE_OK)
        return error_set(
            err, DUBBOC_E_SYSTEM, "libcurl does not start: %s", curl_easy_strerror(curl_result));
    http_client *made = MEM_NEW(http_client);
    if (made == NULL)
        return error_no_memory(err);
    made->settings = *settings;
    made->stop.fd = -1;
    mutex_init(&made->lock, MUTEX_RANK_HTTP_CLIENT);
    dubboc_status status = DUBBOC_OK;
    bool is_copied = copy_texts(made, settings);
    http_client_trust_init(&made->trust, made->settings.tls_ca_file);
    if (!is_copied)
        status = error_no_memory(err);
    else if (!wake_open(&made->stop))
        status = error_set(err, DUBBOC_E_SYSTEM, "no eventfd: %s", strerrordesc_np(errno));
    if (status != DUBBOC_OK)
        http_client_free(made);
    else
        *client = made;
    return status;
}

void http_client_stop(http_client *client)
{
    atomic_store(&client->is_stopping, true);
    wake_signal(&client->stop);
    mutex_lock(&client->lock);
    for (http_client_endpoint *endpoint = client->endpoints; endpoint != NULL;
         endpoint = endpoint->next)
        http_client_endpoint_wake_waiters(endpoint);
    mutex_unlock(&client->lock);
}

void http_client_free(http_client *client)
{
    if (client == NULL)
        return;
    assert(client->endpoints == NULL);
    wake_close(&client->stop);
    http_client_trust_fini(&client->trust);
    mutex_fini(&client->lock);
    free((char *)client->settings.connect_timeout_origin);
    free((char *)client->settings.proxy_origin);
    free((char *)client->settings.proxy);
    free((char *)client->settings.tls_ca_file);
    free(client);
}

uint64_t http_client_connections_opened(const http_client *client)
{
    return atomic_load_explicit(&client->connections_opened, memory_order_relaxed);
}

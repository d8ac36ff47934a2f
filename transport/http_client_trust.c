/* Reads the trusted certificate authorities into an OpenSSL store that all connections of a client
 * share. Without OpenSSL, or if libcurl uses another OpenSSL than this library, libcurl reads them
 * for each connection instead. */
#include "transport/http_client_trust.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"

void http_client_trust_init(http_client_trust *self, const char *ca_file)
{
    *self = (http_client_trust){.ca_file = ca_file};
    mutex_init(&self->lock, MUTEX_RANK_TRUST);
}

void http_client_trust_fini(http_client_trust *self)
{
    http_client_trust_give_back(self->store);
    mutex_fini(&self->lock);
}

/* Turns CURLOPT_CAPATH off when a file is given, because Debian's libcurl would otherwise trust the
 * authorities of the system's folder too. */
static CURLcode trust_let_curl_read(CURL *curl, const char *ca_file)
{
    if (ca_file == NULL)
        return CURLE_OK;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) : code;
}

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Where libcurl looks for authorities by default. Read once, because curl_version_info() writes its
 * result to a static place. */
typedef struct trust_system {
    const char *file, *folder; /* NULL: libcurl was built without this default */
    /* Whether libcurl uses the same OpenSSL as this library: a store must not be passed from one
     * OpenSSL to another. */
    bool is_shareable;
} trust_system;

static pthread_once_t trust_once = PTHREAD_ONCE_INIT;
static trust_system trust_of_system;

static void trust_ask_curl(void)
{
    char ours[64];
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    snprintf(ours, sizeof ours, "OpenSSL/%s", OpenSSL_version(OPENSSL_VERSION_STRING));
    trust_of_system = (trust_system){.file = curl->cainfo, .folder = curl->capath};
    trust_of_system.is_shareable =
        curl->ssl_version != NULL && strcmp(curl->ssl_version, ours) == 0;
}

bool http_client_trust_is_shared(void)
{
    pthread_once(&trust_once, trust_ask_curl);
    return trust_of_system.is_shareable;
}

static bool trust_is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Sets the flags that libcurl sets on the stores that it creates. X509_V_FLAG_PARTIAL_CHAIN means
 * that an intermediate certificate may be trusted too. */
static X509_STORE *trust_read(const char *file, const char *folder)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL)
        return NULL;
    bool is_read =
        (file == NULL || X509_STORE_load_file(store, file) == 1) &&
        (folder == NULL || X509_STORE_load_path(store, folder) == 1) &&
        X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) == 1;
    if (is_read)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* Returns the text of the first error in OpenSSL's error queue, and empties the queue. *is_lasting:
 * the content of the file is wrong. Otherwise there was a shortage of descriptors or memory, and it
 * is worth trying again. */
static const char *trust_reason(bool *is_lasting)
{
    unsigned long error = ERR_get_error();
    ERR_clear_error();
    *is_lasting =
        error != 0 && !ERR_SYSTEM_ERROR(error) && ERR_GET_REASON(error) != ERR_R_MALLOC_FAILURE;
    const char *reason = ERR_SYSTEM_ERROR(error) ? strerrordesc_np(ERR_GET_REASON(error))
                                                 : ERR_reason_error_string(error);
    return reason != NULL ? reason : "OpenSSL cannot read the file";
}

/* Reads the authorities, for the first time or because the file has changed. If that fails, the
 * former store stays. */
static dubboc_status trust_replace_locked(http_client_trust *self, const char *file,
    const char *folder, const struct stat *now, dubboc_error *err)
{
    bool is_lasting = true;
    ERR_clear_error();
    X509_STORE *store = trust_read(file, folder);
    if (store != NULL) {
        http_client_trust_give_back(self->store);
        self->store = store;
    } else {
        const char *reason = trust_reason(&is_lasting);
        error_set(err, DUBBOC_E_CONNECT,
            "cannot read the authorities trusted for https from %s: %s",
            file != NULL ? file : folder, reason);
    }
    self->has_seen = is_lasting;
    self->seen = *now;
    if (store != NULL)
        return DUBBOC_OK;
    self->broken = *err;
    return DUBBOC_E_CONNECT;
}

/* Reads the authorities if they have not been read or the file has changed. */
static dubboc_status trust_refresh_locked(http_client_trust *self, dubboc_error *err)
{
    const char *file = self->ca_file != NULL ? self->ca_file : trust_of_system.file;
    const char *folder = self->ca_file != NULL ? NULL : trust_of_system.folder;
    struct stat now = {0};
    if (file != NULL && stat(file, &now) != 0)
        return error_set(err, DUBBOC_E_CONNECT,
            "cannot read the authorities trusted for https from %s: %s", file,
            strerrordesc_np(errno));
    if (!self->has_seen || !trust_is_same_file(&self->seen, &now))
        return trust_replace_locked(self, file, folder, &now, err);
    if (self->store != NULL)
        return DUBBOC_OK;
    *err = self->broken;
    return DUBBOC_E_CONNECT;
}

dubboc_status http_client_trust_take(http_client_trust *self, void **store, dubboc_error *err)
{
    *store = NULL;
    bool is_shared = http_client_trust_is_shared();
    bool is_known =
        self->ca_file != NULL || trust_of_system.file != NULL || trust_of_system.folder != NULL;
    if (!is_shared || !is_known)
        return DUBBOC_OK;
    dubboc_error reason;
    error_clear(&reason);
    mutex_lock(&self->lock);
    dubboc_status status = trust_refresh_locked(self, &reason);
    if (self->store != NULL && X509_STORE_up_ref(self->store) == 1)
        *store = self->store;
    mutex_unlock(&self->lock);
    if (*store == NULL)
        return error_set(err, status == DUBBOC_OK ? DUBBOC_E_NO_MEMORY : status, "%s", reason.text);
    if (status != DUBBOC_OK)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport",
            "cannot read the trusted authorities again, keeping the former ones", "reason=\"%s\"",
            reason.text);
    return DUBBOC_OK;
}

void http_client_trust_give_back(void *store)
{
    X509_STORE_free(store);
}

static CURLcode trust_on_ssl_ctx(CURL *curl, void *context, void *store)
{
    (void)curl;
    SSL_CTX_set1_cert_store(context, store);
    return CURLE_OK;
}

CURLcode http_client_trust_set(CURL *curl, void *store, const char *ca_file)
{
    if (store == NULL)
        return trust_let_curl_read(curl, ca_file);
    CURLcode codes[] = {
        curl_easy_setopt(curl, CURLOPT_CAINFO, NULL),
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL),
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, trust_on_ssl_ctx),
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, store),
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != CURLE_OK)
            return codes[i];
    return CURLE_OK;
}

#else

bool http_client_trust_is_shared(void)
{
    return false;
}

dubboc_status http_client_trust_take(http_client_trust *self, void **store, dubboc_error *err)
{
    (void)self, (void)err;
    *store = NULL;
    return DUBBOC_OK;
}

void http_client_trust_give_back(void *store)
{
    (void)store;
}

CURLcode http_client_trust_set(CURL *curl, void *store, const char *ca_file)
{
    (void)store;
    return trust_let_curl_read(curl, ca_file);
}

#endif

/* bare_curl HOST PORT PATH METHOD PARAMS CALLS: makes calls with curl_easy_perform() on a
 * keep-alive connection, as a C program without dubboc would. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bare.h"

static char reply[1024 * 1024];
static size_t reply_len;

static size_t take(char *data, size_t size, size_t count, void *arg)
{
    (void)arg;
    if (size * count > sizeof reply - reply_len)
        return 0;
    memcpy(reply + reply_len, data, size * count);
    reply_len += size * count;
    return size * count;
}

int main(int argc, char **argv)
{
    if (argc != 7)
        bare_fail("HOST PORT PATH METHOD PARAMS CALLS");
    char url[512];
    bare_request request = bare_request_new(argv[1], atoi(argv[2]), argv[3], argv[4], argv[5]);
    snprintf(url, sizeof url, "http://%s:%s%s", argv[1], argv[2], argv[3]);
    curl_global_init(CURL_GLOBAL_ALL);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Timeout: 3000000000");
    if (curl == NULL || headers == NULL)
        bare_fail("out of memory");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request.body_len);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    for (long i = 0, calls = atol(argv[6]); i < calls; i++) {
        reply_len = 0;
        if (curl_easy_perform(curl) != CURLE_OK ||
            memmem(reply, reply_len, "\"result\"", 8) == NULL)
            bare_fail("curl_easy_perform");
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return 0;
}

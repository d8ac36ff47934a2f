#include "bench/bare.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void bare_fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

bare_request bare_request_new(
    const char *host, int port, const char *path, const char *method, const char *params)
{
    bare_request request = {0};
    char *body = NULL;
    int body_len = asprintf(
        &body, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}\n", method, params);
    if (body_len < 0)
        bare_fail("out of memory");
    int len = asprintf(&request.bytes,
        "POST %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: bench\r\nContent-Length: %d\r\nAccept: "
        "application/json\r\n"
        "Content-Type: application/json\r\nTimeout: 3000000000\r\n\r\n%s",
        path, host, port, body_len, body);
    if (len < 0)
        bare_fail("out of memory");
    free(body);
    request.len = (size_t)len;
    request.body_len = (size_t)body_len;
    request.body = request.bytes + request.len - request.body_len;
    return request;
}

int bare_connect(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        bare_fail("no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

bool bare_reply_is_whole(char *buffer, size_t len, size_t *whole)
{
    buffer[len] = '\0';
    char *end = strstr(buffer, "\r\n\r\n");
    if (end == NULL)
        return false;
    char *length = strcasestr(buffer, "content-length:");
    if (length == NULL || length > end)
        bare_fail("a reply without Content-Length");
    *whole = (size_t)(end + 4 - buffer) + strtoul(length + strlen("content-length:"), NULL, 10);
    if (*whole > BARE_REPLY_MAX)
        bare_fail("a reply over 8 MiB");
    if (len < *whole)
        return false;
    if (strncmp(buffer, "HTTP/1.1 200", 12) != 0 ||
        memmem(end, *whole - (size_t)(end - buffer), "\"error\"", 7) != NULL)
        bare_fail("an error was answered");
    return true;
}

/* What the bare programs share: a keep-alive HTTP exchange with nothing around it, the yardstick
 * that dubboc is held against. They check just enough to notice that something else was
 * answered. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

#define BARE_REPLY_MAX (8u * 1024 * 1024)

/* One request, ready to send again and again. */
typedef struct bare_request {
    char *bytes;
    size_t len;
    const char *body;
    size_t body_len;
} bare_request;

/* The request that calls method of path with these params, with the headers that dubboc sends. Ends
 * the program when memory is out. */
bare_request bare_request_new(
    const char *host, int port, const char *path, const char *method, const char *params);

/* A connected socket with TCP_NODELAY. Ends the program when there is none. */
int bare_connect(const char *host, int port);

/* Whether buffer[0..len) holds a whole reply with Content-Length, status 200 and no error member.
 * *whole: its length. */
bool bare_reply_is_whole(char *buffer, size_t len, size_t *whole);

/* Ends the program with a message. */
void bare_fail(const char *what);

#endif

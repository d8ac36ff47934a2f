/* Shared by the bare programs: a keep-alive HTTP exchange without any library around it, to compare
 * dubboc with. The programs check just enough to notice a wrong reply. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

#define BARE_REPLY_MAX (8u * 1024 * 1024)

/* One request, which can be sent repeatedly. */
typedef struct bare_request {
    char *bytes;
    size_t len;
    const char *body;
    size_t body_len;
} bare_request;

/* Makes the request that calls method of path with params, with the headers that dubboc sends. Ends
 * the program if memory runs out. */
bare_request bare_request_new(
    const char *host, int port, const char *path, const char *method, const char *params);

/* Returns a connected socket with TCP_NODELAY. Ends the program if connecting fails. */
int bare_connect(const char *host, int port);

/* Whether buffer[0..len) holds a whole reply with Content-Length, status 200 and no error member.
 * Sets *whole to the length of the reply. */
bool bare_reply_is_whole(char *buffer, size_t len, size_t *whole);

/* Ends the program with a message. */
void bare_fail(const char *what);

#endif

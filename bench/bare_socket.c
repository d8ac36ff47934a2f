/* bare_socket HOST PORT PATH METHOD PARAMS CALLS THREADS: makes calls on blocking sockets, with one
 * keep-alive connection per thread. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bench/bare.h"

static bare_request request;
static const char *host;
static int port;
static long calls_each;

static void *run(void *arg)
{
    char *reply = malloc(BARE_REPLY_MAX + 1);
    int fd = bare_connect(host, port);
    if (reply == NULL)
        bare_fail("out of memory");
    for (long i = 0; i < calls_each; i++) {
        size_t len = 0, whole = 0;
        if (send(fd, request.bytes, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
            bare_fail("send");
        do {
            ssize_t got = recv(fd, reply + len, BARE_REPLY_MAX - len, 0);
            if (got <= 0)
                bare_fail("recv");
            len += (size_t)got;
        } while (!bare_reply_is_whole(reply, len, &whole));
    }
    free(reply);
    return arg;
}

int main(int argc, char **argv)
{
    if (argc != 8)
        bare_fail("HOST PORT PATH METHOD PARAMS CALLS THREADS");
    int threads = atoi(argv[7]);
    pthread_t ids[256];
    if (threads < 1 || threads > 256)
        bare_fail("1 to 256 threads");
    host = argv[1];
    port = atoi(argv[2]);
    request = bare_request_new(host, port, argv[3], argv[4], argv[5]);
    calls_each = atol(argv[6]) / threads;
    if (threads == 1) {
        run(NULL);
        return 0;
    }
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, NULL) != 0)
            bare_fail("pthread_create");
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return 0;
}

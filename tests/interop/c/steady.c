/* Calls one method again and again until SIGTERM, and prints a line for each call, so that a test
 * sees when a change of the registry takes effect:
 *
 *     steady INTERFACE METHOD PARAMS
 *     "123456 123470 127.0.0.1:20880/com.ikurento.user.UserProvider OK"
 *
 * The line holds the start and the end of the call (milliseconds of CLOCK_MONOTONIC, as Python's
 * time.monotonic()), the provider that was tried last ("-": none), and the status. The registry and
 * all other settings come from DUBBOC_CONF_FILE and the environment. */
#include <dubboc/dubboc.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 5

static volatile sig_atomic_t is_ending;

static void end(int number)
{
    (void)number;
    is_ending = 1;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void call(dubboc_client *client, char **what, dubboc_text *result)
{
    dubboc_error err;
    int64_t begun_ms = now_ms();
    dubboc_status status = dubboc_call_raw(
        client, what[0], what[1], (dubboc_slice){what[2], strlen(what[2])}, NULL, result, &err);
    printf("%" PRId64 " %" PRId64 " %s %s\n", begun_ms, now_ms(),
        err.provider[0] != '\0' ? err.provider : "-", dubboc_status_name(status));
}

int main(int argc, char **argv)
{
    dubboc_client *client;
    dubboc_text result = {0};
    dubboc_error err;
    if (argc != 4) {
        fprintf(stderr, "usage: steady INTERFACE METHOD PARAMS\n");
        return 64;
    }
    if (dubboc_client_new(NULL, &client, &err) != DUBBOC_OK) {
        fprintf(stderr, "steady: %s\n", err.text);
        return 78;
    }
    signal(SIGTERM, end);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (!is_ending) {
        call(client, argv + 1, &result);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    dubboc_text_free(&result);
    dubboc_client_free(client);
    return 0;
}

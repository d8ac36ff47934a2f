/* load REGISTRY THREADS: finds a provider of com.ikurento.user.UserProvider in the registry and
 * calls its method GetUser again and again. As in a real program, the answer becomes a tree, and
 * its members are checked.
 *
 * The program prints "ready". Each line of standard input is a number of seconds: the program makes
 * calls for that time and then prints how many calls it made. It ends at the end of standard input.
 * If a call fails or returns a wrong answer, it prints "FAIL load: why" and ends with status 1. The
 * programs of the other frameworks in tests/interop do the same. */
#include <dubboc/dubboc.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 256
#define SECONDS_MAX 60
#define NS_PER_S INT64_C(1000000000)

/* One calling thread and its results. */
typedef struct caller {
    pthread_t thread;
    dubboc_client *client;
    const cJSON *params;
    int64_t end_ns;
    uint64_t calls;
    bool has_failed;
    dubboc_error err;
} caller;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Whether user is A003, whose members are the same on every provider. */
static bool is_joe(const cJSON *user, dubboc_error *err)
{
    const char *id, *name, *sex;
    int64_t time_ms;
    int age;
    if (dubboc_json_unpack(user, err, "{s:s, s:s, s:i, s:I, s:s}", "id", &id, "name", &name, "age",
            &age, "time", &time_ms, "sex", &sex) != DUBBOC_OK)
        return false;
    if (strcmp(id, "A003") == 0 && strcmp(name, "Joe") == 0 && age == 48 &&
        time_ms == 1469071830258 && strcmp(sex, "MAN") == 0)
        return true;
    snprintf(err->text, sizeof err->text, "another user came: %s, %s, %d, %" PRId64 ", %s", id,
        name, age, time_ms, sex);
    return false;
}

static void *call_until_end(void *arg)
{
    caller *self = arg;
    while (now_ns() < self->end_ns && !self->has_failed) {
        cJSON *user = NULL;
        self->has_failed = dubboc_call(self->client, "com.ikurento.user.UserProvider", "GetUser",
                               self->params, &user, &self->err) != DUBBOC_OK ||
                           !is_joe(user, &self->err);
        self->calls++;
        cJSON_Delete(user);
    }
    return NULL;
}

/* Makes calls for that many seconds and prints the count. false: a call failed. */
static bool run_window(caller *callers, int threads, long seconds)
{
    int64_t end_ns = now_ns() + seconds * NS_PER_S;
    uint64_t calls = 0;
    const char *why = NULL;
    int started = 0;
    for (; started < threads && why == NULL; started++) {
        callers[started].end_ns = end_ns;
        callers[started].calls = 0;
        if (pthread_create(&callers[started].thread, NULL, call_until_end, &callers[started]) !=
            0) {
            why = "not all threads could be started";
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(callers[i].thread, NULL);
        calls += callers[i].calls;
        if (callers[i].has_failed)
            why = callers[i].err.text;
    }
    if (why != NULL)
        printf("FAIL load: %s\n", why);
    else
        printf("%" PRIu64 " calls\n", calls);
    fflush(stdout);
    return why == NULL;
}

static bool run_windows(caller *callers, int threads)
{
    char line[32];
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        long seconds = strtol(line, NULL, 10);
        if (seconds < 1 || seconds > SECONDS_MAX) {
            fprintf(stderr, "load: a window takes 1 to %d seconds, not %s", SECONDS_MAX, line);
            return false;
        }
        if (!run_window(callers, threads, seconds))
            return false;
    }
    return true;
}

/* Makes the client, and the params that all calls use. */
static bool set_up(const char *registry, dubboc_client **client, cJSON **params, dubboc_error *err)
{
    dubboc_client_options options = {.size = sizeof options, .registry = registry};
    return dubboc_client_new(&options, client, err) == DUBBOC_OK &&
           dubboc_json_pack(params, err, "[s]", "A003") == DUBBOC_OK;
}

int main(int argc, char **argv)
{
    static caller callers[THREADS_MAX];
    dubboc_error err;
    dubboc_client *client = NULL;
    cJSON *params = NULL;
    int threads = argc == 3 ? atoi(argv[2]) : 0;
    if (threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: load REGISTRY THREADS\n");
        return 64;
    }
    bool is_good = set_up(argv[1], &client, &params, &err);
    if (!is_good)
        fprintf(stderr, "load: %s\n", err.text);
    for (int i = 0; i < threads; i++) {
        callers[i].client = client;
        callers[i].params = params;
    }
    is_good = is_good && run_windows(callers, threads);
    dubboc_client_free(client);
    cJSON_Delete(params);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

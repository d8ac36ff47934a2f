/* A provider that answers later: the handler takes the right to answer and returns at once, and
 * another thread answers when there is something to say. No thread is kept waiting, however many
 * calls are open. com.dubboc.Later: later(ms) gives ms back after that time.
 *
 *     deferred-provider [-r REGISTRY] [FILE]
 * */
#include "program.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define LATER_MAX_MS 60000

/* One answer that is due at some time. */
typedef struct due {
    struct due *next; /* in the order of their times */
    struct timespec at;
    int ms;
    dubboc_deferred *deferred;
} due;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static pthread_cond_t changed;
static due *first;
static bool ends;

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void insert_locked(due *added)
{
    due **place = &first;
    while (*place != NULL && !is_before(&added->at, &(*place)->at))
        place = &(*place)->next;
    added->next = *place;
    *place = added;
}

/* Waits for the next one that is due; NULL: the program ends. */
static due *take(void)
{
    pthread_mutex_lock(&lock);
    while (!ends) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (first == NULL)
            pthread_cond_wait(&changed, &lock);
        else if (is_before(&now, &first->at))
            pthread_cond_timedwait(&changed, &lock, &first->at);
        else
            break;
    }
    due *taken = ends ? NULL : first;
    if (taken != NULL)
        first = taken->next;
    pthread_mutex_unlock(&lock);
    return taken;
}

static void *answer_all(void *arg)
{
    due *one;
    while ((one = take()) != NULL) {
        dubboc_deferred_answer(one->deferred, dubboc_json_i64_new(one->ms));
        free(one);
    }
    return arg;
}

/* later(ms) */
static dubboc_status later(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    int ms;
    if (dubboc_request_args(request, params, &ms) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (ms < 0 || ms > LATER_MAX_MS)
        return dubboc_request_fail(request, 0, "java.lang.IllegalArgumentException",
            "%d ms is not between 0 and %d", ms, LATER_MAX_MS);
    due *added = calloc(1, sizeof *added);
    if (added == NULL || (added->deferred = dubboc_request_defer(request)) == NULL) {
        free(added);
        return DUBBOC_E_NO_MEMORY;
    }
    added->ms = ms;
    clock_gettime(CLOCK_MONOTONIC, &added->at);
    added->at.tv_sec += ms / 1000;
    added->at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (added->at.tv_nsec >= 1000000000) {
        added->at.tv_sec++;
        added->at.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&lock);
    insert_locked(added);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return DUBBOC_DEFERRED;
}

int main(int argc, char **argv)
{
    static const dubboc_method methods[] = {
        {.name = "later", .json = later, .flags = DUBBOC_NONBLOCKING}};
    dubboc_config *config = program_config(argc, argv);
    dubboc_server *server = program_server(config, 0);
    program_offer(server, "com.dubboc.Later", methods, 1);

    pthread_t thread;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    if (pthread_create(&thread, NULL, answer_all, NULL) != 0)
        return EXIT_FAILURE;
    program_start(server);
    program_wait();
    dubboc_server_stop(
        server); /* waits for the answers that are still due, at most [server] stop_drain */

    pthread_mutex_lock(&lock);
    ends = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    /* each must be answered, also if nobody hears it any more */
    for (due *next; first != NULL; first = next) {
        next = first->next;
        dubboc_deferred_fail(first->deferred, 0, NULL, "the program ends");
        free(first);
    }
    dubboc_server_free(server);
    dubboc_config_free(config);
    return EXIT_SUCCESS;
}

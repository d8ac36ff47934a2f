/* A provider that answers later: the handler defers the answer and returns at once, and another
 * thread answers when the result is known. No thread is blocked, however many calls are open.
 * com.dubboc.Later: later(ms) returns the number ms after ms milliseconds. */
#include <dubboc/dubboc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LATER_MAX_MS 60000

/* One answer that is due at a certain time. */
typedef struct due {
    struct due *next; /* the list is sorted by time */
    struct timespec at;
    int ms;
    dubboc_deferred *deferred;
} due;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the variables below */
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

/* Waits for the next answer that is due; NULL: the program is ending. */
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

/* The method later(ms): defers its answer and returns at once. */
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

/* The thread blocks all signals, because dubboc_server_run() waits for them in the main thread. */
static bool start_answering(pthread_t *thread)
{
    sigset_t all, former;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    bool is_started = pthread_create(thread, NULL, answer_all, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    return is_started;
}

/* Called after the server has stopped. Each deferred request must be answered, even if the caller
 * no longer waits for it. */
static void end_answering(pthread_t thread)
{
    pthread_mutex_lock(&lock);
    ends = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    for (due *next; first != NULL; first = next) {
        next = first->next;
        dubboc_deferred_fail(first->deferred, 0, NULL, "the program ends");
        free(first);
    }
}

static dubboc_status add_methods(dubboc_server *server, dubboc_error *err)
{
    static const dubboc_method method = DUBBOC_METHOD("later", later, .flags = DUBBOC_NONBLOCKING);
    dubboc_service *service;
    dubboc_status status =
        dubboc_server_add_service(server, "com.dubboc.Later", NULL, &service, err);
    return status == DUBBOC_OK ? dubboc_service_add_method(service, &method, err) : status;
}

int main(void)
{
    dubboc_error err;
    dubboc_server *server = NULL;
    pthread_t thread;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (!start_answering(&thread)) {
        fprintf(stderr, "deferred-provider: no thread\n");
        return EXIT_FAILURE;
    }
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        add_methods(server, &err) != DUBBOC_OK ||
        dubboc_server_run(server, stdout, &err) != DUBBOC_OK)
        fprintf(stderr, "deferred-provider: %s\n", err.text);
    end_answering(thread);
    dubboc_server_free(server); /* after the last answer */
    return err.status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

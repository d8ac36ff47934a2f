/* A consumer of com.example.Orders, the service of docs/getting-started.md: several threads place
 * orders through one client and read each of them back.
 *
 *     order-consumer [THREADS [ORDERS_PER_THREAD]] */
#include <dubboc/dubboc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 64, ORDERS_MAX = 1000000 };

static const char service[] = "com.example.Orders";

/* How many orders ended in each way. */
typedef struct order_counts {
    int placed;
    int refused;      /* the provider refused the order; the error text says why */
    int not_executed; /* certainly not placed: may be placed again later */
    int unclear;      /* perhaps placed: must not be placed again without looking */
} order_counts;

/* One thread that places orders. */
typedef struct buyer {
    pthread_t thread;
    dubboc_client *client; /* one for all threads */
    atomic_int *running;   /* buyers that have not finished */
    int order_count;
    order_counts counts; /* read by main() after the thread has been joined */
} buyer;

/* --- calls --- */

static dubboc_status order_place(dubboc_client *client, int64_t *id, dubboc_error *err)
{
    cJSON *params = NULL, *placed = NULL;
    dubboc_status status = dubboc_json_build(&params, err,
        DUBBOC_ARRAY(DUBBOC_OBJECT("customer", "Ann", "lines",
            DUBBOC_ARRAY(DUBBOC_OBJECT("sku", "A-1", "count", 2, "cents", 450),
                DUBBOC_OBJECT("sku", "B-7", "count", 1, "cents", 99)))));
    if (status == DUBBOC_OK)
        status = dubboc_call(client, service, "placeOrder", params, &placed, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_read(placed, err, DUBBOC_MEMBERS("id", id));
    cJSON_Delete(placed);
    cJSON_Delete(params);
    return status;
}

/* The price of an order. */
static dubboc_status order_get(dubboc_client *client, int64_t id, int64_t *cents, dubboc_error *err)
{
    cJSON *params = NULL, *order = NULL;
    dubboc_status status = dubboc_json_build(&params, err, DUBBOC_ARRAY(id));
    if (status == DUBBOC_OK)
        status = dubboc_call(client, service, "getOrder", params, &order, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_read(order, err, DUBBOC_MEMBERS("cents", cents));
    cJSON_Delete(order);
    cJSON_Delete(params);
    return status;
}

/* Counts an order that failed. What to do about it depends on whether it was executed. */
static void counts_add_failure(order_counts *self, const dubboc_error *err)
{
    fprintf(stderr, "order-consumer: %s\n", err->text);
    if (err->status == DUBBOC_E_REMOTE)
        self->refused++;
    else if (err->execution == DUBBOC_NOT_EXECUTED || err->execution == DUBBOC_EXECUTION_UNKNOWN)
        self->not_executed++;
    else
        self->unclear++;
}

/* --- threads --- */

static void *buyer_run(void *arg)
{
    buyer *self = arg;
    for (int i = 0; i < self->order_count; i++) {
        dubboc_error err = {0};
        int64_t id, cents;
        if (order_place(self->client, &id, &err) != DUBBOC_OK)
            counts_add_failure(&self->counts, &err);
        else {
            self->counts.placed++;
            if (order_get(self->client, id, &cents, &err) != DUBBOC_OK)
                fprintf(stderr, "order-consumer: %s\n", err.text);
        }
        if (err.status == DUBBOC_E_CLOSED)
            break; /* main() has stopped the client */
    }
    if (atomic_fetch_sub(self->running, 1) == 1)
        kill(getpid(), SIGTERM); /* the last buyer wakes main() */
    return NULL;
}

/* Starts the threads, waits until all have finished or someone presses Ctrl-C, and joins them. */
static void buyers_run(buyer *buyers, int count, const sigset_t *signals)
{
    int started = 0, number;
    while (started < count &&
           pthread_create(&buyers[started].thread, NULL, buyer_run, &buyers[started]) == 0)
        started++;
    if (started == count)
        sigwait(signals, &number);
    else
        fprintf(stderr, "order-consumer: only %d threads could be started\n", started);
    dubboc_client_stop(buyers[0].client); /* ends the calls that still run */
    for (int i = 0; i < started; i++)
        pthread_join(buyers[i].thread, NULL);
}

static void show_business_error(dubboc_client *client)
{
    dubboc_error err = {0};
    int64_t cents;
    if (order_get(client, 1, &cents, &err) == DUBBOC_E_REMOTE)
        printf("getOrder(1): %s (code %lld)\n", err.text, (long long)err.rpc_code);
    else
        fprintf(stderr, "order-consumer: %s\n", err.text);
}

static order_counts buyers_sum(const buyer *buyers, int count)
{
    order_counts sum = {0};
    for (int i = 0; i < count; i++) {
        sum.placed += buyers[i].counts.placed;
        sum.refused += buyers[i].counts.refused;
        sum.not_executed += buyers[i].counts.not_executed;
        sum.unclear += buyers[i].counts.unclear;
    }
    return sum;
}

/* --- the program --- */

/* Blocks the signals that end the program, in all threads, because main() waits for them. */
static void signals_block(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static int argument_number(int argc, char **argv, int index, int fallback, int max)
{
    int value = index < argc ? atoi(argv[index]) : fallback;
    return value < 1 ? 1 : value > max ? max : value;
}

int main(int argc, char **argv)
{
    static buyer buyers[THREADS_MAX];
    int threads = argument_number(argc, argv, 1, 4, THREADS_MAX);
    int orders = argument_number(argc, argv, 2, 5, ORDERS_MAX);
    atomic_int running = threads;
    dubboc_error err;
    dubboc_client *client = NULL;
    sigset_t signals;
    signals_block(&signals);
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_client_new(NULL, &client, &err) != DUBBOC_OK) {
        fprintf(stderr, "order-consumer: %s\n", err.text);
        return EXIT_FAILURE;
    }
    show_business_error(client);
    for (int i = 0; i < threads; i++)
        buyers[i] = (buyer){.client = client, .running = &running, .order_count = orders};
    buyers_run(buyers, threads, &signals);
    dubboc_client_free(client);
    order_counts all = buyers_sum(buyers, threads);
    printf("%d placed, %d refused, %d not executed, %d unclear\n", all.placed, all.refused,
        all.not_executed, all.unclear);
    return all.placed == threads * orders ? EXIT_SUCCESS : EXIT_FAILURE;
}

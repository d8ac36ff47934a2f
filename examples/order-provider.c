/* A provider of com.example.Orders, the service of docs/getting-started.md. It takes orders, gives
 * each an id of 64 bits, and returns an order by its id. The orders are kept in memory. */
#include <dubboc/dubboc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_ID_FIRST INT64_C(9007199254740993) /* 2^53 + 1: no double holds it exactly */

enum { ORDERS_MAX = 10000, CUSTOMER_BYTES_MAX = 63, COUNT_MAX = 1000, CENTS_MAX = 1000000 };

typedef struct order {
    char customer[CUSTOMER_BYTES_MAX + 1];
    int64_t cents; /* the sum of its lines */
} order;

/* All orders. The id of an order is its index here plus ORDER_ID_FIRST. */
typedef struct order_book {
    pthread_mutex_t lock; /* guards the fields below, because handlers run on several threads */
    order orders[ORDERS_MAX];
    int64_t count;
} order_book;

/* --- the order book --- */

/* The id of the new order; -1: the book is full. */
static int64_t book_add(order_book *book, const order *placed)
{
    int64_t id = -1;
    pthread_mutex_lock(&book->lock);
    if (book->count < ORDERS_MAX) {
        id = ORDER_ID_FIRST + book->count;
        book->orders[book->count++] = *placed;
    }
    pthread_mutex_unlock(&book->lock);
    return id;
}

static bool book_find(order_book *book, int64_t id, order *found)
{
    pthread_mutex_lock(&book->lock);
    bool is_known = id >= ORDER_ID_FIRST && id - ORDER_ID_FIRST < book->count;
    if (is_known)
        *found = book->orders[id - ORDER_ID_FIRST];
    pthread_mutex_unlock(&book->lock);
    return is_known;
}

/* --- reading the argument --- */

/* Adds the price of one line, such as {"sku": "A-1", "count": 2, "cents": 450}. */
static dubboc_status line_read(dubboc_request *request, const cJSON *line, int64_t *sum)
{
    const char *sku;
    int count;
    int64_t cents;
    if (dubboc_request_read(request, line,
            DUBBOC_MEMBERS("sku", &sku, "count", &count, "cents", &cents)) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (count < 1 || count > COUNT_MAX || cents < 0 || cents > CENTS_MAX)
        return dubboc_request_fail(request, 422, "java.lang.IllegalArgumentException",
            "%s cannot be ordered %d times for %lld cents", sku, count, (long long)cents);
    *sum += count * cents;
    return DUBBOC_OK;
}

static dubboc_status order_read(dubboc_request *request, const cJSON *params, order *placed)
{
    const cJSON *given, *lines, *line;
    const char *customer;
    if (dubboc_request_args(request, params, &given) != DUBBOC_OK ||
        dubboc_request_read(
            request, given, DUBBOC_MEMBERS("customer", &customer, "lines", &lines)) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (!cJSON_IsArray(lines) || cJSON_GetArraySize(lines) == 0)
        return dubboc_request_fail(
            request, 422, "java.lang.IllegalArgumentException", "an order needs at least one line");
    if (strlen(customer) > CUSTOMER_BYTES_MAX)
        return dubboc_request_fail(
            request, 422, "java.lang.IllegalArgumentException", "the customer's name is too long");
    memcpy(placed->customer, customer, strlen(customer) + 1);
    placed->cents = 0;
    cJSON_ArrayForEach(line, lines)
    {
        dubboc_status status = line_read(request, line, &placed->cents);
        if (status != DUBBOC_OK)
            return status;
    }
    return DUBBOC_OK;
}

/* --- methods --- */

/* placeOrder(order): the id of the new order and its price. */
static dubboc_status place_order(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    order placed;
    dubboc_status status = order_read(request, params, &placed);
    if (status != DUBBOC_OK)
        return status;
    int64_t id = book_add(arg, &placed);
    if (id < 0)
        return dubboc_request_fail(request, 507, "java.lang.IllegalStateException",
            "the book is full: %d orders", ORDERS_MAX);
    return dubboc_json_build(result, NULL, DUBBOC_OBJECT("id", id, "cents", placed.cents));
}

/* getOrder(id): the order, or a business error when there is none. */
static dubboc_status get_order(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    int64_t id;
    order found;
    if (dubboc_request_args(request, params, &id) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (!book_find(arg, id, &found))
        return dubboc_request_fail(
            request, 404, "java.util.NoSuchElementException", "no order %lld", (long long)id);
    return dubboc_json_build(result, NULL,
        DUBBOC_OBJECT("id", id, "customer", (const char *)found.customer, "cents", found.cents));
}

static dubboc_status server_add_orders(dubboc_server *server, order_book *book, dubboc_error *err)
{
    const dubboc_method methods[] = {
        DUBBOC_METHOD("placeOrder", place_order, .arg = book, .flags = DUBBOC_ONCE),
        DUBBOC_METHOD("getOrder", get_order, .arg = book, .flags = DUBBOC_IDEMPOTENT),
    };
    dubboc_service *service;
    dubboc_status status =
        dubboc_server_add_service(server, "com.example.Orders", NULL, &service, err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && status == DUBBOC_OK; i++)
        status = dubboc_service_add_method(service, &methods[i], err);
    return status;
}

int main(void)
{
    static order_book book = {.lock = PTHREAD_MUTEX_INITIALIZER};
    dubboc_error err;
    dubboc_server *server = NULL;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        server_add_orders(server, &book, &err) != DUBBOC_OK ||
        dubboc_server_run(server, stdout, &err) != DUBBOC_OK)
        fprintf(stderr, "order-provider: %s\n", err.text);
    else
        printf("%lld orders were placed\n", (long long)book.count); /* no handler runs any more */
    dubboc_server_free(server);
    return err.status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

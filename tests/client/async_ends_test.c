/* A model of all the ways in which asynchronous calls end: several threads start calls and cancel,
 * free, await and take them in random order, while answers come, deadlines pass, callbacks do the
 * same things, and the client is stopped. In every order each callback runs once, or never if its
 * call was freed before; no callback runs after dubboc_pending_free() has returned; and the outcome
 * is one that the peer's behaviour allows.
 *
 * DUBBOC_TEST_SEED repeats a run as far as its threads allow. A failure prints the seed. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 30
#else
#define ROUNDS 300
#endif
#define THREADS 3
#define ORDERS 112 /* of one thread in one round */

/* --- random numbers --- */

static uint64_t seed;

typedef struct random_source {
    uint64_t state;
} random_source;

static unsigned dice_roll(random_source *self, unsigned sides)
{
    self->state ^= self->state << 13;
    self->state ^= self->state >> 7;
    self->state ^= self->state << 17;
    return (unsigned)(self->state >> 33) % sides;
}

static random_source dice_make(uint64_t number)
{
    random_source made = {(seed + number) * UINT64_C(0x9E3779B97F4A7C15) | 1};
    dice_roll(&made, 2);
    return made;
}

/* Checks also in threads that are not cmocka's. */
#define must(condition, what)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (DUBBOC_TEST_SEED=%llu)\n", __FILE__, __LINE__, (what),     \
                (unsigned long long)seed);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* --- a peer with one thread: requests for /answer are answered with an error, others are not ---
 */

#define PEER_FDS_MAX 1024

static struct {
    int epoll_fd, listen_fd, end_fd;
    int port;
    pthread_t thread;
    bool is_open[PEER_FDS_MAX];
} peer;

static void peer_watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(fd >= 0 && fd < PEER_FDS_MAX, "a descriptor is missing");
    must(epoll_ctl(peer.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void peer_serve(int fd)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"
                                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
                                "{\"code\":-7,\"message\":\"no\"}}  ";
    char request[4096];
    ssize_t got = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);
    if (got <= 0) {
        peer.is_open[fd] = false;
        close(fd);
        return;
    }
    request[got] = '\0';
    if (strstr(request, "POST /answer") != NULL)
        send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
}

static void *peer_run(void *unused)
{
    struct epoll_event events[64];
    (void)unused;
    for (;;) {
        int count = epoll_wait(peer.epoll_fd, events, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == peer.end_fd)
                return NULL;
            if (fd != peer.listen_fd) {
                peer_serve(fd);
                continue;
            }
            int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
            peer_watch(accepted);
            peer.is_open[accepted] = true;
        }
    }
}

static int peer_start(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    (void)state;
    peer.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    peer.end_fd = eventfd(0, EFD_CLOEXEC);
    peer.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer.listen_fd, (struct sockaddr *)&address, len) != 0 ||
        listen(peer.listen_fd, 512) != 0 ||
        getsockname(peer.listen_fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    peer.port = ntohs(address.sin_port);
    peer_watch(peer.listen_fd);
    peer_watch(peer.end_fd);
    return pthread_create(&peer.thread, NULL, peer_run, NULL);
}

static int peer_end(void **state)
{
    (void)state;
    eventfd_write(peer.end_fd, 1);
    pthread_join(peer.thread, NULL);
    for (int fd = 0; fd < PEER_FDS_MAX; fd++)
        if (peer.is_open[fd])
            close(fd);
    close(peer.listen_fd);
    close(peer.end_fd);
    close(peer.epoll_fd);
    return 0;
}

/* --- one call --- */

typedef enum order_target {
    TARGET_ANSWERS,
    TARGET_IS_SILENT,
    TARGET_IS_DEAD,
} order_target;

/* What the callback does besides counting. */
typedef enum order_inside {
    INSIDE_TAKES,
    INSIDE_CANCELS,
    INSIDE_FREES, /* if the pending is its own */
    INSIDE_STARTS,
    INSIDE_NOTHING,
} order_inside;

typedef struct life life;

typedef struct order {
    life *life;
    order_target target;
    order_inside inside;
    dubboc_pending *pending; /* NULL: freed by the library, or by the program */
    bool is_started;
    bool frees_itself;
    atomic_bool was_freed; /* dubboc_pending_free() has returned, not inside the callback */
    atomic_int told;
    atomic_int child_told; /* of the call that the callback has started */
    atomic_bool has_child;
} order;

/* One client, from its creation to its end. */
struct life {
    dubboc_client *client;
    int io_threads; /* DUBBOC_NONE: stepper steps */
    char answers[64], is_silent[64];
    atomic_bool steps_no_more;
    order orders[THREADS][ORDERS];
};

static const char *order_url(const order *self)
{
    return self->target == TARGET_ANSWERS     ? self->life->answers
           : self->target == TARGET_IS_SILENT ? self->life->is_silent
                                              : "http://127.0.0.1:1/dead";
}

static atomic_int outcomes[DUBBOC_E_CANCELLED + 1]; /* how often each status was taken */

/* DUBBOC_E_BUSY: no connection became free before the deadline. */
static bool order_allows(const order *self, dubboc_status status)
{
    if (status == DUBBOC_E_TIMEOUT || status == DUBBOC_E_CANCELLED || status == DUBBOC_E_CLOSED ||
        status == DUBBOC_E_BUSY)
        return true;
    return status == (self->target == TARGET_ANSWERS ? DUBBOC_E_REMOTE : DUBBOC_E_CONNECT) &&
           self->target != TARGET_IS_SILENT;
}

static void order_take(order *self, dubboc_pending *pending)
{
    dubboc_error err;
    dubboc_status status = dubboc_pending_take(pending, NULL, &err);
    if (err.execution == DUBBOC_EXECUTION_UNKNOWN) {
        must(status == DUBBOC_E_TIMEOUT || status == DUBBOC_E_NOT_FOUND, "an unknown execution");
        return;
    }
    must(order_allows(self, status), err.text);
    atomic_fetch_add(&outcomes[status], 1);
    must((status == DUBBOC_E_REMOTE) == (err.execution == DUBBOC_ANSWERED), err.text);
    must(self->target != TARGET_IS_DEAD || err.execution == DUBBOC_NOT_EXECUTED, err.text);
}

static void order_count_child(dubboc_pending *pending, void *arg)
{
    order *self = arg;
    order_take(self, pending);
    atomic_fetch_add(&self->child_told, 1);
}

static dubboc_status order_call(
    order *self, int timeout_ms, dubboc_done done, dubboc_pending **pending, dubboc_error *err)
{
    const dubboc_call_options options = {
        .size = sizeof options, .url = order_url(self), .timeout_ms = timeout_ms};
    return dubboc_call_start_raw(self->life->client, "x.Y", "m", (dubboc_slice){"[1]", 3}, &options,
        done, self, pending, err);
}

static void order_start_child(order *self)
{
    dubboc_error err;
    dubboc_status status = order_call(self, 1, order_count_child, NULL, &err);
    must(status == DUBBOC_OK || status == DUBBOC_E_CLOSED, err.text);
    atomic_store(&self->has_child, status == DUBBOC_OK);
}

static void order_done(dubboc_pending *pending, void *arg)
{
    order *self = arg;
    must(atomic_fetch_add(&self->told, 1) == 0, "a call was told twice");
    must(!atomic_load(&self->was_freed), "a call was told after it had been freed");
    switch (self->inside) {
    case INSIDE_TAKES:
        order_take(self, pending);
        break;
    case INSIDE_CANCELS:
        dubboc_pending_cancel(pending);
        break;
    case INSIDE_FREES:
        must(dubboc_pending_wait(pending, 0) == DUBBOC_E_ARGUMENT, "a callback could wait");
        dubboc_pending_free(pending);
        break;
    case INSIDE_STARTS:
        order_start_child(self);
        break;
    case INSIDE_NOTHING:
        break;
    }
}

static void order_start(order *self, random_source *dice)
{
    static const int times_ms[] = {1, 2, 5, 5000, 5000, 5000, 5000};
    dubboc_error err;
    self->target = (order_target[]){TARGET_ANSWERS, TARGET_ANSWERS, TARGET_ANSWERS,
        TARGET_IS_SILENT, TARGET_IS_DEAD}[dice_roll(dice, 5)];
    self->inside = (order_inside)dice_roll(dice, INSIDE_NOTHING + 1);
    self->frees_itself = self->inside == INSIDE_FREES || dice_roll(dice, 4) == 0;
    bool is_held = self->inside == INSIDE_FREES || !self->frees_itself;
    dubboc_pending *pending = NULL;
    dubboc_status status =
        order_call(self, times_ms[dice_roll(dice, 7)], order_done, is_held ? &pending : NULL, &err);
    must(status == DUBBOC_OK || status == DUBBOC_E_CLOSED, err.text);
    self->is_started = status == DUBBOC_OK;
    self->pending = self->frees_itself ? NULL : pending;
}

static void order_free(order *self)
{
    dubboc_pending_free(self->pending);
    if (self->pending != NULL)
        atomic_store(&self->was_freed, true);
    self->pending = NULL;
}

/* What the program does with a call that it holds. */
static void order_act(order *self, random_source *dice)
{
    bool may_wait = self->life->io_threads > 0;
    if (self->pending == NULL)
        return;
    switch (dice_roll(dice, 6)) {
    case 0:
        dubboc_pending_cancel(self->pending);
        break;
    case 1:
        order_free(self);
        break;
    case 2:
        dubboc_pending_cancel(self->pending);
        order_free(self);
        break;
    case 3:
        if (may_wait && dubboc_pending_wait(self->pending, 1) == DUBBOC_OK)
            must(atomic_load(&self->told) == 1, "a call was over before it was told");
        break;
    case 4:
        order_take(self, self->pending);
        break;
    default:
        break;
    }
}

/* --- the life of a client --- */

typedef struct actor {
    life *life;
    order *orders;
    random_source dice;
    bool stops;
} actor;

static void *actor_run(void *arg)
{
    actor *self = arg;
    unsigned stop_at = dice_roll(&self->dice, 2 * ORDERS);
    for (unsigned i = 0; i < ORDERS; i++) {
        self->orders[i].life = self->life;
        order_start(&self->orders[i], &self->dice);
        order_act(&self->orders[dice_roll(&self->dice, i + 1)], &self->dice);
        order_act(&self->orders[i], &self->dice);
        if (self->stops && i == stop_at)
            dubboc_client_stop(self->life->client);
    }
    for (unsigned i = 0; i < ORDERS; i++)
        if (dice_roll(&self->dice, 2) == 0)
            order_free(&self->orders[i]);
    return NULL;
}

static void *stepper_run(void *arg)
{
    life *self = arg;
    dubboc_error err;
    while (!atomic_load(&self->steps_no_more)) {
        dubboc_status status = dubboc_client_step(self->client, 1, &err);
        if (status == DUBBOC_E_CLOSED)
            return NULL;
        must(status == DUBBOC_OK, err.text);
    }
    return NULL;
}

static void life_begin(life *self, random_source *dice)
{
    dubboc_error err;
    self->io_threads = (int[]){DUBBOC_NONE, 1, 2}[dice_roll(dice, 3)];
    snprintf(self->answers, sizeof self->answers, "http://127.0.0.1:%d/answer", peer.port);
    snprintf(self->is_silent, sizeof self->is_silent, "http://127.0.0.1:%d/silent", peer.port);
    const dubboc_client_options options = {
        .size = sizeof options, .io_threads = self->io_threads, .pool_size = 16};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &err), &err);
}

/* Everything has ended: each call was told once, unless it was freed before. */
static void order_check(const order *self)
{
    int told = atomic_load(&self->told);
    if (!self->is_started)
        must(told == 0, "a call that was not started was told");
    else if (!atomic_load(&self->was_freed))
        must(told == 1, "a call was not told");
    must(atomic_load(&self->child_told) == (atomic_load(&self->has_child) ? 1 : 0),
        "a call that a callback has started was not told once");
}

static void life_end(life *self)
{
    dubboc_client_free(self->client);
    for (int thread = 0; thread < THREADS; thread++)
        for (int i = 0; i < ORDERS; i++)
            order_check(&self->orders[thread][i]);
    for (int thread = 0; thread < THREADS; thread++)
        for (int i = 0; i < ORDERS; i++)
            order_free(&self->orders[thread][i]);
}

static void life_run(uint64_t number)
{
    random_source dice = dice_make(number * (THREADS + 1));
    life *self = calloc(1, sizeof *self);
    actor actors[THREADS];
    pthread_t threads[THREADS], stepper;
    assert_non_null(self);
    life_begin(self, &dice);
    if (self->io_threads < 0)
        assert_int_equal(0, pthread_create(&stepper, NULL, stepper_run, self));
    for (int i = 0; i < THREADS; i++) {
        actors[i] = (actor){self, self->orders[i],
            dice_make(number * (THREADS + 1) + (uint64_t)i + 1), dice_roll(&dice, 4) == 0};
        assert_int_equal(0, pthread_create(&threads[i], NULL, actor_run, &actors[i]));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&self->steps_no_more, true);
    if (self->io_threads < 0)
        pthread_join(stepper, NULL);
    life_end(self);
    free(self);
}

/* A run in which some kind of end did not occur would prove nothing. */
static void check_outcomes(void)
{
    const dubboc_status all[] = {
        DUBBOC_E_REMOTE, DUBBOC_E_CONNECT, DUBBOC_E_TIMEOUT, DUBBOC_E_CANCELLED, DUBBOC_E_CLOSED};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int count = atomic_load(&outcomes[all[i]]);
        print_message("%s %d\n", dubboc_status_name(all[i]), count);
        assert_true(count > 0);
    }
}

static void a_callback_runs_exactly_once_unless_its_call_was_freed_before(void **state)
{
    (void)state;
    const char *given = getenv("DUBBOC_TEST_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    for (uint64_t number = 0; number < ROUNDS; number++)
        life_run(number);
    check_outcomes();
    print_message(
        "%d calls, DUBBOC_TEST_SEED=%llu\n", ROUNDS * THREADS * ORDERS, (unsigned long long)seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_runs_exactly_once_unless_its_call_was_freed_before),
    };
    return cmocka_run_group_tests(tests, peer_start, peer_end);
}

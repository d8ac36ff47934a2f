/* The adapter to the real ZooKeeper library, where that library behaves unexpectedly: threads that
 * cannot be created, names that are slow to resolve, and its log. The peer is not ZooKeeper: it
 * always closes the connection after a while, and the library then connects again. */
#include "tests/support/test.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/zookeeper/port.h"
#include "tests/support/scripted_peer.h"

#define LIMIT_MS 20000
#define SESSION_MS 600 /* the library pauses for a sixtieth of this time after each attempt */
#define ATTEMPTS 20

/* --- threads: the default stack is larger than any machine allows, so that a thread starts only if
 * the wrapped pthread_create() gives it the usual stack */

#define STACK_HUGE ((size_t)1 << 46)
#define STACK_USUAL ((size_t)1 << 20)

static atomic_int threads_left = -1; /* threads that still get the usual stack; -1: no limit */

int __real_pthread_create(
    pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_create(
    pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

int __wrap_pthread_create(
    pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    if (atomic_load(&threads_left) < 0 || atomic_fetch_sub(&threads_left, 1) <= 0)
        return __real_pthread_create(thread, attr, run, arg);
    pthread_attr_t usual;
    pthread_attr_init(&usual);
    pthread_attr_setstacksize(&usual, STACK_USUAL);
    int failure = __real_pthread_create(thread, &usual, run, arg);
    pthread_attr_destroy(&usual);
    return failure;
}

static void set_default_stack(size_t size)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    assert_int_equal(0, pthread_attr_setstacksize(&attr, size));
    assert_int_equal(0, pthread_setattr_default_np(&attr));
    pthread_attr_destroy(&attr);
}

static size_t default_stack(void)
{
    pthread_attr_t attr;
    size_t size = 0;
    assert_int_equal(0, pthread_getattr_default_np(&attr));
    assert_int_equal(0, pthread_attr_getstacksize(&attr, &size));
    pthread_attr_destroy(&attr);
    return size;
}

/* --- names: counts each resolution of this name, also by the library; the name resolves to this
 * machine */

#define COUNTED_NAME "zookeeper.counted.invalid"

static atomic_int resolved;

typedef int (*resolver)(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out);

__attribute__((visibility("default"))) int getaddrinfo(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    resolver next;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name == NULL || strcmp(name, COUNTED_NAME) != 0)
        return next(name, service, hints, out);
    atomic_fetch_add(&resolved, 1);
    return next("127.0.0.1", service, hints, out);
}

/* --- a port with a peer */

static const peer_script closes = {{{.act = PEER_ACT_END}}};

/* Sends most of a handshake answer one byte at a time, so that the library's loop runs once for
 * each byte. */
static const peer_script dribbles = {
    {PEER_TAKE(44), PEER_DRIBBLE("this is most of the answer, not all")}};

typedef struct opened {
    zk_mailbox *mailbox;
    zk_port *port;
    scripted_peer *peer;
} opened;

static void open_towards(opened *self, const char *host, const peer_script *script)
{
    char address[64];
    self->peer = scripted_peer_new(script, 1);
    self->mailbox = zk_mailbox_new();
    assert_non_null(self->mailbox);
    snprintf(address, sizeof address, "%s:%d", host, scripted_peer_port(self->peer));
    self->port = zk_port_new(address, SESSION_MS, NULL, NULL, self->mailbox);
    assert_non_null(self->port);
}

/* Waits for an event of this kind, and drops all others. */
static zk_session_news take_event(opened *self, zk_event_kind kind)
{
    int64_t deadline_ns = deadline_in_ms(LIMIT_MS);
    bool is_found = false, missed;
    zk_session_news news = ZK_SESSION_UP;
    while (!is_found && !deadline_is_over(deadline_ns))
        for (zk_event *event = zk_mailbox_take(self->mailbox, deadline_ns, &missed), *next;
             event != NULL; event = next) {
            next = event->next;
            if (event->kind == kind)
                news = event->session;
            is_found = is_found || event->kind == kind;
            zk_event_free(event);
        }
    assert_true(is_found);
    return news;
}

static void close_opened(opened *self)
{
    self->port->ops->close(self->port);
    take_event(self, ZK_EVENT_CLOSED);
    self->port->ops->free(self->port);
    zk_mailbox_unref(self->mailbox);
    scripted_peer_free(self->peer);
}

static bool has_tried_often(void *arg)
{
    return scripted_peer_connections(arg) >= ATTEMPTS;
}

/* --- tests */

/* libraries.md Z6: the library itself would end the process. */
static void a_handle_whose_threads_cannot_be_created_is_reported(void **state)
{
    (void)state;
    opened self;
    open_towards(&self, "127.0.0.1", &closes);
    size_t usual = default_stack();
    for (int extra = 0; extra < 2; extra++) {
        /* start none, then one of the library's two threads */
        set_default_stack(STACK_HUGE);
        atomic_store(&threads_left, 1 + extra);
        bool is_started = self.port->ops->open(self.port, (uint64_t)extra + 1);
        zk_session_news news = is_started ? take_event(&self, ZK_EVENT_SESSION) : ZK_SESSION_UP;
        atomic_store(&threads_left, -1);
        set_default_stack(usual);
        assert_true(is_started);
        assert_int_equal(ZK_SESSION_OPEN_FAILED, news);
        self.port->ops->close(self.port);
        take_event(&self, ZK_EVENT_CLOSED);
    }
    assert_int_equal(0, scripted_peer_connections(self.peer));
    assert_true(self.port->ops->open(self.port, 3));
    scripted_peer_wait_for_connections(self.peer, 1);
    close_opened(&self);
}

/* libraries.md Z7: by default the library asks the name server on every turn of its loop, and a
 * slow name server delays the session's pings. */
static void names_are_resolved_to_connect_and_not_while_connected(void **state)
{
    (void)state;
    opened self;
    open_towards(&self, COUNTED_NAME, &dribbles);
    atomic_store(&resolved, 0);
    assert_true(self.port->ops->open(self.port, 1));
    bool has_tried = test_wait_for(has_tried_often, self.peer, LIMIT_MS);
    int times = atomic_load(&resolved);
    close_opened(&self);
    print_message("# resolved %d times for %d connections\n", times, ATTEMPTS);
    assert_true(has_tried);
    assert_in_range(times, ATTEMPTS, 4 * ATTEMPTS); /* once before the pause and once after it */
}

/* --- the library's log */

typedef struct said {
    atomic_int lines;
    atomic_int suppressed;
    atomic_int with_prefix;
} said;

static void count_line(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    said *self = arg;
    (void)level;
    (void)area;
    if (strcmp(message, "zookeeper client message") != 0)
        return;
    atomic_fetch_add(&self->lines, 1);
    atomic_fetch_add(&self->suppressed, (int)suppressed);
    if (strstr(fields, "ZOO_") != NULL)
        atomic_fetch_add(&self->with_prefix, 1);
}

/* Redirects standard error to the file. Returns a descriptor of the former standard error. */
static int replace_stderr(const char *path)
{
    int former = dup(STDERR_FILENO);
    int file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_true(former >= 0 && file >= 0);
    assert_int_equal(STDERR_FILENO, dup2(file, STDERR_FILENO));
    close(file);
    return former;
}

/* Restores the former standard error. Returns how many bytes were written to the file. */
static long restore_stderr(int former)
{
    long written = (long)lseek(STDERR_FILENO, 0, SEEK_END);
    dup2(former, STDERR_FILENO);
    close(former);
    return written;
}

extern int logLevel; /* a variable of the ZooKeeper library */
#define LEVEL_WARN 2

/* libraries.md Z9: by default the library writes several lines per attempt to standard error. */
static void the_log_of_the_client_library_is_passed_on_and_throttled(void **state)
{
    (void)state;
    said heard = {0};
    opened self;
    char *folder = test_folder_new();
    char path[4096];
    snprintf(path, sizeof path, "%s/stderr", folder);
    open_towards(&self, "127.0.0.1", &closes);
    dubboc_log_set(count_line, &heard, DUBBOC_LOG_DEBUG);
    int former = replace_stderr(path);
    int64_t since_ns = clock_now_ns();
    bool is_started = self.port->ops->open(self.port, 1);
    bool has_tried = test_wait_for(has_tried_often, self.peer, LIMIT_MS);
    close_opened(&self);
    int64_t seconds = (clock_now_ns() - since_ns) / NS_PER_S;
    long written = restore_stderr(former);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_DEBUG);
    test_folder_remove(folder);
    assert_true(is_started && has_tried);
    assert_int_equal(0, written);
    assert_in_range(atomic_load(&heard.lines), 1, seconds + 1);
    assert_int_equal(0, atomic_load(&heard.with_prefix));
    assert_in_range(logLevel, 0, LEVEL_WARN); /* at debug level the library reads freed memory */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_whose_threads_cannot_be_created_is_reported),
        cmocka_unit_test(names_are_resolved_to_connect_and_not_while_connected),
        cmocka_unit_test(the_log_of_the_client_library_is_passed_on_and_throttled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

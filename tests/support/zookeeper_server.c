#include "tests/support/zookeeper_server.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_LIMIT_MS 60000

struct zookeeper_server {
    char *folder;
    const char *ip; /* the server listens on it: IPV4 or IPV6 */
    char address[32];
    int port;
    pid_t pid; /* 0: the server is not running */
};

#define IPV4 "127.0.0.1"
#define IPV6 "::1"

static void give_up(const char *what)
{
    print_error("the ZooKeeper server of the test: %s\n", what);
    _fail(__FILE__, __LINE__);
}

/* Returns a socket for that IP and port. attach is bind or connect. */
static int open_socket(
    const char *ip, int port, int (*attach)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    bool is_v6 = strcmp(ip, IPV6) == 0;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const void *address = is_v6 ? (const void *)&v6 : (const void *)&v4;
    if (fd >= 0 && attach(fd, address, is_v6 ? sizeof v6 : sizeof v4) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Returns a free port; 0: there is none. */
static int free_port(const char *ip)
{
    struct sockaddr_in6 bound;
    socklen_t len = sizeof bound;
    int fd = open_socket(ip, 0, bind);
    int port = fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0
                   ? ntohs(bound.sin6_port)
                   : 0;
    if (fd >= 0)
        close(fd);
    return port; /* sin_port and sin6_port have the same offset */
}

static zookeeper_server *server_new(const char *ip, const char *address_format)
{
    int port = free_port(ip);
    if (port == 0)
        return NULL;
    zookeeper_server *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->folder = test_folder_new();
    self->ip = ip;
    self->port = port;
    snprintf(self->address, sizeof self->address, address_format, port);
    return self;
}

zookeeper_server *zookeeper_server_new(void)
{
    zookeeper_server *self = server_new(IPV4, IPV4 ":%d");
    if (self == NULL)
        give_up("no free port");
    return self;
}

zookeeper_server *zookeeper_server_new_v6(void)
{
    return server_new(IPV6, IPV6 ":%d");
}

static void run(const zookeeper_server *self)
{
    const char *source = getenv("top_srcdir");
    char script[4096], port[16];
    snprintf(script, sizeof script, "%s/tests/support/zookeeper-server.sh",
        source != NULL ? source : ".");
    snprintf(port, sizeof port, "%d", self->port);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl("/bin/sh", "sh", script, "run", self->folder, port, self->ip, (char *)NULL);
    _exit(127);
}

/* The answer to "srvr" contains the mode only when the server accepts sessions. "ruok" is answered
 * before that. */
static bool serves(const zookeeper_server *self)
{
    char answer[1024];
    ssize_t len = -1;
    int fd = open_socket(self->ip, self->port, connect);
    struct timeval limit = {.tv_sec = 1};
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        send(fd, "srvr", 4, MSG_NOSIGNAL) == 4)
        len = recv(fd, answer, sizeof answer, MSG_WAITALL);
    if (fd >= 0)
        close(fd);
    return len > 0 && memmem(answer, (size_t)len, "Mode: ", 6) != NULL;
}

static bool serves_or_is_gone(void *arg)
{
    zookeeper_server *self = arg;
    if (serves(self))
        return true;
    if (waitpid(self->pid, NULL, WNOHANG) != self->pid)
        return false;
    self->pid = 0;
    return true;
}

void zookeeper_server_start(zookeeper_server *self)
{
    self->pid = fork();
    if (self->pid == 0)
        run(self);
    if (self->pid < 0 || !test_wait_for(serves_or_is_gone, self, START_LIMIT_MS))
        give_up("it does not serve after a minute");
    if (self->pid == 0)
        give_up(
            "it ended at once (are the packages zookeeper and default-jre-headless installed?)");
}

void zookeeper_server_kill(zookeeper_server *self)
{
    if (self->pid <= 0)
        return;
    kill(self->pid, SIGKILL);
    waitpid(self->pid, NULL, 0);
    self->pid = 0;
}

void zookeeper_server_wipe(zookeeper_server *self)
{
    assert_int_equal(0, self->pid);
    test_folder_remove(self->folder);
    self->folder = test_folder_new();
}

void zookeeper_server_pause(zookeeper_server *self)
{
    test_process_stop(self->pid);
}

void zookeeper_server_resume(zookeeper_server *self)
{
    test_process_continue(self->pid);
}

void zookeeper_server_free(zookeeper_server *self)
{
    if (self == NULL)
        return;
    zookeeper_server_kill(self);
    test_folder_remove(self->folder);
    free(self);
}

int zookeeper_server_port(const zookeeper_server *self)
{
    return self->port;
}

const char *zookeeper_server_address(const zookeeper_server *self)
{
    return self->address;
}

zookeeper_server *shared_zookeeper;

int shared_zookeeper_start(void **state)
{
    (void)state;
    shared_zookeeper = zookeeper_server_new();
    zookeeper_server_start(shared_zookeeper);
    return 0;
}

int shared_zookeeper_free(void **state)
{
    (void)state;
    zookeeper_server_free(shared_zookeeper);
    shared_zookeeper = NULL;
    return 0;
}

/* Asynchronous calls in the program's own event loop, without any other thread: greets everybody
 * whose name is a line of the standard input, and goes on reading while calls are in flight. Needs
 * hello-provider. The standard input must be a terminal or a pipe, because epoll cannot watch a
 * file. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct program {
    dubboc_client *client;
    int in_flight;
    int failed;
    char line[256];
    size_t len;
} program;

static void report(program *self, const dubboc_error *err)
{
    fprintf(stderr, "async-epoll: %s\n", err->text);
    self->failed++;
}

/* Runs inside dubboc_client_step(), so it may use the program's data without a lock. */
static void on_greeting(dubboc_pending *pending, void *arg)
{
    program *self = arg;
    const char *greeting, *name;
    cJSON *result = NULL;
    dubboc_error err = {0};
    if (dubboc_pending_take(pending, &result, &err) == DUBBOC_OK &&
        dubboc_json_read(result, &err, DUBBOC_MEMBERS("greeting", &greeting, "name", &name)) ==
            DUBBOC_OK)
        printf("%s, %s!\n", greeting, name);
    else
        report(self, &err);
    fflush(stdout);
    cJSON_Delete(result);
    self->in_flight--;
}

static void greet(program *self, const char *name)
{
    dubboc_error err = {0};
    cJSON *params = NULL;
    dubboc_status status = dubboc_json_build(&params, &err, DUBBOC_ARRAY(name));
    if (status == DUBBOC_OK)
        status = dubboc_call_start(self->client, "com.example.Hello", "greet", params, NULL,
            on_greeting, self, NULL, &err);
    cJSON_Delete(params);
    if (status == DUBBOC_OK)
        self->in_flight++;
    else
        report(self, &err);
}

/* Reads what is there. Returns 0 at the end of the input. */
static int read_names(program *self)
{
    char bytes[256];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\n' && self->len < sizeof self->line - 1) {
            self->line[self->len++] = bytes[i];
        } else if (bytes[i] == '\n') {
            self->line[self->len] = '\0';
            self->len = 0;
            greet(self, self->line);
        }
    }
    return got > 0;
}

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The program's own loop. Add the descriptors of everything else that the program waits for. */
static void run(program *self, int epoll_fd)
{
    struct epoll_event event;
    dubboc_error err = {0};
    int has_input = 1;
    while ((has_input || self->in_flight > 0) && epoll_wait(epoll_fd, &event, 1, -1) == 1) {
        if (event.data.fd == STDIN_FILENO) {
            has_input = read_names(self);
            if (!has_input)
                epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        } else if (dubboc_client_step(self->client, 0, &err) != DUBBOC_OK) {
            report(self, &err);
            return;
        }
    }
}

int main(void)
{
    const dubboc_client_options options = {.size = sizeof options, .io_threads = DUBBOC_NONE};
    dubboc_error err = {0};
    program self = {0};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_client_new(&options, &self.client, &err) != DUBBOC_OK) {
        report(&self, &err);
        return EXIT_FAILURE;
    }
    if (watch(epoll_fd, STDIN_FILENO) && watch(epoll_fd, dubboc_client_fd(self.client))) {
        run(&self, epoll_fd);
    } else {
        perror("async-epoll: epoll");
        self.failed++;
    }
    dubboc_client_free(self.client); /* ends calls that are in flight; their callbacks run here */
    close(epoll_fd);
    return self.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Asynchronous calls in a libuv loop, without any other thread: greets everybody who is named on
 * the command line, all at the same time. Needs hello-provider. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct program {
    dubboc_client *client;
    uv_poll_t poll; /* watches the client's descriptor */
    int in_flight;
    int failed;
} program;

static void report(program *self, const char *text)
{
    fprintf(stderr, "async-libuv: %s\n", text);
    self->failed++;
}

/* Called inside dubboc_client_step(), so in the thread of the loop. */
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
        report(self, err.text);
    cJSON_Delete(result);
    self->in_flight--;
}

/* Called by libuv when the client has something to do. The loop ends when nothing is watched. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    program *self = poll->data;
    dubboc_error err = {0};
    (void)events;
    if (status < 0)
        report(self, uv_strerror(status));
    else if (dubboc_client_step(self->client, 0, &err) != DUBBOC_OK)
        report(self, err.text);
    if (status < 0 || err.status != DUBBOC_OK || self->in_flight == 0)
        uv_close((uv_handle_t *)poll, NULL);
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
        report(self, err.text);
}

static void run(program *self)
{
    uv_loop_t *loop = uv_default_loop();
    int problem = uv_poll_init(loop, &self->poll, dubboc_client_fd(self->client));
    self->poll.data = self;
    if (problem == 0)
        problem = uv_poll_start(&self->poll, UV_READABLE, on_readable);
    if (problem == 0)
        uv_run(loop, UV_RUN_DEFAULT);
    else
        report(self, uv_strerror(problem));
    uv_loop_close(loop);
}

int main(int argc, char **argv)
{
    const dubboc_client_options options = {.size = sizeof options, .io_threads = DUBBOC_NONE};
    dubboc_error err = {0};
    program self = {0};
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_client_new(&options, &self.client, &err) != DUBBOC_OK) {
        report(&self, err.text);
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++)
        greet(&self, argv[i]);
    if (self.in_flight > 0)
        run(&self);
    dubboc_client_free(self.client);
    return self.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

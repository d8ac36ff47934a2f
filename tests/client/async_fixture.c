#include "tests/client/async_fixture.h"

#include <poll.h>

async_form with_thread = {1}, with_own_loop = {DUBBOC_NONE};

void tell(dubboc_pending *pending, void *arg)
{
    told *self = arg;
    self->thread = pthread_self();
    self->status = dubboc_pending_take_raw(pending, &self->result, &self->err);
    atomic_fetch_add(&self->count, 1);
}

void told_clear(told *self)
{
    dubboc_text_free(&self->result);
    *self = (told){.status = DUBBOC_OK};
}

void async_begin_with(async_fixture *self, const async_form *form, const peer_script *script,
    const dubboc_client_options *options)
{
    dubboc_client_options own = {.size = sizeof own, .timeout_ms = LIMIT_MS};
    if (options != NULL)
        own = *options;
    own.io_threads = form->io_threads;
    *self = (async_fixture){.err = {.status = DUBBOC_OK}};
    begin(&self->with, script);
    assert_status(DUBBOC_OK, dubboc_client_new(&own, &self->client, &self->err), &self->err);
    self->options = self->with.options;
}

void async_begin(async_fixture *self, const async_form *form, const peer_script *script)
{
    async_begin_with(self, form, script, NULL);
}

void async_end(async_fixture *self)
{
    dubboc_client_free(self->client);
    end(&self->with);
}

dubboc_pending *async_start(async_fixture *self, dubboc_done done, void *arg)
{
    dubboc_pending *pending = NULL;
    assert_status(DUBBOC_OK,
        dubboc_call_start_raw(self->client, "x.Y", "m", (dubboc_slice){"[1]", 3}, &self->options,
            done, arg, &pending, &self->err),
        &self->err);
    assert_non_null(pending);
    return pending;
}

void async_run_until(async_fixture *self, bool (*condition)(void *arg), void *arg)
{
    struct pollfd own = {.fd = dubboc_client_fd(self->client), .events = POLLIN};
    int64_t deadline_ns = deadline_in_ms(LIMIT_MS);
    if (own.fd < 0) {
        assert_true(test_wait_for(condition, arg, LIMIT_MS));
        return;
    }
    while (!condition(arg)) {
        assert_false(deadline_is_over(deadline_ns));
        assert_true(poll(&own, 1, 10) >= 0); /* the condition may depend on others */
        assert_status(DUBBOC_OK, dubboc_client_step(self->client, 0, &self->err), &self->err);
    }
}

typedef struct told_wanted {
    const told *all;
    int count;
} told_wanted;

static bool were_told(void *arg)
{
    const told_wanted *wanted = arg;
    return atomic_load(&wanted->all->count) >= wanted->count;
}

void async_await(async_fixture *self, const told *all, int count)
{
    told_wanted wanted = {all, count};
    async_run_until(self, were_told, &wanted);
}

/* The state that all loops of a server share: initialising it, waking loops, and failing. */
#include "transport/http_server_shared.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* Sets the value of the Keep-Alive header: the idle time-out minus a margin. Clients such as Java's
 * connection pool honour it, and must drop a connection before the server closes it, even if the
 * two clocks differ a little. */
static void shared_set_keep_alive(http_server_shared *self)
{
    int64_t seconds = self->settings.idle_timeout_ms / 1000;
    int64_t margin = seconds / 10 > 1 ? seconds / 10 : 1;
    if (seconds > margin)
        snprintf(self->keep_alive, sizeof self->keep_alive, "timeout=%lld",
            (long long)(seconds - margin));
}

bool http_server_shared_init(http_server_shared *self, const http_server_settings *settings)
{
    size_t memory_max = settings->memory_max_bytes;
    assert(memory_max == 0 || memory_max >= settings->body_max_bytes);
    *self = (http_server_shared){.settings = *settings,
        .listen_fd = -1,
        .loop_count = settings->loops > 0 ? settings->loops : 1};
    self->settings.ip = NULL;
    shared_set_keep_alive(self);
    memory_budget_init(&self->bodies, memory_max > 0 ? memory_max : SIZE_MAX);
    return http_server_shares_init(&self->shares, settings->connections_per_address_max);
}

void http_server_shared_fini(http_server_shared *self)
{
    http_server_shares_fini(&self->shares);
    memory_budget_fini(&self->bodies);
}

void http_server_shared_wake(http_server_shared *self, const http_server_mailbox *mailbox)
{
    if (!wake_signal(&mailbox->wake))
        http_server_shared_fail_call(self, "write to an eventfd", errno);
}

void http_server_shared_wake_all(http_server_shared *self)
{
    for (int i = 0; self->mailboxes != NULL && i < self->loop_count; i++) {
        if (self->mailboxes[i]->wake.fd >= 0)
            wake_signal(&self->mailboxes[i]->wake);
    }
}

void http_server_shared_fail(http_server_shared *self, const char *problem)
{
    const http_server_settings *settings = &self->settings;
    /* on_failure is not called if the server is being stopped, because its owner waits for its end
     * already. */
    bool is_stopping = atomic_load(&self->is_stopping);
    if (atomic_exchange(&self->is_failing, true))
        return;
    snprintf(self->problem, sizeof self->problem, "%s", problem);
    atomic_store_explicit(&self->has_failed, true, memory_order_release);
    LOG(DUBBOC_LOG_ERROR, "transport", "server has failed", "address=%s reason=\"%s\"",
        self->address, problem);
    atomic_store_explicit(&self->is_stopping, true, memory_order_release);
    http_server_shared_wake_all(self);
    if (settings->on_failure != NULL && !is_stopping)
        settings->on_failure(settings->arg, self->problem);
}

void http_server_shared_fail_call(http_server_shared *self, const char *call, int error)
{
    char problem[sizeof self->problem];
    snprintf(problem, sizeof problem, "%s: %s", call, strerror(error));
    http_server_shared_fail(self, problem);
}

const char *http_server_shared_problem(const http_server_shared *self)
{
    return atomic_load_explicit(&self->has_failed, memory_order_acquire) ? self->problem : NULL;
}

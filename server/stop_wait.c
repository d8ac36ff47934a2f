/* Computes the end of the wait: the last call plus quiet_ms, but not before least_ms and not after
 * most_ms. */
#include "server/stop_wait.h"

int64_t stop_wait_end_ns(const stop_wait *self, int64_t last_call_ns)
{
    int64_t most_ms = self->most_ms > self->least_ms ? self->most_ms : self->least_ms;
    int64_t least_ns = self->begun_ns + self->least_ms * NS_PER_MS;
    int64_t heard_ns = last_call_ns > self->begun_ns ? last_call_ns : self->begun_ns;
    int64_t quiet_ns = heard_ns + self->quiet_ms * NS_PER_MS;
    int64_t end_ns = quiet_ns > least_ns ? quiet_ns : least_ns;
    return deadline_min(end_ns, self->begun_ns + most_ms * NS_PER_MS);
}

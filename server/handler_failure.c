#include "server/handler_failure.h"

#include "base/clock.h"

#define EVERY_NS (60 * NS_PER_S)

void handler_failure_log(const service_method *method, const char *reason)
{
    unsigned suppressed;
    if (!log_is_on(DUBBOC_LOG_WARN) || !log_throttle_pass(method->failures, EVERY_NS, &suppressed))
        return;
    log_write(DUBBOC_LOG_WARN, "server", "a handler failed with an internal error", suppressed,
        "method=%s.%s reason=\"%s\"", method->interface, method->name, reason);
}

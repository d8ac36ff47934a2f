/* Holding an HTTP request, and the deadline from its Timeout header. */
#include "server/exchange.h"

#include "base/clock.h"

void exchange_hold(exchange *self)
{
    if (!self->is_held)
        http_server_request_hold(self->incoming);
    self->is_held = true;
}

/* --- the caller's deadline --- */

static const struct {
    const char *name;
    double ns;
} duration_units[] = {
    {"ns", 1},
    {"us", 1e3},
    {"\xc2\xb5s", 1e3},
    {"\xce\xbcs", 1e3}, /* two characters look like the micro sign: U+00B5 and U+03BC */
    {"ms", 1e6},
    {"s", 1e9},
    {"m", 60e9},
    {"h", 3600e9},
};

/* Parses a decimal number such as "1.5" at the start of *rest, and removes it. false: no digit. */
static bool duration_take_decimal(dubboc_slice *rest, double *value)
{
    double sum = 0, place = 1;
    size_t i = 0, digits = 0;
    bool is_fraction = false;
    for (; i < rest->len && (ascii_is_digit(rest->at[i]) || (rest->at[i] == '.' && !is_fraction));
         i++) {
        if (rest->at[i] == '.') {
            is_fraction = true;
            continue;
        }
        digits++;
        sum = sum * 10 + (rest->at[i] - '0');
        if (is_fraction)
            place *= 10;
    }
    *rest = slice_make(rest->at + i, rest->len - i);
    *value = sum / place;
    return digits > 0;
}

static bool duration_take_unit(dubboc_slice *rest, double *ns)
{
    size_t len = 0;
    while (len < rest->len && !ascii_is_digit(rest->at[len]) && rest->at[len] != '.')
        len++;
    dubboc_slice name = slice_make(rest->at, len);
    *rest = slice_make(rest->at + len, rest->len - len);
    for (size_t i = 0; i < sizeof duration_units / sizeof duration_units[0]; i++) {
        if (!slice_is(name, duration_units[i].name))
            continue;
        *ns = duration_units[i].ns;
        return true;
    }
    return false;
}

int64_t timeout_header_ns(const char *text)
{
    if (text == NULL)
        return 0;
    dubboc_slice rest = slice_trim(slice_of(text));
    uint64_t plain;
    if (slice_u64(rest, INT64_MAX, &plain))
        return (int64_t)plain;
    double total = 0;
    while (rest.len > 0) {
        double value, unit;
        if (!duration_take_decimal(&rest, &value) || !duration_take_unit(&rest, &unit))
            return 0;
        total += value * unit;
    }
    return total >= 1 && total < 9e18 ? (int64_t)(total + 0.5) : 0;
}

static int64_t exchange_read_deadline_ns(const exchange *self)
{
    int64_t timeout_ns = timeout_header_ns(http_server_request_header(self->incoming, "Timeout"));
    if (timeout_ns == 0)
        return DEADLINE_NEVER;
    int64_t received_ns = http_server_request_received_ns(self->incoming);
    return timeout_ns < INT64_MAX - received_ns ? received_ns + timeout_ns : DEADLINE_NEVER;
}

int64_t exchange_deadline_ns(exchange *self)
{
    if (self->deadline_ns == 0)
        self->deadline_ns = exchange_read_deadline_ns(self);
    return self->deadline_ns;
}

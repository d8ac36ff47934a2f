/* Saying what a directory has seen, and why it uses what it uses: the text of "no provider", and of the tool's -v. */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "selector/health.h"
#include "selector/parts.h"

#define NODES_IN_LINE 20                    /* the rest is only counted */
#define COPY_MAX_BYTES (128u * 1024 * 1024) /* of nodes for a visitor; above it sees none */

/* Appends within size; what does not fit is cut. */
typedef struct line_writer {
    char *line;
    size_t size;
    size_t len;
} line_writer;

static void add(line_writer *self, const char *format, ...) DUBBOC_PRINTF(2, 3);

static void add(line_writer *self, const char *format, ...)
{
    if (self->len + 1 >= self->size)
        return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(self->line + self->len, self->size - self->len, format, args);
    va_end(args);
    if (len < 0)
        return;
    bool is_cut = (size_t)len >= self->size - self->len;
    if (is_cut)
        utf8_drop_cut_tail(self->line);
    self->len = is_cut ? self->size - 1 : self->len + (size_t)len;
}

static const char *reason_of(const node *each)
{
    return each->reason != NULL ? each->reason : each->unused;
}

static void add_node(line_writer *to, const node *each)
{
    const char *reason = reason_of(each);
    if (reason == NULL)
        reason = health_may_serve(each->provider) ? "usable" : "usable, rests after failures";
    add(to, "; %s: %s", node_label(each), reason);
    if (each->changed != NULL)
        add(to, " (%s)", each->changed);
}

static void add_head(line_writer *to, const directory *self)
{
    registry *source = self->owner->source;
    if (self->is_fixed) {
        add(to, "fixed address");
        return;
    }
    if (!atomic_load(&self->is_ready)) {
        add(to, "the registry %s has not been read yet (%s)", registry_address(source),
            registry_is_connected(source) ? "connected" : "not connected");
        return;
    }
    add(to, "%zu node%s seen", self->nodes.count, self->nodes.count == 1 ? "" : "s");
    if (self->is_from_file)
        add(to, " in the snapshot file (the registry %s has not been read yet)", registry_address(source));
    else
        add(to, " at %s", registry_address(source));
    if (self->nodes.count == 0 && self->applications != NULL)
        add(to, "; offered at application level only, by %s: its providers need register-mode=interface or all",
            self->applications);
    if (configurators_count(self->rules) > 0)
        add(to, ", %zu configurator%s", configurators_count(self->rules), configurators_count(self->rules) == 1 ? "" : "s");
    if (self->is_empty_pending)
        add(to, ", but now its list is empty, which counts after %lld s",
            (long long)((self->empty_at_ns - clock_now_ns()) / NS_PER_S));
}

/* The visitor is the caller's code, so it is called without the lock: what it sees is copied before, text and reason each with its zero byte, an
 * absent reason as an empty text. Nothing when there is no memory. */
static void copy_for_visit(buffer *copy, const directory *self)
{
    for (size_t i = 0; i < self->nodes.count; i++) {
        const char *reason = reason_of(self->nodes.nodes[i]);
        buffer_append(copy, self->nodes.nodes[i]->text, self->nodes.nodes[i]->len + 1);
        buffer_append(copy, reason != NULL ? reason : "", reason != NULL ? strlen(reason) + 1 : 1);
    }
}

static void visit_copies(const buffer *copy, void (*visit)(void *arg, const char *url, const char *reason), void *arg)
{
    for (size_t at = 0; copy->status == DUBBOC_OK && at < copy->len;) {
        const char *url = copy->data + at, *reason = url + strlen(url) + 1;
        visit(arg, url, reason[0] != '\0' ? reason : NULL);
        at += strlen(url) + strlen(reason) + 2;
    }
}

void directory_explain(
    directory *self, char *line, size_t size, void (*visit)(void *arg, const char *url, const char *reason), void *arg)
{
    line_writer to = {.line = line, .size = size};
    buffer copy;
    buffer_init(&copy, COPY_MAX_BYTES);
    if (size > 0)
        line[0] = '\0';
    pthread_mutex_lock(&self->lock);
    add_head(&to, self);
    for (size_t i = 0; i < self->nodes.count && i < NODES_IN_LINE; i++)
        add_node(&to, self->nodes.nodes[i]);
    if (self->nodes.count > NODES_IN_LINE)
        add(&to, "; and %zu more", self->nodes.count - NODES_IN_LINE);
    if (visit != NULL)
        copy_for_visit(&copy, self);
    pthread_mutex_unlock(&self->lock);
    if (visit != NULL)
        visit_copies(&copy, visit, arg);
    buffer_fini(&copy);
}

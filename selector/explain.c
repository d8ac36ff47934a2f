/* Builds the explanation, one line, from the nodes of the directory, under its lock. Nodes with the
 * same reason are grouped, because an interface may have thousands of nodes that are left out for
 * one reason. */
#include "selector/explain.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "selector/directory.h"

/* at most this many groups are in the line; the nodes of further groups are only counted */
#define REASONS_IN_LINE 20
#define MORE_BYTES sizeof("; and 18446744073709551615 more")
/* the maximum size of the copies for visit; if they are larger, visit is not called */
#define COPY_MAX_BYTES (128u * 1024 * 1024)

/* Appends to a line; what does not fit is cut off. */
typedef struct line_writer {
    char *line;
    size_t size;
    size_t len;
} line_writer;

static void explain_add(line_writer *self, const char *format, ...) DUBBOC_PRINTF(2, 3);

static void explain_add(line_writer *self, const char *format, ...)
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

static const char *node_reason_of(const node *each)
{
    return each->reason != NULL ? each->reason : each->unused;
}

static const char *node_state_of(const node *each)
{
    const char *reason = node_reason_of(each);
    if (reason != NULL)
        return reason;
    if (health_is_silent(&each->provider->health))
        return "usable, silent: it fails and does not answer probes";
    if (!health_is_ejected(&each->provider->health))
        return "usable";
    return atomic_load(&each->provider->health.refusals) > 0 ? "usable, ejected after refusals"
                                                             : "usable, ejected after failures";
}

/* A group of nodes with the same reason: the first of them, and their number. */
typedef struct alike {
    const node *first;
    size_t count;
} alike;

static bool nodes_are_alike(const node *a, const node *b)
{
    const char *changed_a = a->changed != NULL ? a->changed : "",
               *changed_b = b->changed != NULL ? b->changed : "";
    return strcmp(node_state_of(a), node_state_of(b)) == 0 && strcmp(changed_a, changed_b) == 0;
}

/* Puts nodes with the same state and the same changes into one group, and returns the number of
 * groups. After REASONS_IN_LINE groups, nodes that belong to none of them are left out. The nodes
 * are sorted by text, so without groups a line could list only nodes of one protocol, and leave out
 * the node that explains the problem. */
static size_t nodes_group(const node_list *nodes, alike groups[REASONS_IN_LINE])
{
    size_t count = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        size_t at = 0;
        while (at < count && !nodes_are_alike(groups[at].first, nodes->nodes[i]))
            at++;
        if (at < count)
            groups[at].count++;
        else if (count < REASONS_IN_LINE)
            groups[count++] = (alike){nodes->nodes[i], 1};
    }
    return count;
}

static void explain_add_group(line_writer *to, const alike *group)
{
    explain_add(to, "; %s", node_label(group->first));
    if (group->count > 1)
        explain_add(to, " and %zu more", group->count - 1);
    explain_add(to, ": %s", node_state_of(group->first));
    if (group->first->changed != NULL)
        explain_add(to, " (%s)", group->first->changed);
}

/* If a group does not fit, it and all further groups are left out. */
static void explain_add_nodes(line_writer *to, const node_list *nodes)
{
    alike groups[REASONS_IN_LINE];
    size_t count = nodes_group(nodes, groups), left = nodes->count;
    line_writer before = *to;
    for (size_t i = 0; i < count; i++) {
        explain_add_group(to, &groups[i]);
        bool is_last = left == groups[i].count;
        if (to->len + (is_last ? 1 : MORE_BYTES) >= to->size)
            break;
        before = *to;
        left -= groups[i].count;
    }
    *to = before;
    if (to->size > to->len)
        to->line[to->len] = '\0';
    if (left > 0)
        explain_add(to, "; and %zu more", left);
}

static void explain_add_head(line_writer *to, directory *self)
{
    registry *source = self->owner->source;
    char applications[SERVICE_MAPPING_MAX + 1];
    if (self->is_fixed) {
        explain_add(to, "fixed address");
        return;
    }
    if (!readiness_is_ready(&self->ready)) {
        explain_add(to, "the registry %s has not been read yet (%s)", registry_address(source),
            registry_is_connected(source) ? "connected" : "not connected");
        return;
    }
    explain_add(to, "%zu node%s seen", self->nodes.count, self->nodes.count == 1 ? "" : "s");
    if (self->is_from_file)
        explain_add(to, " in the snapshot file (the registry %s has not been read yet)",
            registry_address(source));
    else
        explain_add(to, " at %s", registry_address(source));
    service_mapping_get(&self->mapping, applications);
    if (self->nodes.count == 0 && applications[0] != '\0')
        explain_add(to,
            "; offered at application level only, by %s: its providers need "
            "register-mode=interface or all",
            applications);
    if (configurators_count(self->rules) > 0)
        explain_add(to, ", %zu configurator%s", configurators_count(self->rules),
            configurators_count(self->rules) == 1 ? "" : "s");
    if (self->is_empty_pending)
        explain_add(to, ", but now its list is empty, which takes effect in %lld s",
            (long long)((self->empty_at_ns - clock_now_ns()) / NS_PER_S));
}

/* visit is the caller's function, so it is called without the lock, on copies: for each node its
 * text and its reason, each with a zero byte; an empty text means no reason. Without memory the
 * copy is empty and visit is not called. */
static void explain_copy(buffer *copy, const directory *self)
{
    for (size_t i = 0; i < self->nodes.count; i++) {
        const char *reason = node_reason_of(self->nodes.nodes[i]);
        buffer_append(copy, self->nodes.nodes[i]->text, self->nodes.nodes[i]->len + 1);
        buffer_append(copy, reason != NULL ? reason : "", reason != NULL ? strlen(reason) + 1 : 1);
    }
}

static void explain_visit_copies(
    const buffer *copy, void (*visit)(void *arg, const char *url, const char *reason), void *arg)
{
    for (size_t at = 0; copy->status == DUBBOC_OK && at < copy->len;) {
        const char *url = copy->data + at, *reason = url + strlen(url) + 1;
        visit(arg, url, reason[0] != '\0' ? reason : NULL);
        at += strlen(url) + strlen(reason) + 2;
    }
}

void directory_explain(directory *self, char *line, size_t size,
    void (*visit)(void *arg, const char *url, const char *reason), void *arg)
{
    line_writer to = {.line = line, .size = size};
    buffer copy;
    buffer_init(&copy, COPY_MAX_BYTES);
    if (size > 0)
        line[0] = '\0';
    mutex_lock(&self->lock);
    explain_add_head(&to, self);
    explain_add_nodes(&to, &self->nodes);
    if (visit != NULL)
        explain_copy(&copy, self);
    mutex_unlock(&self->lock);
    if (visit != NULL)
        explain_visit_copies(&copy, visit, arg);
    buffer_fini(&copy);
}

/* dubboc watch: prints a line for each change among the providers of an interface, until a signal
 * ends it.
 *
 * Each snapshot is compared with the one before. Nodes in both are ignored. A removed and an added
 * node with the same scheme and identity (host, port, path, group, version) are one changed
 * provider. All other nodes were removed or added. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "tools/commands.h"
#include "tools/place.h"
#include "tools/shown.h"

/* One node of a snapshot. */
typedef struct watched_node {
    char *text;
    char *identity;
    bool is_paired; /* has a counterpart in the other snapshot */
} watched_node;

typedef struct watched_list {
    watched_node *items; /* sorted by text */
    size_t count;
} watched_list;

static void watch_free_nodes(watched_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].text);
        free(list->items[i].identity);
    }
    free(list->items);
    *list = (watched_list){0};
}

static char *watch_identity(const char *text)
{
    provider_url *url;
    buffer identity;
    if (provider_url_from_text(slice_of(text), &url, NULL) != DUBBOC_OK)
        return mem_dup(text);
    buffer_init(&identity, URL_BYTES_MAX * 2);
    buffer_append_slice(&identity, url->scheme);
    buffer_append_char(&identity, ' ');
    provider_url_identity(url, &identity);
    provider_url_free(url);
    if (buffer_text(&identity) == NULL)
        buffer_fini(&identity);
    return identity.data;
}

static int watch_compare(const void *a, const void *b)
{
    return strcmp(((const watched_node *)a)->text, ((const watched_node *)b)->text);
}

static bool watch_read_nodes(const registry_snapshot *snapshot, watched_list *list)
{
    list->items = MEM_NEW_ARRAY(snapshot->count > 0 ? snapshot->count : 1, watched_node);
    list->count = list->items != NULL ? snapshot->count : 0;
    bool is_good = list->items != NULL;
    for (size_t i = 0; i < list->count && is_good; i++) {
        list->items[i].text = mem_dup(snapshot->urls[i]);
        list->items[i].identity = watch_identity(snapshot->urls[i]);
        is_good = list->items[i].text != NULL && list->items[i].identity != NULL;
    }
    if (is_good)
        qsort(list->items, list->count, sizeof(watched_node), watch_compare);
    else
        watch_free_nodes(list);
    return is_good;
}

static void watch_pair_equal(watched_list *before, watched_list *after)
{
    for (size_t i = 0, j = 0; i < before->count && j < after->count;) {
        int order = watch_compare(&before->items[i], &after->items[j]);
        if (order == 0)
            before->items[i].is_paired = after->items[j].is_paired = true;
        i += order <= 0;
        j += order >= 0;
    }
}

static void watch_print_line(char sign, const char *text)
{
    printf("%c ", sign);
    shown_print(text);
    putchar('\n');
}

/* The removed node of the same identity; NULL: there is none. A linear search is enough, because
 * few nodes change at once. */
static watched_node *watch_find_gone(watched_list *before, const char *identity)
{
    for (size_t i = 0; i < before->count; i++)
        if (!before->items[i].is_paired && strcmp(before->items[i].identity, identity) == 0)
            return &before->items[i];
    return NULL;
}

static void watch_print_changes(watched_list *before, watched_list *after)
{
    watch_pair_equal(before, after);
    for (size_t i = 0; i < after->count; i++) {
        watched_node *came = &after->items[i];
        watched_node *gone = came->is_paired ? NULL : watch_find_gone(before, came->identity);
        if (gone != NULL)
            gone->is_paired = true;
        if (!came->is_paired)
            watch_print_line(gone != NULL ? '~' : '+', came->text);
    }
    for (size_t i = 0; i < before->count; i++)
        if (!before->items[i].is_paired)
            watch_print_line('-', before->items[i].text);
    for (size_t i = 0; i < after->count; i++)
        after->items[i].is_paired = false;
}

/* Runs on the registry's thread, one call at a time; the main thread only waits for a signal. */
static void watch_hear(void *arg, const registry_snapshot *snapshot)
{
    watched_list *known = arg;
    watched_list now;
    if (!watch_read_nodes(snapshot, &now)) {
        tool_say("out of memory, a change is not told");
        return;
    }
    watch_print_changes(known, &now);
    watch_free_nodes(known);
    *known = now;
    if (fflush(stdout) != 0)
        kill(getpid(), SIGTERM); /* main() prints the error */
}

/* From here on the signals are taken by sigwait(). The registry's threads block all signals. */
static void watch_block_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
}

/* Reads the list once, so that an unreachable registry is reported instead of waited for. While it
 * reads, a signal ends the program at once, because signals are not blocked yet. */
static int watch_check(registry *reg, const char *interface, int64_t deadline_ns)
{
    registry_list first = {0};
    dubboc_error err;
    if (registry_lookup(reg, interface, REGISTRY_PROVIDERS, deadline_ns, &first, &err) != DUBBOC_OK)
        return tool_fail(&err);
    registry_list_free(&first);
    return TOOL_DONE;
}

static int watch_interface(const void *given, const opened_place *at)
{
    const tool_place *place = given;
    watched_list known = {0};
    registry_subscription *subscription;
    dubboc_error err;
    sigset_t ends;
    int signal_number;
    int status = watch_check(at->reg, place->interface, at->deadline_ns);
    if (status != TOOL_DONE)
        return status;
    if (!place->is_verbose)
        tool_log(at->config, DUBBOC_LOG_WARN); /* shows when the registry is lost and comes back */
    watch_block_signals(&ends);
    /* Called only to print a line about an unknown interface, which may still appear later. */
    place_is_unknown(at->reg, place->interface, at->deadline_ns);
    if (registry_subscribe(at->reg, place->interface, REGISTRY_PROVIDERS, watch_hear, &known,
            &subscription, &err) != DUBBOC_OK)
        return tool_fail(&err);
    sigwait(&ends, &signal_number);
    registry_unsubscribe(at->reg, subscription);
    watch_free_nodes(&known);
    return TOOL_DONE;
}

static error_t watch_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {{.key = ARGP_KEY_INIT, .kind = OPTION_CHILD}};
    return options_take(OPTION_ROWS(rows), key, arg, state);
}

int cmd_watch(int argc, char **argv)
{
    static const char doc[] =
        "Prints the providers of INTERFACE, then a line for each one that comes (+ URL), changes "
        "(~ URL) or goes (- URL), until it is interrupted.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .parser = watch_parse, .args_doc = "INTERFACE", .doc = doc, .children = children};
    tool_place place = {.needs_interface = true};
    if (argp_parse(&argp, argc, argv, 0, NULL, &place) != 0)
        return TOOL_USAGE;
    return place_use(&place, watch_interface, &place);
}

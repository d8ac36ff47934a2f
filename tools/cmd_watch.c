/* dubboc watch: a line for each change among the providers of an interface, until a signal ends it.
 *
 * A snapshot is held against the one before: nodes that stand in both are left out; of the rest one
 * that went and one that came with the same scheme and identity (host, port, path, group, version)
 * are one changed provider, all others went or came. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "tools/place.h"

/* One node of a snapshot. */
typedef struct node {
    char *text;
    char *identity;
    bool is_paired; /* has its counterpart in the other snapshot */
} node;

typedef struct node_list {
    node *items; /* sorted by text */
    size_t count;
} node_list;

static void free_nodes(node_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].text);
        free(list->items[i].identity);
    }
    free(list->items);
    *list = (node_list){0};
}

static char *identity_of(const char *text)
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

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const node *)a)->text, ((const node *)b)->text);
}

static bool read_nodes(const registry_snapshot *snapshot, node_list *list)
{
    list->items = MEM_NEW_ARRAY(snapshot->count > 0 ? snapshot->count : 1, node);
    list->count = list->items != NULL ? snapshot->count : 0;
    bool is_good = list->items != NULL;
    for (size_t i = 0; i < list->count && is_good; i++) {
        list->items[i].text = mem_dup(snapshot->urls[i]);
        list->items[i].identity = identity_of(snapshot->urls[i]);
        is_good = list->items[i].text != NULL && list->items[i].identity != NULL;
    }
    if (is_good)
        qsort(list->items, list->count, sizeof(node), compare_texts);
    else
        free_nodes(list);
    return is_good;
}

static void pair_equal_texts(node_list *before, node_list *after)
{
    for (size_t i = 0, j = 0; i < before->count && j < after->count;) {
        int order = compare_texts(&before->items[i], &after->items[j]);
        if (order == 0)
            before->items[i].is_paired = after->items[j].is_paired = true;
        i += order <= 0;
        j += order >= 0;
    }
}

static void print_line(char sign, const char *text)
{
    printf("%c ", sign);
    place_print(text);
    putchar('\n');
}

/* The node of the same identity that went, NULL: there is none. Few nodes change at once, so a
 * plain search does. */
static node *find_gone(node_list *before, const char *identity)
{
    for (size_t i = 0; i < before->count; i++)
        if (!before->items[i].is_paired && strcmp(before->items[i].identity, identity) == 0)
            return &before->items[i];
    return NULL;
}

static void print_changes(node_list *before, node_list *after)
{
    pair_equal_texts(before, after);
    for (size_t i = 0; i < after->count; i++) {
        node *came = &after->items[i];
        node *gone = came->is_paired ? NULL : find_gone(before, came->identity);
        if (gone != NULL)
            gone->is_paired = true;
        if (!came->is_paired)
            print_line(gone != NULL ? '~' : '+', came->text);
    }
    for (size_t i = 0; i < before->count; i++)
        if (!before->items[i].is_paired)
            print_line('-', before->items[i].text);
    for (size_t i = 0; i < after->count; i++)
        after->items[i].is_paired = false;
}

/* Runs on the registry's thread, one call at a time; the main thread only waits for a signal. */
static void hear_snapshot(void *arg, const registry_snapshot *snapshot)
{
    node_list *known = arg;
    node_list now;
    if (!read_nodes(snapshot, &now)) {
        tool_say("out of memory, a change is not told");
        return;
    }
    print_changes(known, &now);
    free_nodes(known);
    *known = now;
    if (fflush(stdout) != 0)
        kill(getpid(), SIGTERM); /* main() says what is wrong */
}

/* From here on the signals wait for sigwait(). The registry's threads never take any. */
static void watch_block_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
}

/* Reads the list once, so that a registry that is away is told instead of waited for. Until then a
 * signal ends the program at once. */
static int watch_check(registry *reg, const char *interface, int64_t deadline_ns)
{
    registry_list first = {0};
    dubboc_error err;
    if (registry_lookup(reg, interface, REGISTRY_PROVIDERS, deadline_ns, &first, &err) != DUBBOC_OK)
        return tool_fail(&err);
    registry_list_free(&first);
    return TOOL_DONE;
}

static int watch(
    registry *reg, const tool_place *place, const dubboc_config *config, int64_t deadline_ns)
{
    const char *interface = place->interface;
    node_list known = {0};
    registry_subscription *subscription;
    dubboc_error err;
    sigset_t ends;
    int signal_number;
    int status = watch_check(reg, interface, deadline_ns);
    if (status != TOOL_DONE)
        return status;
    if (!place->is_verbose)
        tool_log(config, DUBBOC_LOG_WARN); /* tells when the registry goes and comes back */
    watch_block_signals(&ends);
    place_is_unknown(reg, interface, deadline_ns); /* it may come yet */
    if (registry_subscribe(reg, interface, REGISTRY_PROVIDERS, hear_snapshot, &known, &subscription,
            &err) != DUBBOC_OK)
        return tool_fail(&err);
    sigwait(&ends, &signal_number);
    registry_unsubscribe(reg, subscription);
    free_nodes(&known);
    return TOOL_DONE;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    const tool_place *place = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    case ARGP_KEY_END:
        if (place->interface == NULL)
            argp_error(state, "expected an INTERFACE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cmd_watch(int argc, char **argv)
{
    static const char doc[] = "Prints a line for each provider of INTERFACE that is there or comes "
                              "(+ URL), changes (~ URL) or goes (- URL), until "
                              "interrupted.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .parser = parse, .args_doc = "INTERFACE", .doc = doc, .children = children};
    tool_place place = {0};
    dubboc_config *config = NULL;
    registry *reg = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &place) != 0)
        return TOOL_USAGE;
    int64_t deadline_ns = place_deadline(&place);
    int status = place_open(&place, &config, &reg);
    if (status == TOOL_DONE)
        status = watch(reg, &place, config, deadline_ns);
    registry_free(reg);
    dubboc_config_free(config);
    return status;
}

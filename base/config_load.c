/* Loads a configuration: the file, then the environment. Loading continues after a problem, so that
 * `dubboc config check` reports all of them; dubboc_config_load() reports the first. The
 * environment is read once, and every variable that begins with DUBBOC_ is checked against the
 * table of keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/config_mask.h"
#include "base/config_store.h"
#include "base/config_value.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"

typedef struct loader {
    config_state *state;
    const char *path;
    /* Also report values that dubboc_config_load() accepts although they certainly have no
     * effect. */
    bool is_check;
    dubboc_error *first; /* the first problem */
    int problems;
    dubboc_config_problem report; /* called for each problem; NULL: none */
    void *report_arg;
    dubboc_status fatal; /* DUBBOC_E_NO_MEMORY stops loading; otherwise DUBBOC_OK */
} loader;

static void loader_note(loader *load, const dubboc_error *err)
{
    if (load->problems++ == 0)
        error_copy(load->first, err);
    if (load->report != NULL)
        load->report(load->report_arg, err->text);
    if (err->status == DUBBOC_E_NO_MEMORY)
        load->fatal = DUBBOC_E_NO_MEMORY;
}

static void loader_note_if_bad(loader *load, dubboc_status status, const dubboc_error *err)
{
    if (status != DUBBOC_OK)
        loader_note(load, err);
}

/* --- the file --- */

/* Reports a section such as "service com.acme.Orders:2.0.0", which is Java's name of a service with
 * its version. No service or reference uses such a section. */
static dubboc_status loader_check_interface(const config_section *section, dubboc_error *err)
{
    for (size_t i = 0; i < section->interface.len; i++)
        if ((unsigned char)section->interface.at[i] < 0x80 &&
            !config_is_interface_char(section->interface.at[i]))
            return error_set(err, DUBBOC_E_CONFIG,
                "section [%s %s] has no effect: expected [%s INTERFACE], the whole name of an "
                "interface (letters, digits and . _ - $); group and version are keys in it",
                section->name, MASKED(section->interface), section->name);
    return DUBBOC_OK;
}

static void loader_take_section(void *arg, dubboc_slice name, unsigned line)
{
    loader *load = arg;
    config_section section;
    dubboc_error err;
    dubboc_status status = config_section_read(name, &section, &err);
    if (status == DUBBOC_OK && load->is_check)
        status = loader_check_interface(&section, &err);
    if (status != DUBBOC_OK)
        error_prefix(&err, status, "%s:%u", load->path, line);
    else if (section.interface.len > 0 && !config_state_add_section(load->state, name))
        status = error_no_memory(&err);
    loader_note_if_bad(load, status, &err);
}

/* Reports a value that seems to end in a comment. Loading accepts it with a warning, because a text
 * may contain anything; `dubboc config check` reports it as a problem. */
static void loader_note_comment(loader *load, const config_section *section, dubboc_slice key,
    dubboc_slice value, unsigned line)
{
    const config_key *row;
    dubboc_slice method;
    dubboc_error err;
    if (!config_ends_in_comment(value) ||
        config_key_find(section, key, &row, &method, NULL) != DUBBOC_OK || row->is_secret)
        return;
    if (load->is_check) {
        error_set(&err, DUBBOC_E_CONFIG,
            "%s:%u: the value of \"%.*s\" seems to end in a comment, which is read as a part of "
            "it; put a comment on a line of its own",
            load->path, line, SLICE_ARGS(key));
        loader_note(load, &err);
    } else {
        LOG(DUBBOC_LOG_WARN, "config",
            "value seems to end in a comment; it is read as a part of the value",
            "place=%s:%u key=%.*s", load->path, line, SLICE_ARGS(key));
    }
}

static void loader_take_entry(
    void *arg, dubboc_slice section, dubboc_slice key, dubboc_slice value, unsigned line)
{
    loader *load = arg;
    config_section known;
    dubboc_error err;
    if (config_section_read(section, &known, NULL) != DUBBOC_OK)
        return; /* was reported when the line of the section was read */
    char *origin = mem_printf("%s:%u", load->path, line);
    dubboc_status status = origin == NULL ? error_no_memory(&err)
                                          : config_state_set(load->state, CONFIG_FROM_FILE, origin,
                                                section, key, value, origin, &err);
    loader_note_if_bad(load, status, &err);
    if (status == DUBBOC_OK)
        loader_note_comment(load, &known, key, value, line);
    free(origin);
}

static void loader_take_problem(void *arg, unsigned line, const char *what)
{
    loader *load = arg;
    dubboc_error err;
    error_set(&err, DUBBOC_E_CONFIG, "%s:%u: %s", load->path, line, what);
    loader_note(load, &err);
}

/* Opens the file without blocking, because it may be a named pipe that nobody writes to. */
static dubboc_status loader_open_file(const char *path, int *fd, dubboc_error *err)
{
    struct stat info;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return error_set(err, DUBBOC_E_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode))
        return DUBBOC_OK;
    close(*fd);
    return error_set(err, DUBBOC_E_CONFIG, "%s: is %s, expected a file", path,
        S_ISDIR(info.st_mode) ? "a directory" : "a device, pipe or socket");
}

static dubboc_status loader_read_file(const char *path, buffer *text, dubboc_error *err)
{
    enum { PIECE = 16 * 1024 };
    int fd;
    dubboc_status status = loader_open_file(path, &fd, err);
    if (status != DUBBOC_OK)
        return status;
    ssize_t got = 1;
    while (got > 0 && text->status == DUBBOC_OK) {
        char piece[PIECE];
        do
            got = read(fd, piece, sizeof piece);
        while (got < 0 && errno == EINTR);
        if (got > 0)
            buffer_append(text, piece, (size_t)got);
    }
    if (got < 0)
        status = error_set(err, DUBBOC_E_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    else if (text->status == DUBBOC_E_TOO_BIG)
        status = error_set(
            err, DUBBOC_E_CONFIG, "%s: is longer than %u bytes", path, INI_TEXT_BYTES_MAX);
    else if (text->status != DUBBOC_OK)
        status = error_no_memory(err);
    close(fd);
    return status;
}

/* via: the variable that named the file; NULL: the caller named it. */
static void loader_load_file(loader *load, const char *path, const char *via)
{
    const ini_reader reader = {.section = loader_take_section,
        .entry = loader_take_entry,
        .problem = loader_take_problem,
        .arg = load};
    dubboc_error err;
    buffer text;
    buffer_init(&text, INI_TEXT_BYTES_MAX);
    load->path = path;
    dubboc_status status = loader_read_file(path, &text, &err);
    if (status != DUBBOC_OK && via != NULL)
        error_append(&err, " (named by $%s)", via);
    if (status == DUBBOC_OK && ini_read(buffer_slice(&text), &reader) != DUBBOC_OK)
        status = error_no_memory(&err);
    loader_note_if_bad(load, status, &err);
    buffer_fini(&text);
}

/* --- the environment --- */

static bool variable_is_from_kubernetes(dubboc_slice value)
{
    return slice_starts_with(value, "tcp://") || slice_starts_with(value, "udp://");
}

#define KUBERNETES_HINT                                                                            \
    "Kubernetes injects such variables for a service named dubboc-...; enableServiceLinks: false " \
    "stops it"

/* Whether name is DUBBOC_<KIND>_<INTERFACE>_<KEY> for that key. */
static bool variable_fits_per_interface(dubboc_slice name, const config_key *key)
{
    char start[64], end[64];
    if (!config_variable_name(slice_of(key->section), slice_of(""), start, sizeof start) ||
        !config_variable_name(slice_of(""), slice_of(key->name), end, sizeof end))
        return false;
    const char *tail = end + strlen("DUBBOC_"); /* "_KEY" */
    size_t tail_len = strlen(tail);
    return slice_starts_with(name, start) && name.len > strlen(start) + tail_len &&
           slice_is(slice_make(name.at + name.len - tail_len, tail_len), tail);
}

static bool variable_fits(dubboc_slice name, const config_key *key)
{
    char own[128];
    if (key->variable != NULL && slice_is(name, key->variable))
        return true;
    if (config_section_is_per_interface(key->section))
        return variable_fits_per_interface(name, key);
    return config_variable_name(slice_of(key->section), slice_of(key->name), own, sizeof own) &&
           slice_is(name, own);
}

static const config_key *variable_key(dubboc_slice name)
{
    size_t count;
    const config_key *keys = config_keys(&count);
    const config_key *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (variable_fits(name, &keys[i]) &&
            (found == NULL || strlen(found->name) < strlen(keys[i].name)))
            found = &keys[i];
    return found;
}

static void loader_note_unknown_variable(dubboc_slice name, dubboc_slice value)
{
    size_t count;
    const config_key *keys = config_keys(&count);
    char near[128] = "";
    for (size_t i = 0; i < count && near[0] == '\0'; i++)
        if (!config_variable_name(
                slice_of(keys[i].section), slice_of(keys[i].name), near, sizeof near) ||
            keys[i].is_later || !config_is_near(name, near))
            near[0] = '\0';
    if (variable_is_from_kubernetes(value))
        LOG(DUBBOC_LOG_WARN, "config", "unknown variable ignored", "variable=%.*s hint=\"%s\"",
            SLICE_ARGS(name), KUBERNETES_HINT);
    else if (near[0] != '\0')
        LOG(DUBBOC_LOG_WARN, "config", "unknown variable ignored",
            "variable=%.*s hint=\"did you mean %s?\"", SLICE_ARGS(name), near);
    else
        LOG(DUBBOC_LOG_WARN, "config", "unknown variable ignored", "variable=%.*s",
            SLICE_ARGS(name));
}

static dubboc_status loader_check_variable(const config_key *key, const char *origin,
    dubboc_slice value, int64_t *number, dubboc_error *err)
{
    if (key->is_later)
        return error_set(err, DUBBOC_E_UNSUPPORTED, "%s: key \"%s\" of [%s] is not in this release",
            origin, key->name, key->section);
    const char *fault = ini_bytes_fault(value);
    if (fault != NULL)
        return error_set(err, DUBBOC_E_CONFIG, "%s: found %s", origin, fault);
    dubboc_status status = config_key_read(key, value, number, err);
    if (status == DUBBOC_OK)
        return DUBBOC_OK;
    status = config_bad_value(key, origin, value, err);
    if (status != DUBBOC_E_NO_MEMORY && variable_is_from_kubernetes(value))
        error_append(err, " (%s)", KUBERNETES_HINT);
    return status;
}

static void loader_take_variable(loader *load, dubboc_slice name, dubboc_slice value)
{
    const config_key *key = variable_key(name);
    bool is_foreign = !slice_starts_with(name, "DUBBOC_");
    if (key == NULL) {
        if (!is_foreign && !slice_is(name, "DUBBOC_CONF_FILE"))
            loader_note_unknown_variable(name, value);
        return;
    }
    if (is_foreign && value.len == 0)
        return;
    char *origin = mem_printf("$%.*s", SLICE_ARGS(name));
    dubboc_error err;
    int64_t number;
    dubboc_status status = origin == NULL
                               ? error_no_memory(&err)
                               : loader_check_variable(key, origin, value, &number, &err);
    if (status == DUBBOC_OK &&
        !config_state_put(load->state, slice_of(origin), key, value, number, origin))
        status = error_no_memory(&err);
    loader_note_if_bad(load, status, &err);
    free(origin);
}

static void loader_load_environment(loader *load)
{
    for (char **entry = environ; entry != NULL && *entry != NULL && load->fatal == DUBBOC_OK;
         entry++) {
        dubboc_slice name, value;
        if (strncmp(*entry, "DUBBO", 5) == 0 && slice_cut(slice_of(*entry), '=', &name, &value))
            loader_take_variable(load, name, value);
    }
}

/* --- the file and the environment --- */

static const char *loader_path_from_environment(const char **via)
{
    static const char *const variables[] = {"DUBBOC_CONF_FILE", "APP_CONF_FILE"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = getenv(variables[i]);
        *via = variables[i];
        if (path != NULL && path[0] != '\0')
            return path;
    }
    return NULL;
}

static void loader_load_all(loader *load, const char *path, bool with_environment)
{
    const char *via = NULL;
    if (path == NULL)
        path = loader_path_from_environment(&via);
    if (path != NULL)
        loader_load_file(load, path, via);
    if (with_environment && load->fatal == DUBBOC_OK)
        loader_load_environment(load);
}

dubboc_status dubboc_config_load(const char *path, dubboc_config **config, dubboc_error *err)
{
    dubboc_error first;
    loader load = {.state = config_state_new(), .first = &first};
    dubboc_config *made = MEM_NEW(dubboc_config);
    error_clear(&first);
    if (load.state == NULL || made == NULL)
        error_no_memory(&first);
    else
        loader_load_all(&load, path, true);
    if (first.status != DUBBOC_OK) {
        config_state_unref(load.state);
        free(made);
    } else {
        made->state = load.state;
        *config = made;
    }
    error_copy(err, &first);
    return first.status;
}

int dubboc_config_check(
    const char *path, int with_environment, dubboc_config_problem report, void *arg)
{
    dubboc_error first;
    loader load = {.state = config_state_new(),
        .first = &first,
        .report = report,
        .report_arg = arg,
        .is_check = true};
    if (load.state == NULL) {
        error_no_memory(&first);
        loader_note(&load, &first);
    } else {
        loader_load_all(&load, path, with_environment != 0);
    }
    config_state_unref(load.state);
    return load.problems;
}

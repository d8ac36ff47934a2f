/* Feeds bytes to the ini reader, and passes what the reader returns to the table of keys. For any
 * input: the reader returns only slices of the text, line numbers only grow, names and values are
 * clean text within their limits, and a value that the table accepts is found again unchanged. */
#include <stdint.h>
#include <stdlib.h>

#include "base/config_store.h"

typedef struct state {
    dubboc_slice text;
    unsigned line;
    dubboc_config *config;
} state;

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_piece(const state *s, dubboc_slice piece)
{
    require(piece.len == 0 ||
            (piece.at >= s->text.at && piece.at + piece.len <= s->text.at + s->text.len));
    require(ini_bytes_fault(piece) == NULL);
}

static void take_section(void *arg, dubboc_slice name, unsigned line)
{
    state *s = arg;
    check_piece(s, name);
    require(line > s->line && name.len > 0 && name.len <= INI_SECTION_BYTES_MAX);
    s->line = line;
}

static void take_entry(
    void *arg, dubboc_slice section, dubboc_slice key, dubboc_slice value, unsigned line)
{
    state *s = arg;
    check_piece(s, section);
    check_piece(s, key);
    check_piece(s, value);
    require(line > s->line && key.len > 0 && key.len <= INI_KEY_BYTES_MAX);
    s->line = line;
    dubboc_error err;
    char section_text[INI_SECTION_BYTES_MAX + 1], key_text[INI_KEY_BYTES_MAX + 1];
    memcpy(section_text, section.at, section.len);
    section_text[section.len] = '\0';
    memcpy(key_text, key.at, key.len);
    key_text[key.len] = '\0';
    if (config_state_set(s->config->state, CONFIG_FROM_FILE, "fuzz", section, key, value, "",
            &err) != DUBBOC_OK) {
        require(err.text[0] != '\0');
        return;
    }
    const char *found = dubboc_config_get(s->config, section_text, key_text, NULL);
    require(found != NULL && slice_is(value, found));
}

static void take_problem(void *arg, unsigned line, const char *what)
{
    state *s = arg;
    require(line > s->line && what[0] != '\0');
    s->line = line;
}

static void count(
    void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    size_t *all = arg;
    *all += strlen(section) + strlen(key) + strlen(value) + strlen(origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_config config = {.state = config_state_new()};
    if (config.state == NULL)
        return 0;
    state s = {.text = slice_make((const char *)data, size), .config = &config};
    const ini_reader reader = {
        .section = take_section, .entry = take_entry, .problem = take_problem, .arg = &s};
    size_t all = 0;
    (void)ini_read(s.text, &reader);
    dubboc_config_each(&config, count, &all);
    require(all > 0);
    config_state_unref(config.state);
    return 0;
}

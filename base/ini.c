/* An ini parser. It exists because the usual one (inih) cuts long names silently and treats ` ;`
 * inside a value as the beginning of a comment. The parser reads the text once, line by line. The
 * only memory that the parser needs is a map that tells in which line each name was first used, to
 * report duplicates. */
#include "base/ini.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/utf8.h"

typedef struct ini_parser {
    const ini_reader *reader;
    /* Maps "section" and "section\nkey" to the number of the line where the name was first used. */
    map *lines;
    buffer name; /* for building keys of the map */
    dubboc_slice section;
    bool has_section;
    unsigned line;
    dubboc_status status;
} ini_parser;

const char *ini_bytes_fault(dubboc_slice text)
{
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == 0)
            return "a zero byte, which text must not hold";
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return "a control byte, which text must not hold";
        size_t len = utf8_sequence(text.at + i, text.at + text.len);
        if (len == 0)
            return "bytes that are not UTF-8";
        i += len;
    }
    return NULL;
}

static void ini_problem(ini_parser *p, const char *format, ...) DUBBOC_PRINTF(2, 3);
static void ini_problem(ini_parser *p, const char *format, ...)
{
    char what[INI_SECTION_BYTES_MAX + INI_KEY_BYTES_MAX + 128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    p->reader->problem(p->reader->arg, p->line, what);
}

/* Returns the line where the section and key were first used (key.at NULL: the section itself). 0:
 * this is the first use, and the present line has been stored for it; or there is no memory, and
 * p->status is set. */
static unsigned ini_line_of_first(ini_parser *p, dubboc_slice section, dubboc_slice key)
{
    buffer_clear(&p->name);
    buffer_append_slice(&p->name, section);
    if (key.at != NULL) {
        buffer_append_char(&p->name, '\n');
        buffer_append_slice(&p->name, key);
    }
    if (p->name.status != DUBBOC_OK) {
        p->status = p->name.status;
        return 0;
    }
    void *first = map_find(p->lines, buffer_slice(&p->name));
    if (first == NULL &&
        !map_put(p->lines, buffer_slice(&p->name), (void *)(uintptr_t)p->line, NULL))
        p->status = DUBBOC_E_NO_MEMORY;
    return (unsigned)(uintptr_t)first;
}

static void ini_read_section(ini_parser *p, dubboc_slice line)
{
    p->has_section = false;
    if (line.at[line.len - 1] != ']') {
        ini_problem(p, "a section needs a ] at the end of its line, and nothing after it");
        return;
    }
    dubboc_slice name = slice_trim(slice_make(line.at + 1, line.len - 2));
    if (name.len == 0 || name.len > INI_SECTION_BYTES_MAX ||
        memchr(name.at, '[', name.len) != NULL || memchr(name.at, ']', name.len) != NULL) {
        ini_problem(p, "expected [section], with a name of 1 to %u bytes without brackets",
            INI_SECTION_BYTES_MAX);
        return;
    }
    p->section = name;
    p->has_section = true;
    unsigned first = ini_line_of_first(p, name, slice_make(NULL, 0));
    if (first != 0)
        ini_problem(p, "section [%.*s] appears twice, first in line %u", SLICE_ARGS(name), first);
    else
        p->reader->section(p->reader->arg, name, p->line);
}

static void ini_read_entry(ini_parser *p, dubboc_slice line)
{
    dubboc_slice key, value;
    if (!slice_cut(line, '=', &key, &value)) {
        ini_problem(p, "expected [section], key = value, or a comment that begins with # or ;");
        return;
    }
    key = slice_trim(key);
    if (key.len == 0 || key.len > INI_KEY_BYTES_MAX) {
        ini_problem(p, "expected a key of 1 to %u bytes before the =", INI_KEY_BYTES_MAX);
        return;
    }
    if (!p->has_section) {
        ini_problem(p, "key \"%.*s\" is in no section: expected a [section] line before it",
            SLICE_ARGS(key));
        return;
    }
    unsigned first = ini_line_of_first(p, p->section, key);
    if (first != 0)
        ini_problem(p, "key \"%.*s\" appears twice in [%.*s], first in line %u", SLICE_ARGS(key),
            SLICE_ARGS(p->section), first);
    else
        p->reader->entry(p->reader->arg, p->section, key, slice_trim(value), p->line);
}

static void ini_read_line(ini_parser *p, dubboc_slice line)
{
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    if (line.len > INI_LINE_BYTES_MAX) {
        ini_problem(p, "a line of %zu bytes, expected at most %u", line.len, INI_LINE_BYTES_MAX);
        return;
    }
    const char *fault = ini_bytes_fault(line);
    if (fault != NULL) {
        ini_problem(p, "found %s", fault);
        return;
    }
    line = slice_trim(line);
    if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
        return;
    if (line.at[0] == '[')
        ini_read_section(p, line);
    else
        ini_read_entry(p, line);
}

dubboc_status ini_read(dubboc_slice text, const ini_reader *reader)
{
    ini_parser p = {.reader = reader, .lines = map_new(), .line = 1};
    buffer_init(&p.name, INI_SECTION_BYTES_MAX + INI_KEY_BYTES_MAX + 1);
    if (p.lines == NULL)
        return DUBBOC_E_NO_MEMORY;
    if (slice_starts_with(text, "\xEF\xBB\xBF"))
        text = slice_make(text.at + 3, text.len - 3);
    for (bool has_more = text.len > 0; has_more && p.status == DUBBOC_OK; p.line++) {
        dubboc_slice line;
        has_more = slice_cut(text, '\n', &line, &text);
        ini_read_line(&p, line);
    }
    buffer_fini(&p.name);
    map_free(p.lines, NULL);
    return p.status;
}

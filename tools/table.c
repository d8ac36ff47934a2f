#include "tools/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tools/place.h"
#include "tools/shown.h"

#define GAP 2
#define WIDTH_MAX 60 /* of a column; a cell that is longer only shifts the cells to its right */

typedef struct table_row {
    char *cells[TABLE_COLUMNS_MAX];
} table_row;

struct table {
    const char *const *titles;
    size_t columns;
    size_t widths[TABLE_COLUMNS_MAX];
    table_row *rows;
    size_t count;
    size_t capacity;
};

table *table_new(const char *const *titles, size_t columns)
{
    table *self = MEM_NEW(table);
    if (self == NULL)
        return NULL;
    self->titles = titles;
    self->columns = columns;
    return self;
}

static void table_row_free(table_row *row)
{
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
        free(row->cells[i]);
}

void table_free(table *self)
{
    for (size_t i = 0; self != NULL && i < self->count; i++)
        table_row_free(&self->rows[i]);
    free(self != NULL ? self->rows : NULL);
    free(self);
}

/* The width in characters: counts the bytes that begin a character of UTF-8, which are all except
 * 10xxxxxx. */
static size_t table_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Makes the cell one word, unless it is in the last column. */
static char *table_cell(const char *text, bool is_last)
{
    char *cell = shown_text(text[0] != '\0' ? text : "-");
    if (cell != NULL)
        utf8_hide_controls(cell);
    for (char *c = cell; c != NULL && *c != '\0' && !is_last; c++)
        if (*c == ' ')
            *c = '_';
    return cell;
}

bool table_add(table *self, const char *const *cells)
{
    void *rows = self->rows;
    table_row row = {{NULL}};
    bool is_made = mem_grow(&rows, &self->capacity, self->count + 1, sizeof row);
    self->rows = rows;
    for (size_t i = 0; i < self->columns && is_made; i++) {
        row.cells[i] = table_cell(cells[i], i + 1 == self->columns);
        is_made = row.cells[i] != NULL;
    }
    if (!is_made) {
        table_row_free(&row);
        return false;
    }
    for (size_t i = 0; i < self->columns; i++) {
        size_t width = table_width(row.cells[i]);
        width = width < WIDTH_MAX ? width : WIDTH_MAX;
        self->widths[i] = width > self->widths[i] ? width : self->widths[i];
    }
    self->rows[self->count++] = row;
    return true;
}

static void table_print_line(const table *self, const char *const *cells, const char *indent)
{
    fputs(indent, stdout);
    for (size_t i = 0; i + 1 < self->columns; i++) {
        fputs(cells[i], stdout);
        size_t width = table_width(cells[i]);
        size_t padding = width < self->widths[i] ? self->widths[i] - width : 0;
        printf("%*s", (int)(padding + GAP), "");
    }
    puts(cells[self->columns - 1]);
}

static int table_compare(const void *a, const void *b)
{
    const table_row *one = a, *other = b;
    int order = 0;
    for (size_t i = 0; i < TABLE_COLUMNS_MAX && one->cells[i] != NULL && order == 0; i++)
        order = strcmp(one->cells[i], other->cells[i]);
    return order;
}

void table_print(table *self, const char *indent)
{
    if (self->count == 0)
        return;
    qsort(self->rows, self->count, sizeof *self->rows, table_compare);
    if (isatty(STDOUT_FILENO) == 1) {
        for (size_t i = 0; i < self->columns; i++) {
            size_t width = strlen(self->titles[i]);
            self->widths[i] = width > self->widths[i] ? width : self->widths[i];
        }
        table_print_line(self, self->titles, indent);
    }
    for (size_t i = 0; i < self->count; i++)
        table_print_line(self, (const char *const *)self->rows[i].cells, indent);
}

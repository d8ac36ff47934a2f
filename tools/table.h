/* A table for people and for awk: a row per line, columns padded with blanks, and a line of titles
 * above them only on a terminal. A cell never holds a blank, except in the last column, which is
 * free text; an empty cell is printed as "-". */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 8

typedef struct table table;

/* titles are borrowed. NULL: no memory. */
table *table_new(const char *const *titles, size_t columns);
void table_free(table *self); /* NULL is accepted */

/* Adds a row of copies: secrets are masked and bytes that are no UTF-8 are escaped (shown_text()).
 * false: no memory. */
bool table_add(table *self, const char *const *cells);

/* Prints the rows to standard output in the order of their first cells, each line behind indent. */
void table_print(table *self, const char *indent);

#endif

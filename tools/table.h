/* A table for people and for awk: one row per line, columns padded with blanks, and column titles
 * only on a terminal. The last column is free text; in all others a cell never holds a blank. An
 * empty cell is printed as "-". */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 8

typedef struct table table;

/* titles are borrowed. NULL: no memory. */
table *table_new(const char *const *titles, size_t columns);
void table_free(table *self); /* self may be NULL */

/* Adds a row with copies of the cells. Secrets are masked and bytes that are not UTF-8 are escaped
 * (shown_text()). false: no memory. */
bool table_add(table *self, const char *const *cells);

/* Prints the rows to standard output, sorted by their first cells, each line after indent. */
void table_print(table *self, const char *indent);

#endif

/* Makes texts of nodes safe to print. */
#ifndef TOOLS_SHOWN_H
#define TOOLS_SHOWN_H

/* Returns a copy of a node, or of a text about one, in which secrets are masked and bytes that are
 * not UTF-8 are escaped (%FF). The caller frees it; NULL: no memory. */
char *shown_text(const char *given);

/* Prints text with control characters replaced, so that it stays on one line. */
void shown_print(const char *given);

#endif

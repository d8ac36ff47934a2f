/* Texts of nodes, as people may see them. */
#ifndef TOOLS_SHOWN_H
#define TOOLS_SHOWN_H

/* A node, or what is said of one: secrets are masked, and bytes that are no UTF-8 are escaped
 * (%FF). The caller's to free; NULL: no memory. */
char *shown_text(const char *given);

/* Prints it so that a line is a line: control characters are replaced. */
void shown_print(const char *given);

#endif

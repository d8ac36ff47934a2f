/* JSON text for people: one value or member per line, indented. */
#ifndef TOOLS_PRETTY_H
#define TOOLS_PRETTY_H

#include "base/buffer.h"

/* Appends JSON text with line ends and two blanks per level. The text must have been checked;
 * strings and numbers stay byte for byte as they are, but for control characters that a terminal
 * obeys, which are escaped. An empty array or object stays on one line. Fails through out->status
 * only. */
void pretty_append(buffer *out, dubboc_slice json);

#endif

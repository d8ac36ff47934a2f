/* Indents JSON text for people to read: one value or member per line. */
#ifndef TOOLS_PRETTY_H
#define TOOLS_PRETTY_H

#include "base/buffer.h"

/* Appends JSON text with line ends, indented by two blanks per level. The text must have been
 * checked. Strings and numbers are copied byte for byte, except control characters that a terminal
 * would interpret; these are escaped. An empty array or object stays on one line. Failures are
 * reported in out->status only. */
void pretty_append(buffer *out, dubboc_slice json);

#endif

/* Parses ini text: sections, `key = value`, and comment lines that begin with # or ;. Nothing is
 * cut, joined or unquoted: a value is everything behind the first '=' without the white space at
 * both ends, so ` ;`, '#' and quotes are part of the value. Lines end with LF or CR LF. A UTF-8
 * byte order mark at the very start is skipped. A section may appear once, and a key once in its
 * section. */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/slice.h"
#include <dubboc/error.h>

#define INI_TEXT_BYTES_MAX (1024u * 1024)
#define INI_LINE_BYTES_MAX (64u * 1024)
#define INI_SECTION_BYTES_MAX 1024u
#define INI_KEY_BYTES_MAX 512u

/* The callbacks, called in the order of the text. Slices point into the text. */
typedef struct ini_reader {
    void (*section)(void *arg, dubboc_slice name, unsigned line);
    void (*entry)(
        void *arg, dubboc_slice section, dubboc_slice key, dubboc_slice value, unsigned line);
    void (*problem)(
        /* what was found and what was expected; parsing continues with the next line */
        void *arg, unsigned line, const char *what);
    void *arg;
} ini_reader;

/* Parses all of text. A section that appears twice is reported as a problem, but its entries are
 * passed to the callback. An entry whose key has appeared in its section before, or that is in no
 * section, is reported as a problem and is not passed to the callback. DUBBOC_OK: parsed to the
 * end, with or without problems. DUBBOC_E_NO_MEMORY. */
dubboc_status ini_read(dubboc_slice text, const ini_reader *reader);

/* What is wrong with the bytes of a value: a control byte other than a tab, or invalid UTF-8. NULL:
 * nothing. Static text. */
const char *ini_bytes_fault(dubboc_slice text);

#endif

/* Reads ini text: sections, `key = value`, and full-line comments that begin with # or ;. Nothing
 * is cut, joined, unquoted or guessed: a value is everything after the first '=' without the blanks
 * at both ends, so ` ;`, '#' and quotes in it are its own bytes. Lines end with LF or CR LF. A
 * UTF-8 byte order mark at the very start is skipped. Sections and keys may stand only once. */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/slice.h"
#include <dubboc/error.h>

#define INI_TEXT_BYTES_MAX (1024u * 1024)
#define INI_LINE_BYTES_MAX (64u * 1024)
#define INI_SECTION_BYTES_MAX 1024u
#define INI_KEY_BYTES_MAX 512u

/* Who receives what is read, in the order of the text. Slices point into the text. */
typedef struct ini_reader {
    void (*section)(void *arg, dubboc_slice name, unsigned line);
    void (*entry)(
        void *arg, dubboc_slice section, dubboc_slice key, dubboc_slice value, unsigned line);
    void (*problem)(
        /* what was found and what was expected; reading goes on in the next line */
        void *arg, unsigned line, const char *what);
    void *arg;
} ini_reader;

/* Reads all of text. A section that stands twice is a problem, its entries are read all the same;
 * an entry whose key stands twice, or that has no section, is a problem only. DUBBOC_OK: read to
 * the end, problems or not. DUBBOC_E_NO_MEMORY. */
dubboc_status ini_read(dubboc_slice text, const ini_reader *reader);

/* What is wrong with the bytes of a value: control bytes (a tab is none), or not UTF-8. NULL:
 * nothing. Static text. */
const char *ini_bytes_fault(dubboc_slice text);

#endif

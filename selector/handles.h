/* The opaque handles of this folder's users. */
#ifndef SELECTOR_HANDLES_H
#define SELECTOR_HANDLES_H

typedef struct selector selector;

/* The known providers of one (interface, group, version), or of one URL. Lives as long as its
 * selector, but for a call's own URL (selector/direct.h). */
typedef struct directory directory;

#endif

/* The opaque handles that users of this folder see. */
#ifndef SELECTOR_HANDLES_H
#define SELECTOR_HANDLES_H

typedef struct selector selector;

/* The known providers of one (interface, group, version), or of one URL. Exists as long as its
 * selector, except for the URL of a call (selector/direct.h). */
typedef struct directory directory;

#endif

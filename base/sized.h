/* Structures of the public API that begin with their size, so that a program that was compiled
 * against another release can hand over what its release knew. One rule for all of them: a size is
 * at least that of the size itself and at most 4096. Fields that the caller's structure does not
 * have count as 0, those that this release does not know are ignored. */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stddef.h>

#include <dubboc/error.h>

/* Fills in *own from what the caller gave (NULL: nothing, all is 0), and sets its size.
 * DUBBOC_E_ARGUMENT: a size that cannot be; *own is all 0 then. */
#define SIZED_READ(type, given, own, err) sized_read(#type, (given), (own), sizeof(type), (err))

dubboc_status sized_read(
    const char *name, const void *given, void *own, size_t own_size, dubboc_error *err);

/* The other way, for what the library tells: fills in as many fields of *given as it has room for.
 * A size that cannot be: nothing is written. */
void sized_write(void *given, const void *own, size_t own_size);

#endif

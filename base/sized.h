/* Structures of the public API begin with their size, so that a program may be compiled against
 * another release than the one it runs with. A valid size is at least sizeof(size_t) and at most
 * 4096. Fields that the caller's structure does not have are read as 0; fields that this release
 * does not know are ignored. */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stddef.h>

#include <dubboc/error.h>

/* Copies the caller's structure `given` into *own, and sets the size field of *own. given NULL: all
 * other fields are 0. DUBBOC_E_ARGUMENT: given has an invalid size; *own is all 0 then. */
#define SIZED_READ(type, given, own, err) sized_read(#type, (given), (own), sizeof(type), (err))

dubboc_status sized_read(
    const char *name, const void *given, void *own, size_t own_size, dubboc_error *err);

/* Copies *own to the caller's structure: as many fields as it has room for. Writes nothing if its
 * size is invalid. */
void sized_write(void *given, const void *own, size_t own_size);

#endif

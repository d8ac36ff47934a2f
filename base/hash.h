/* FNV-1a, 64 bits: fast for the short texts that are table keys here. It is no protection against
 * somebody who chooses the keys; start differently in each process where that matters. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

#define HASH_START UINT64_C(14695981039346656037)

/* The hash of what was hashed so far and text. Start with HASH_START. */
static inline uint64_t hash_add(uint64_t hash, dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(1099511628211);
    return hash;
}

#endif

/* FNV-1a, 64 bits: fast for the short texts that are keys here. It does not protect against an
 * attacker who chooses the keys; where that matters, start from a random value in each process. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

#define HASH_START UINT64_C(14695981039346656037)

/* Adds text to the hash of what was hashed before. Start with HASH_START. */
static inline uint64_t hash_add(uint64_t hash, dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(1099511628211);
    return hash;
}

#endif

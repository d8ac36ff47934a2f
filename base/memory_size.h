/* How much memory this process may use, according to the machine and its control groups. */
#ifndef BASE_MEMORY_SIZE_H
#define BASE_MEMORY_SIZE_H

#include <stdint.h>

/* The smaller of the machine's memory and the lowest limit of the process's control groups, in
 * bytes. Both versions of control groups are read, and every group up to the root, because the
 * limits of all of them apply. A limit that cannot be read is ignored. root: put in front of /proc
 * and /sys; "" except in tests. */
uint64_t memory_size_of_process(const char *root);

/* Like memory_size_of_process(), for a machine with that much memory. For tests. */
uint64_t memory_size_within(const char *root, uint64_t machine_bytes);

#endif

/* How much memory this process may use, as the machine and its control groups say. */
#ifndef BASE_MEMORY_SIZE_H
#define BASE_MEMORY_SIZE_H

#include <stdint.h>

/* The smaller one of the machine's memory and the lowest limit of the process's control groups, in
 * bytes. Both versions of control groups are read, and every group up to the root, since a limit
 * of any of them holds. root: "" in the program; a test puts a folder of its own before /proc and
 * /sys. What cannot be read limits nothing. */
uint64_t memory_size_of_process(const char *root);

/* The same for a machine of that size. For tests. */
uint64_t memory_size_within(const char *root, uint64_t machine_bytes);

#endif

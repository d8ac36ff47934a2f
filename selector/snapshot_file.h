/* The list of an interface on disk, so that a consumer starts while the registry is away:
 * <folder>/<interface, escaped>.providers.
 *
 *   dubboc-providers 1 <number of URLs> <checksum, 16 hex digits> <interface, escaped>
 *   one URL a line
 *
 * Written whole and atomically; whoever reads it gets all of it or nothing. */
#ifndef SELECTOR_SNAPSHOT_FILE_H
#define SELECTOR_SNAPSHOT_FILE_H

#include "base/buffer.h"

#define SNAPSHOT_FILE_MAX_BYTES (128u * 1024 * 1024)

typedef struct snapshot_lines {
    char *memory;
    const char **urls; /* in memory */
    size_t count;
} snapshot_lines;

void snapshot_lines_fini(snapshot_lines *self);

/* Appends a URL as a line. false: it holds a byte that no line can, and is left out. */
bool snapshot_lines_add(buffer *lines, dubboc_slice url);

/* Makes the folder if it is not there (its parent must be), and removes the unfinished files of
 * writers that no longer run. DUBBOC_E_SYSTEM: it cannot be had or written to. */
dubboc_status snapshot_folder_open(const char *folder, dubboc_error *err);

/* Replaces the interface's file. Blocks on the disk. DUBBOC_E_SYSTEM, DUBBOC_E_NO_MEMORY; the
 * former file is as it was. */
dubboc_status snapshot_file_save(const char *folder, dubboc_slice interface, dubboc_slice lines,
    size_t count, dubboc_error *err);

/* DUBBOC_E_NOT_FOUND: there is none. DUBBOC_E_PARSE: not such a file, torn or changed.
 * DUBBOC_E_UNSUPPORTED: of a later version. DUBBOC_E_TOO_BIG. DUBBOC_E_SYSTEM.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status snapshot_file_load(
    const char *folder, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err);

/* Of the content alone, for load and for the fuzzer: memory[len] is a zero byte; lines borrow from
 * it (lines->memory stays NULL). Errors as load. */
dubboc_status snapshot_file_parse(
    char *memory, size_t len, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err);

#endif

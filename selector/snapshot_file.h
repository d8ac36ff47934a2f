/* The list of an interface on disk, so that a consumer can start while the registry cannot be
 * reached: <folder>/<interface, escaped>.providers.
 *
 *   dubboc-providers 1 <number of URLs> <checksum, 16 hex digits> <interface, escaped>
 *   one URL per line
 *
 * The file is replaced atomically, so that a reader sees either the old or the new content. */
#ifndef SELECTOR_SNAPSHOT_FILE_H
#define SELECTOR_SNAPSHOT_FILE_H

#include "base/buffer.h"

#define SNAPSHOT_FILE_MAX_BYTES (128u * 1024 * 1024)

typedef struct snapshot_lines {
    char *memory;
    const char **urls; /* point into memory */
    size_t count;
} snapshot_lines;

void snapshot_lines_fini(snapshot_lines *self);

/* Appends a URL as a line. false: it contains a byte that a line cannot contain, and was not
 * added. */
bool snapshot_lines_add(buffer *lines, dubboc_slice url);

/* Creates the folder if it does not exist (its parent must), and removes the unfinished files of
 * writers that are not running any more. DUBBOC_E_SYSTEM: the folder cannot be created or written
 * to. */
dubboc_status snapshot_folder_open(const char *folder, dubboc_error *err);

/* Replaces the interface's file. Blocks on the disk. On failure the former file remains.
 * DUBBOC_E_SYSTEM, DUBBOC_E_NO_MEMORY. */
dubboc_status snapshot_file_save(const char *folder, dubboc_slice interface, dubboc_slice lines,
    size_t count, dubboc_error *err);

/* Loads the interface's file. DUBBOC_E_NOT_FOUND: there is none. DUBBOC_E_PARSE: not a snapshot
 * file, or truncated, or modified. DUBBOC_E_UNSUPPORTED: written by a later version.
 * DUBBOC_E_TOO_BIG. DUBBOC_E_SYSTEM. DUBBOC_E_NO_MEMORY. */
dubboc_status snapshot_file_load(
    const char *folder, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err);

/* Parses the content of a file; also used by the fuzzer. memory[len] must be a zero byte. lines
 * point into memory (lines->memory stays NULL). DUBBOC_E_PARSE, DUBBOC_E_UNSUPPORTED: see
 * snapshot_file_load(). DUBBOC_E_NO_MEMORY. */
dubboc_status snapshot_file_parse(
    char *memory, size_t len, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err);

#endif

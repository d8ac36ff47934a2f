/* What all other headers of dubboc need: the export of symbols, attributes, and the version. */
#ifndef DUBBOC_DEFS_H
#define DUBBOC_DEFS_H

#include <stddef.h>
#include <stdint.h>

#ifndef __cplusplus
#include <stdbool.h>
#endif

/* The version of these headers. dubboc_version() returns the version of the library that runs. */
#define DUBBOC_VERSION "0.2.0"

/* --- private: what the headers themselves are written with --- */

#if defined(__GNUC__) || defined(__clang__)
#define DUBBOC_API __attribute__((visibility("default")))
#define DUBBOC_MUST_CHECK __attribute__((warn_unused_result))
#define DUBBOC_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define DUBBOC_API
#define DUBBOC_MUST_CHECK
#define DUBBOC_PRINTF(format_at, first_at)
#endif

#ifdef __cplusplus
#define DUBBOC_BEGIN extern "C" {
#define DUBBOC_END }
#else
#define DUBBOC_BEGIN
#define DUBBOC_END
#endif

/* --- options --- */

/* "None" or "no limit" in a number of an options structure, as the comment of the field says. A
 * field that is 0 or NULL means the default. */
#define DUBBOC_NONE (-1)

#endif

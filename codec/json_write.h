/* Writes cJSON trees, and single strings, as JSON text into a buffer. */
#ifndef CODEC_JSON_WRITE_H
#define CODEC_JSON_WRITE_H

#include <dubboc/json.h>

#include "base/buffer.h"
#include "base/slice.h"

/* Appends a tree as text. DUBBOC_E_ARGUMENT: see dubboc_json_print(). DUBBOC_E_TOO_BIG,
 * DUBBOC_E_NO_MEMORY: the buffer has failed. */
dubboc_status json_write(buffer *out, const cJSON *tree, dubboc_error *err);

/* Appends a string with its quotes, escaped. false: text is not UTF-8; nothing was appended. */
bool json_write_string(buffer *out, dubboc_slice text);

/* Appends a string with its quotes, escaped, from any bytes: invalid UTF-8 becomes U+FFFD. */
void json_write_string_lossy(buffer *out, dubboc_slice text);

#endif

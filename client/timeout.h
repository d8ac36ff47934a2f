/* Names the setting that a time-out came from, for error texts. */
#ifndef CLIENT_TIMEOUT_H
#define CLIENT_TIMEOUT_H

#include "client/call_state.h"

#define TIMEOUT_TEXT_SIZE 512

/* Writes for example "timed out after 800 ms ([reference com.acme.Orders] settle.timeout)", cut to
 * size bytes. size must be at least 64. */
void call_describe_timeout(const call *self, char *text, size_t size);

/* Writes where the value of a key of [client] comes from: "option NAME" if option is not NULL,
 * otherwise "FILE:LINE", "$VARIABLE", "[client] KEY" (for dubboc_config_set()) or
 * "default of [client] KEY". */
void client_describe_setting(
    const dubboc_config *config, const char *option, const char *key, char *text, size_t size);

#endif

/* Who set a time-out, for error texts. */
#ifndef CLIENT_TIMEOUT_H
#define CLIENT_TIMEOUT_H

#include "client/call_state.h"

#define TIMEOUT_TEXT_SIZE 512

/* "timed out after 800 ms ([reference com.acme.Orders] settle.timeout)", cut at size, which is at
 * least 64. */
void call_describe_timeout(const call *self, char *text, size_t size);

/* Who set a key of [client]: "option NAME" (option NULL: the structure does not), "FILE:LINE",
 * "$VARIABLE", "[client] KEY" for dubboc_config_set(), "default". */
void client_describe_setting(
    const dubboc_config *config, const char *option, const char *key, char *text, size_t size);

#endif

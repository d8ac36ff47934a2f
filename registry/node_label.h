/* Short names of nodes for the log, because a whole URL has 400 to 600 characters, of which a
 * reader needs few. */
#ifndef REGISTRY_NODE_LABEL_H
#define REGISTRY_NODE_LABEL_H

#include "base/slice.h"

#define NODE_LABEL_SIZE 512

/* Writes "interface=a.B version=1.0.0 group=g address=10.0.0.1:20880 protocol=jsonrpc", without
 * version or group if there is none. If the text is not a provider's URL, writes its beginning in
 * quotes. Secrets are masked. Cut to NODE_LABEL_SIZE. The argument is the name of a node (encoded)
 * or a URL (decoded). */
void node_label_of_name(const char *encoded, char out[NODE_LABEL_SIZE]);
void node_label_of_url(const char *url, char out[NODE_LABEL_SIZE]);

#endif

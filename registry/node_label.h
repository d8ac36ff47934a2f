/* What the log says of a node: a whole URL is 400 to 600 characters, of which a person needs
 * few. */
#ifndef REGISTRY_NODE_LABEL_H
#define REGISTRY_NODE_LABEL_H

#include "base/slice.h"

#define NODE_LABEL_SIZE 512

/* "interface=a.B version=1.0.0 group=g address=10.0.0.1:20880 protocol=jsonrpc", without a version
 * or group that is not there; of what is no provider's URL its beginning, in quotes. Without
 * secrets. Cut to NODE_LABEL_SIZE. */
void node_label_of_name(const char *encoded, char out[NODE_LABEL_SIZE]);
void node_label_of_url(const char *url, char out[NODE_LABEL_SIZE]);

#endif

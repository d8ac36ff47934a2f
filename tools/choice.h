/* The -V and -g by which a call would reach a provider of another version or group. */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include "base/buffer.h"
#include "tools/description.h"

/* Appends "10.0.0.7:20880 offers version 1.0: try -V 1.0" for the first of the nodes that a call
 * would use if it asked for another version or group. rules may be NULL. false: there is none, or
 * no memory; nothing has been appended. Nodes whose version or group means something to a shell are
 * passed over. */
bool choice_find(const registry_list *nodes, const described_call *call, const configurators *rules,
    buffer *line);

#endif

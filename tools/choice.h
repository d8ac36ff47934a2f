/* Finds the options -V and -g by which a call would reach a provider of another version or group.
 */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include "base/buffer.h"
#include "tools/description.h"

/* Appends "10.0.0.7:20880 offers version 1.0: try -V 1.0" for the first node that a call would use
 * if it asked for another version or group. Skips nodes whose version or group has characters that
 * a shell interprets. rules may be NULL. false: there is no such node, or no memory; nothing was
 * appended. */
bool choice_find(const registry_list *nodes, const described_call *call, const configurators *rules,
    buffer *line);

#endif

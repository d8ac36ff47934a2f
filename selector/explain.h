/* Explains which nodes a directory has seen and which of them it does not use, and why: for the
 * text of "no provider" and for the tool's -v. */
#ifndef SELECTOR_EXPLAIN_H
#define SELECTOR_EXPLAIN_H

#include <stddef.h>

#include "selector/handles.h"

/* Writes one line of at most size bytes with the nodes seen and the reasons why they are not used:
 * "3 nodes seen at ...; 10.0.0.1:1/x and 1 more: protocol dubbo; ...: group g1, wanted none". Nodes
 * with the same reason are counted after the first of them, in at most 20 such groups; nodes that
 * do not fit in the line are counted at its end. visit (may be NULL) is called with each node and
 * its reason (NULL: usable), with no lock held. */
void directory_explain(directory *self, char *line, size_t size,
    void (*visit)(void *arg, const char *url, const char *reason), void *arg);

#endif

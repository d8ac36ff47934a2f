/* Saying what a directory has seen, and why it uses what it uses: the text of "no provider", and of
 * the tool's -v. */
#ifndef SELECTOR_EXPLAIN_H
#define SELECTOR_EXPLAIN_H

#include <stddef.h>

#include "selector/handles.h"

/* Why there is none, or what there is: the nodes seen, and why they were left out ("3 nodes seen at
 * ...; 10.0.0.1:1/x and 1 more: protocol dubbo; ...: group g1, wanted none"), as one line of at
 * most size bytes. Nodes of which the same is to be said are counted behind the first of them, of
 * at most 20 such groups; those for which there is no room are counted at the end. visit (may be
 * NULL) gets each node and its reason (NULL: usable), with no lock held. */
void directory_explain(directory *self, char *line, size_t size,
    void (*visit)(void *arg, const char *url, const char *reason), void *arg);

#endif

/* Prints a description for people to read. */
#ifndef TOOLS_DESCRIPTION_TEXT_H
#define TOOLS_DESCRIPTION_TEXT_H

#include "tools/description.h"

/* Prints the description to standard output. false: no memory. */
bool description_print(const description *self, const char *registry_name);

#endif

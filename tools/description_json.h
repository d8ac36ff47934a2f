/* Prints a description for programs, as JSON. */
#ifndef TOOLS_DESCRIPTION_JSON_H
#define TOOLS_DESCRIPTION_JSON_H

#include "tools/description.h"

/* Prints the description to standard output as one JSON object. false: no memory. */
bool description_print_json(const description *self, const char *registry_name);

#endif

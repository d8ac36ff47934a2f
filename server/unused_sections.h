/* Sections of the configuration that no service of the server takes its settings from. */
#ifndef SERVER_UNUSED_SECTIONS_H
#define SERVER_UNUSED_SECTIONS_H

#include "server/service.h"

/* Logs a warning for each [service X], and each variable DUBBOC_SERVICE_X_..., whose X is not
 * offered; it names the nearest service that is. */
void unused_sections_warn(const dubboc_config *config, const services *offered);

#endif

/* Warns about sections of the configuration that no service of the server uses. */
#ifndef SERVER_UNUSED_SECTIONS_H
#define SERVER_UNUSED_SECTIONS_H

#include "server/service.h"

/* Logs a warning for each section [service X] and each variable DUBBOC_SERVICE_X_... whose X is not
 * offered. The warning names the service with the most similar name. */
void unused_sections_warn(const dubboc_config *config, const services *offered);

#endif

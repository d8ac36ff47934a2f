#include "tests/server/offering.h"

dubboc_config *config;
services offered;

int offering_begin(const setting *settings)
{
    config = test_config(settings);
    return 0;
}

int offering_end(void **state)
{
    (void)state;
    services_fini(&offered);
    dubboc_config_free(config);
    config = NULL;
    return 0;
}

dubboc_status uncalled(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request;
    (void)params;
    (void)result;
    (void)arg;
    fail_msg("a handler was called that nobody calls");
    return DUBBOC_OK;
}

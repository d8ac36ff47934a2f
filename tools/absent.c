#include "tools/absent.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tools/data.h"
#include "tools/place.h"
#include "tools/tool.h"

#define PATH_SIZE 600
#define APPLICATIONS_WAIT_MS 1000

/* Prints which applications offer the interface at application level. false: none does, or that
 * cannot be determined; nothing was printed. */
static bool absent_tell_applications(registry *reg, const char *interface, int64_t deadline_ns)
{
    char path[PATH_SIZE], *applications = NULL;
    dubboc_error err;
    int64_t until_ns = deadline_min(deadline_ns, deadline_in_ms(APPLICATIONS_WAIT_MS));
    if (snprintf(path, sizeof path, "mapping/%s", interface) >= (int)sizeof path ||
        data_read(reg, path, until_ns, &applications, &err) != DUBBOC_OK || applications == NULL)
        return false;
    bool is_offered = applications[0] != '\0';
    if (is_offered)
        tool_say("%s is offered at application level only, by %.255s: its providers need "
                 "register-mode=interface or all",
            interface, applications);
    free(applications);
    return is_offered;
}

bool absent_tell(registry *reg, const char *interface, int64_t deadline_ns)
{
    if (absent_tell_applications(reg, interface, deadline_ns))
        return true;
    if (place_is_unknown(reg, interface, deadline_ns))
        return false;
    tool_say("%s has no providers at %s", interface, registry_address(reg));
    return true;
}

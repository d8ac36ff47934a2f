/* Configuration: defaults < ini file < environment < options set in code.
 *
 * File: the path given, else $DUBBOC_CONF_FILE, else $APP_CONF_FILE (dubbogo's), else none at all.
 * Each key can be overridden by the variable DUBBOC_<SECTION>_<KEY> in upper case, every byte that
 * is no letter or digit as '_': DUBBOC_CLIENT_REQUEST_TIMEOUT,
 * DUBBOC_SERVICE_COM_EXAMPLE_USERS_WEIGHT. Durations take a unit (350ms, 2s, 10m, 1h), sizes too
 * (64KiB, 8MiB, plain bytes). An unknown section or key, a bad value, or a file that cannot be read
 * is an error naming file and line (or the variable) and what was expected. Unknown DUBBOC_*
 * variables are only logged. dubboc.conf(5) lists every key. */
#ifndef DUBBOC_CONFIG_H
#define DUBBOC_CONFIG_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

DUBBOC_BEGIN

/* A configuration: the values of a file, of the environment and of the program. */
typedef struct dubboc_config dubboc_config;

/* Reads the file and the environment, as described at the top of this header. path NULL: the file
 * that the variables name. The environment is read now, never again. DUBBOC_OK: *config is the
 * caller's, dubboc_config_free(). DUBBOC_E_CONFIG: the first problem, err says which.
 * DUBBOC_E_UNSUPPORTED: a key that belongs to a later release. DUBBOC_E_NO_MEMORY. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_config_load(
    const char *path, dubboc_config **config, dubboc_error *err);

/* Frees it; NULL is accepted. Clients and servers made with it keep what they need; what is set
 * later does not reach them. */
DUBBOC_API void dubboc_config_free(dubboc_config *config);

/* Sets one value from code, over file and environment. section: "client", "service
 * com.example.Users"...; key: "request_timeout", "GetUser.timeout"... DUBBOC_E_CONFIG: no such
 * section or key, or a bad value. DUBBOC_E_UNSUPPORTED: of a later release.
 * DUBBOC_E_ARGUMENT: section, key or value is NULL. DUBBOC_E_TOO_BIG: it holds 100,000 values
 * already. DUBBOC_E_NO_MEMORY. Not while another thread uses config. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_config_set(dubboc_config *config,
    const char *section, const char *key, const char *value, dubboc_error *err);

/* The effective value as text, borrowed until the next set or free. *origin (may be NULL):
 * "default", "FILE:LINE", "$VARIABLE" or "code". NULL: no such key, or one without a value and
 * default. */
DUBBOC_API const char *dubboc_config_get(
    const dubboc_config *config, const char *section, const char *key, const char **origin);

/* Receives one key of dubboc_config_each(), with its value and where that comes from. All four
 * texts are valid only during the call. */
typedef void (*dubboc_config_visit)(
    void *arg, const char *section, const char *key, const char *value, const char *origin);

/* Calls visit for every key that has a value, section by section in the order of dubboc.conf(5),
 * with passwords masked. */
DUBBOC_API void dubboc_config_each(
    const dubboc_config *config, dubboc_config_visit visit, void *arg);

/* Receives one problem of dubboc_config_check() as one line for people, valid only during the
 * call. */
typedef void (*dubboc_config_problem)(void *arg, const char *problem);

/* Checks a file (and the environment, if with_environment) and reports every problem, not only the
 * first, each as one line for people. Also reported, though dubboc_config_load() accepts it: a
 * section that cannot belong to any interface ([service com.acme.Orders:2.0.0]). path NULL: as in
 * dubboc_config_load(). report NULL: they are only counted. Returns how many there were; 0: all is
 * good. */
DUBBOC_API DUBBOC_MUST_CHECK int dubboc_config_check(
    const char *path, int with_environment, dubboc_config_problem report, void *arg);

DUBBOC_END

#endif

/* The configuration: where the values of settings come from. The environment overrides the file,
 * and options that are set in code override the environment.
 *
 * The file is the path that the program gives, otherwise $DUBBOC_CONF_FILE, otherwise
 * $APP_CONF_FILE (the variable that dubbogo reads); if none is given, no file is read.
 *
 * A variable of the environment can override each key: DUBBOC_<SECTION>_<KEY> in upper case, with
 * '_' for every byte that is not a letter or digit. Examples: DUBBOC_CLIENT_REQUEST_TIMEOUT,
 * DUBBOC_SERVICE_COM_EXAMPLE_USERS_WEIGHT.
 *
 * A duration has a unit (350ms, 2s, 10m, 1h). A size may have one (64KiB, 8MiB); without it the
 * size is in bytes.
 *
 * These are errors: an unknown section or key, a bad value, a file that cannot be read. The text
 * names the file and line, or the variable, and what was expected. An unknown DUBBOC_* variable is
 * only logged. dubboc.conf(5) lists every key. */
#ifndef DUBBOC_CONFIG_H
#define DUBBOC_CONFIG_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

DUBBOC_BEGIN

/* A configuration: the values of a file, of the environment and of the program. */
typedef struct dubboc_config dubboc_config;

/* Reads the file and the environment, as described at the top of this header. path NULL: the file
 * that $DUBBOC_CONF_FILE or $APP_CONF_FILE names. Later changes of the environment have no effect.
 * DUBBOC_OK: the caller owns *config and frees it with dubboc_config_free(). DUBBOC_E_CONFIG: the
 * configuration is wrong; err describes the first problem. DUBBOC_E_UNSUPPORTED: a key belongs to a
 * later release. DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_config_load(
    const char *path, dubboc_config **config, dubboc_error *err);

/* Frees a configuration; config may be NULL. Clients and servers that were made with it keep copies
 * of what they need, so they do not see values that are set later. */
DUBBOC_API void dubboc_config_free(dubboc_config *config);

/* Sets one value from code, which overrides the file and the environment. section: "client",
 * "service com.example.Users" and so on. key: "request_timeout", "GetUser.timeout" and so on. No
 * other thread may use config at the same time. DUBBOC_E_CONFIG: there is no such section or key,
 * or the value is bad. DUBBOC_E_UNSUPPORTED: the key belongs to a later release. DUBBOC_E_ARGUMENT:
 * section, key or value is NULL. DUBBOC_E_TOO_BIG: config already holds 100,000 values.
 * DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_config_set(dubboc_config *config,
    const char *section, const char *key, const char *value, dubboc_error *err);

/* The effective value as text, borrowed until the next dubboc_config_set() or dubboc_config_free().
 * NULL: there is no such key, or it has neither a value nor a default. *origin tells where the
 * value comes from: "default", "FILE:LINE", "$VARIABLE" or "code"; origin may be NULL. */
DUBBOC_API const char *dubboc_config_get(
    const dubboc_config *config, const char *section, const char *key, const char **origin);

/* Receives one key from dubboc_config_each(), its value and the origin of the value. All four texts
 * are valid only during the call of this function. */
typedef void (*dubboc_config_visit)(
    void *arg, const char *section, const char *key, const char *value, const char *origin);

/* Calls visit for every key that has a value, section by section in the order of dubboc.conf(5).
 * Passwords are masked. */
DUBBOC_API void dubboc_config_each(
    const dubboc_config *config, dubboc_config_visit visit, void *arg);

/* Receives one problem from dubboc_config_check() as a line of text for people to read, valid only
 * during the call of this function. */
typedef void (*dubboc_config_problem)(void *arg, const char *problem);

/* Checks a file, and also the environment if with_environment is not 0. It reports every problem,
 * not only the first. One problem is reported although dubboc_config_load() accepts it: a section
 * that cannot belong to any interface ([service com.acme.Orders:2.0.0]). path NULL: the file that
 * dubboc_config_load() would read. report NULL: problems are only counted. Returns the number of
 * problems; 0 means that there are none. */
DUBBOC_API DUBBOC_MUST_CHECK int dubboc_config_check(
    const char *path, int with_environment, dubboc_config_problem report, void *arg);

DUBBOC_END

#endif

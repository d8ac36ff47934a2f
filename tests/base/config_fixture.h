/* What the tests of the configuration share: a folder for the file, environment variables that are
 * removed after each test, and a record of the log. */
#ifndef TESTS_BASE_CONFIG_FIXTURE_H
#define TESTS_BASE_CONFIG_FIXTURE_H

#include "tests/support/test.h"

#define USERS "service com.example.Users"
#define USERS_USED "reference com.example.Users"

extern char *folder;         /* of the test that runs */
extern char file_path[4200]; /* app.ini in it */

int config_setup(void **state);
int config_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

/* Until the end of the test. */
void set_variable(const char *name, const char *value);

/* Writes app.ini and gives its path. */
const char *write_file(const char *text);
const char *write_bytes(const char *text, size_t len);

/* Loads app.ini with that text (NULL: no file), which must be good. */
dubboc_config *load(const char *text);

/* The error text of a load that fails, without the folder before the file's name. */
const char *problem_of(dubboc_status expected, const char *text);

/* Lines that a callback has collected. */
typedef struct heard {
    char text[8192];
    size_t len;
} heard;

#endif

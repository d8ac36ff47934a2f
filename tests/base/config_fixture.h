/* Shared by the tests of the configuration: a folder for the file, environment variables that are
 * removed after each test, and a record of the log. */
#ifndef TESTS_BASE_CONFIG_FIXTURE_H
#define TESTS_BASE_CONFIG_FIXTURE_H

#include "tests/support/test.h"

#define USERS "service com.example.Users"
#define USERS_USED "reference com.example.Users"

extern char *folder;         /* the folder of the running test */
extern char file_path[4200]; /* the path of app.ini in the folder */

int config_setup(void **state);
int config_teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, config_setup, config_teardown)

/* Sets an environment variable until the end of the test. */
void set_variable(const char *name, const char *value);

/* Writes app.ini and returns its path. */
const char *write_file(const char *text);
const char *write_bytes(const char *text, size_t len);

/* Writes the text to app.ini (NULL: no file) and loads it. The load must succeed. */
dubboc_config *load(const char *text);

/* Returns the error text of a load that must fail, without the folder in the file's path. */
const char *problem_of(dubboc_status expected, const char *text);

/* The lines that a callback has received. */
typedef struct heard {
    char text[8192];
    size_t len;
} heard;

#endif

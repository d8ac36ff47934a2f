#include "tests/base/config_fixture.h"

#include <unistd.h>

char *folder;
char file_path[4200];
static const char *variables[16];
static size_t variable_count;

void set_variable(const char *name, const char *value)
{
    assert_true(variable_count < 16);
    variables[variable_count++] = name;
    assert_int_equal(setenv(name, value, 1), 0);
}

int config_setup(void **state)
{
    (void)state;
    folder = test_folder_new();
    snprintf(file_path, sizeof file_path, "%s/app.ini", folder);
    return 0;
}

int config_teardown(void **state)
{
    (void)state;
    while (variable_count > 0)
        unsetenv(variables[--variable_count]);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    test_folder_remove(folder);
    return 0;
}

const char *write_bytes(const char *text, size_t len)
{
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return file_path;
}

const char *write_file(const char *text)
{
    return write_bytes(text, strlen(text));
}

dubboc_config *load(const char *text)
{
    dubboc_config *config = NULL;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, dubboc_config_load(text != NULL ? write_file(text) : NULL, &config, &err), &err);
    assert_non_null(config);
    return config;
}

const char *problem_of(dubboc_status expected, const char *text)
{
    static dubboc_error err;
    dubboc_config *config = NULL;
    assert_status(
        expected, dubboc_config_load(text != NULL ? write_file(text) : NULL, &config, &err), &err);
    assert_null(config);
    size_t before = strlen(folder) + 1;
    return strncmp(err.text, folder, before - 1) == 0 ? err.text + before : err.text;
}

/* Calls com.ikurento.user.UserProvider, which Java, Go and C programs serve. It shows three ways to
 * call a method and read the reply: with the types of C variables, as text, and with an error that
 * the method itself reports. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>

static const char service[] = "com.ikurento.user.UserProvider";

static int complain(const char *method, const dubboc_error *err)
{
    fprintf(stderr, "user-consumer: %s: %s\n", method, err->text);
    return 1;
}

static int show_user(dubboc_client *client, const char *id)
{
    dubboc_error err = {0};
    cJSON *params = NULL, *user = NULL;
    const char *name = NULL, *sex = NULL;
    int64_t time_ms = 0;
    int age = 0, failed = 0;
    if (dubboc_json_build(&params, &err, DUBBOC_ARRAY(id)) != DUBBOC_OK ||
        dubboc_call(client, service, "GetUser", params, &user, &err) != DUBBOC_OK ||
        (!cJSON_IsNull(user) && dubboc_json_read(user, &err,
                                    DUBBOC_MEMBERS("name", &name, "age", &age, "time", &time_ms,
                                        "sex", &sex)) != DUBBOC_OK))
        failed = complain("GetUser", &err);
    else if (cJSON_IsNull(user))
        printf("GetUser(%s): nobody\n", id);
    else
        printf("GetUser(%s): %s, %d, %s, %lld\n", id, name, age, sex, (long long)time_ms);
    cJSON_Delete(user);
    cJSON_Delete(params);
    return failed;
}

static int show_all(dubboc_client *client)
{
    static const char params[] = "[]";
    dubboc_error err = {0};
    dubboc_text result = {0};
    int failed = 0;
    if (dubboc_call_raw(client, service, "queryAll", (dubboc_slice){params, sizeof params - 1},
            NULL, &result, &err) != DUBBOC_OK)
        failed = complain("queryAll", &err);
    else
        printf("queryAll(): %s\n", result.data);
    dubboc_text_free(&result);
    return failed;
}

static int show_error(dubboc_client *client)
{
    dubboc_error err = {0};
    cJSON *params = NULL;
    int failed = 0;
    if (dubboc_json_build(&params, &err, DUBBOC_ARRAY("A999")) != DUBBOC_OK)
        return complain("GetErr", &err);
    if (dubboc_call(client, service, "GetErr", params, NULL, &err) == DUBBOC_E_REMOTE)
        printf("GetErr(A999): the provider said \"%s\" (code %lld)\n", err.text,
            (long long)err.rpc_code);
    else
        failed = complain("GetErr", &err);
    cJSON_Delete(params);
    return failed;
}

int main(void)
{
    dubboc_error err = {0};
    dubboc_client *client = NULL;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_client_new(NULL, &client, &err) != DUBBOC_OK) {
        fprintf(stderr, "user-consumer: %s\n", err.text);
        return EXIT_FAILURE;
    }
    int failed = show_user(client, "A001") + show_user(client, "A003") + show_user(client, "A000") +
                 show_all(client) + show_error(client);
    dubboc_client_free(client);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The smallest consumer: makes one call and prints its result or its error. */
#include <dubboc/dubboc.h>
#include <stdio.h>

int main(void)
{
    dubboc_error err = {0};
    dubboc_client *client = NULL;
    cJSON *params = NULL, *result = NULL;
    const char *greeting, *name;
    int status = 1;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_client_new(NULL, &client, &err) != DUBBOC_OK ||
        dubboc_json_build(&params, &err, DUBBOC_ARRAY("world")) != DUBBOC_OK)
        fprintf(stderr, "hello-consumer: %s\n", err.text);
    else if (dubboc_call(client, "com.example.Hello", "greet", params, &result, &err) != DUBBOC_OK)
        fprintf(stderr, "hello-consumer: %s\n", err.text);
    else if (dubboc_json_read(result, &err, DUBBOC_MEMBERS("greeting", &greeting, "name", &name)) !=
             DUBBOC_OK)
        fprintf(stderr, "hello-consumer: the result is not what was expected: %s\n", err.text);
    else
        status = printf("%s, %s!\n", greeting, name) < 0;
    cJSON_Delete(result);
    cJSON_Delete(params);
    dubboc_client_free(client);
    return status;
}

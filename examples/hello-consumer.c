/* The smallest consumer: one call, its result or what went wrong. */
#include <dubboc/dubboc.h>
#include <stdio.h>

int main(void)
{
    dubboc_error err;
    dubboc_client *client = NULL;
    cJSON *params = NULL, *result = NULL;
    const char *greeting, *name;
    int status = 1;
    if (dubboc_client_new(NULL, &client, &err) == DUBBOC_OK && dubboc_json_pack(&params, &err, "[s]", "world") == DUBBOC_OK &&
        dubboc_call(client, "com.example.Hello", "greet", params, &result, &err) == DUBBOC_OK &&
        dubboc_json_unpack(result, &err, "{s:s, s:s}", "greeting", &greeting, "name", &name) == DUBBOC_OK) {
        printf("%s, %s!\n", greeting, name);
        status = 0;
    } else
        fprintf(stderr, "hello-consumer: %s (%s)\n", err.text, dubboc_execution_text(err.execution));
    cJSON_Delete(result);
    cJSON_Delete(params);
    dubboc_client_free(client);
    return status;
}

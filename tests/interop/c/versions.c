/* A provider of several versions of com.ikurento.user.UserProvider (only GetUser) and of
 * com.dubboc.EchoService (only whoami) on one port. It prints "VERSION INTERFACE" for each call, so
 * that a test sees which version was called:
 *
 *     versions VERSION...
 *
 * All other settings come from DUBBOC_CONF_FILE and the environment. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(dubboc_status status, const dubboc_error *err)
{
    if (status == DUBBOC_OK)
        return;
    fprintf(stderr, "versions: %s\n", err->text);
    exit(78);
}

static const struct user {
    const char *id, *name;
    int age;
    int64_t time_ms;
    const char *sex;
} users[] = {{"A001", "Ann", 18, 1469071830258, "WOMAN"}, {"A002", "Bob", 20, 0, "MAN"},
    {"A003", "Joe", 48, 1469071830258, "MAN"}};

/* GetUser(id): the user, null if unknown. */
static dubboc_status get_user(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const char *id;
    if (dubboc_request_params(request, params, "[s]", &id) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    printf("%s %s\n", dubboc_request_version(request), dubboc_request_interface(request));
    for (const struct user *one = users; one < users + sizeof users / sizeof users[0]; one++)
        if (strcmp(one->id, id) == 0)
            return dubboc_json_pack(result, NULL, "{s:s, s:s, s:i, s:I, s:s}", "id", one->id,
                "name", one->name, "age", one->age, "time", one->time_ms, "sex", one->sex);
    return DUBBOC_OK;
}

static dubboc_status whoami(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)arg;
    printf("%s %s\n", dubboc_request_version(request), dubboc_request_interface(request));
    return dubboc_json_pack(result, NULL, "s", dubboc_request_version(request));
}

static void offer(
    dubboc_server *server, const char *interface, const char *version, const dubboc_method *method)
{
    dubboc_service_options options = {.size = sizeof options, .version = version};
    dubboc_service *service;
    dubboc_error err;
    check(dubboc_server_add_service(server, interface, &options, &service, &err), &err);
    check(dubboc_service_add_method(service, method, &err), &err);
}

int main(int argc, char **argv)
{
    static const dubboc_method user_method = DUBBOC_METHOD("GetUser", get_user),
                               echo_method = DUBBOC_METHOD("whoami", whoami);
    dubboc_server *server;
    dubboc_error err;
    setvbuf(stdout, NULL, _IOLBF, 0);
    check(dubboc_server_new(NULL, &server, &err), &err);
    for (int i = 1; i < argc; i++) {
        offer(server, "com.ikurento.user.UserProvider", argv[i], &user_method);
        offer(server, "com.dubboc.EchoService", argv[i], &echo_method);
    }
    check(dubboc_server_run(server, stdout, &err), &err);
    dubboc_server_free(server);
    return 0;
}

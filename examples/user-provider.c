/* A provider of com.ikurento.user.UserProvider, the service that the examples of dubbogo, dubbo-go
 * and Java Dubbo offer and call. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct user {
    const char *id;
    const char *name;
    int64_t age;
    int64_t time_ms; /* since 1970 */
    const char *sex; /* "MAN", "WOMAN", or NULL */
} user;

static const user users[] = {
    {"A001", "Ann", 18, 1469071830258, "WOMAN"},
    {"A002", "Bob", 20, 0, "MAN"},
    {"A003", "Joe", 48, 1469071830258, "MAN"},
};

#define USER_COUNT (sizeof users / sizeof users[0])

/* --- users as JSON --- */

static dubboc_status give_user(const user *one, cJSON **result)
{
    return dubboc_json_build(result, NULL,
        DUBBOC_OBJECT("id", one->id, "name", one->name, "age", one->age, "time", one->time_ms,
            "sex", DUBBOC_OR_NULL(one->sex)));
}

static const user *find_user(const char *id)
{
    for (size_t i = 0; i < USER_COUNT; i++)
        if (strcmp(users[i].id, id) == 0)
            return &users[i];
    return NULL;
}

/* Adds the user with that id, if there is one, to a list, or to a map under its id. */
static dubboc_status add_user(cJSON *list_or_map, const char *id)
{
    const user *found = id != NULL ? find_user(id) : NULL;
    cJSON *one;
    if (found == NULL)
        return DUBBOC_OK;
    dubboc_status status = give_user(found, &one);
    if (status != DUBBOC_OK)
        return status;
    bool is_added = cJSON_IsArray(list_or_map) ? cJSON_AddItemToArray(list_or_map, one)
                                               : cJSON_AddItemToObject(list_or_map, id, one);
    if (is_added)
        return DUBBOC_OK;
    cJSON_Delete(one);
    return DUBBOC_E_NO_MEMORY;
}

/* The ids in params. A list as the only argument is [["A001", "A002"]] in a call from Java and
 * ["A001", "A002"] in one from dubbogo. */
static const cJSON *id_list(const cJSON *params)
{
    return params != NULL && cJSON_IsArray(params->child) ? params->child : params;
}

static dubboc_status give_users(
    dubboc_request *request, const cJSON *params, cJSON *made, cJSON **result)
{
    const cJSON *ids = id_list(params), *id;
    dubboc_status status = made != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
    if (status == DUBBOC_OK && !cJSON_IsArray(ids))
        status = DUBBOC_E_PARAMS;
    if (status == DUBBOC_OK)
        cJSON_ArrayForEach(id, ids)
        {
            if (!cJSON_IsString(id))
                status = dubboc_request_fail(
                    request, 0, "java.lang.IllegalArgumentException", "an id is not a string");
            if (status == DUBBOC_OK)
                status = add_user(made, id->valuestring);
        }
    if (status == DUBBOC_OK)
        *result = made;
    else
        cJSON_Delete(made);
    return status;
}

/* --- methods --- */

/* GetUser(id): returns the user, or null if the id is unknown. */
static dubboc_status get_user(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const char *id;
    if (dubboc_request_args(request, params, &id) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    const user *found = find_user(id);
    return found != NULL ? give_user(found, result) : DUBBOC_OK;
}

/* GetUser0(id, name): returns a user with this id and name. */
static dubboc_status get_user_0(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    user made = {.age = 18, .sex = "MAN"};
    if (dubboc_request_args(request, params, &made.id, &made.name) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return give_user(&made, result);
}

/* GetUser3(): returns null, as a void method does. */
static dubboc_status get_user_3(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    return dubboc_request_args(request, params);
}

/* GetErr(id): always fails; Java callers get a java.lang.Exception. */
static dubboc_status get_err(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    const char *id;
    if (dubboc_request_args(request, params, &id) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return dubboc_request_fail(request, 0, "java.lang.Exception", "no user %s", id);
}

/* GetUsers([id..]): returns the known users, in the order of the ids. */
static dubboc_status get_users(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    return give_users(request, params, cJSON_CreateArray(), result);
}

/* GetUserMap([id..]): returns the known users as an object with the ids as names. */
static dubboc_status get_user_map(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    return give_users(request, params, cJSON_CreateObject(), result);
}

/* getUser(int), getUser(String): two Java methods with one name, distinguished by the JSON type. */
static dubboc_status get_user_by_type(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const cJSON *given;
    char code[32];
    user made = {.name = "by id", .age = 48, .sex = "MAN"};
    if (dubboc_request_args(request, params, &given) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (dubboc_json_is_number(given)) {
        int32_t number;
        if (dubboc_request_args(request, params, &number) != DUBBOC_OK)
            return DUBBOC_E_PARAMS;
        snprintf(code, sizeof code, "%d", number);
        made.id = code;
        made.name = "by code";
    } else if (dubboc_request_args(request, params, &made.id) != DUBBOC_OK) {
        return DUBBOC_E_PARAMS;
    }
    return give_user(&made, result);
}

/* queryUser(user): returns the same user, greeted and 18 years older. Members that the method does
 * not know are kept. */
static dubboc_status query_user(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const cJSON *given = params, *time, *sex;
    const char *id = NULL, *name = NULL;
    int64_t age = 0;
    if (!cJSON_IsObject(params) && dubboc_request_args(request, params, &given) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (dubboc_request_read(request, given,
            DUBBOC_MEMBERS("id", DUBBOC_OPTIONAL(&id), "name", DUBBOC_OPTIONAL(&name), "age",
                DUBBOC_OPTIONAL(&age))) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    char *greeting = NULL;
    if (asprintf(&greeting, "hello:%s", name != NULL ? name : "null") < 0)
        return DUBBOC_E_NO_MEMORY;
    time = dubboc_json_get(given, "time");
    sex = dubboc_json_get(given, "sex");
    cJSON none = {.type = cJSON_NULL};
    dubboc_status status = dubboc_json_build(result, NULL,
        DUBBOC_OBJECT("id", DUBBOC_OR_NULL(id), "name", greeting, "age", age + 18, "time",
            time != NULL ? time : &none, "sex", sex != NULL ? sex : &none));
    free(greeting);
    return status;
}

/* queryAll(): returns all users as an object with the ids as names. */
static dubboc_status query_all(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    if (dubboc_request_args(request, params) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    cJSON *all = cJSON_CreateObject();
    dubboc_status status = all != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
    for (size_t i = 0; i < USER_COUNT && status == DUBBOC_OK; i++)
        status = add_user(all, users[i].id);
    if (status == DUBBOC_OK)
        *result = all;
    else
        cJSON_Delete(all);
    return status;
}

/* isLimit(sex, name): returns whether the sex is "WOMAN". */
static dubboc_status is_limit(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const char *sex, *name = NULL;
    if (dubboc_request_args(request, params, &sex, DUBBOC_OR_NULL(&name)) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return dubboc_json_build(result, NULL, (bool)(strcmp(sex, "WOMAN") == 0));
}

/* The sum of two ints; an overflow fails with a java.lang.ArithmeticException. */
static dubboc_status sum_of(dubboc_request *request, const cJSON *params, int *sum)
{
    int a, b;
    if (dubboc_request_args(request, params, &a, &b) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    if (__builtin_add_overflow(a, b, sum))
        return dubboc_request_fail(request, 0, "java.lang.ArithmeticException", "integer overflow");
    return DUBBOC_OK;
}

/* Calc(a, b): returns a + b. */
static dubboc_status calc(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int sum;
    dubboc_status status = sum_of(request, params, &sum);
    return status == DUBBOC_OK ? dubboc_json_build(result, NULL, sum) : status;
}

/* Sum(a, b): returns a + b inside a response object. */
static dubboc_status sum_response(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int sum;
    dubboc_status status = sum_of(request, params, &sum);
    if (status != DUBBOC_OK)
        return status;
    return dubboc_json_build(result, NULL, DUBBOC_OBJECT("status", 0, "err", "", "data", sum));
}

static dubboc_status add_methods(dubboc_server *server, dubboc_error *err)
{
    static const dubboc_method methods[] = {
        DUBBOC_METHOD("GetUser", get_user, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("GetUser0", get_user_0, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("GetUser3", get_user_3, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("GetErr", get_err, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("GetUsers", get_users, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("GetUserMap", get_user_map, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("getUser", get_user_by_type, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("queryUser", query_user, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("queryAll", query_all, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("isLimit", is_limit, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("Calc", calc, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("Sum", sum_response, .flags = DUBBOC_NONBLOCKING),
    };
    dubboc_service *service;
    dubboc_status status =
        dubboc_server_add_service(server, "com.ikurento.user.UserProvider", NULL, &service, err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && status == DUBBOC_OK; i++)
        status = dubboc_service_add_method(service, &methods[i], err);
    return status;
}

int main(void)
{
    dubboc_error err;
    dubboc_server *server = NULL;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        add_methods(server, &err) != DUBBOC_OK ||
        dubboc_server_run(server, stdout, &err) != DUBBOC_OK)
        fprintf(stderr, "user-provider: %s\n", err.text);
    dubboc_server_free(server);
    return err.status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Sends recorded replies of real providers to the client again. Each folder beside this file holds
 * a request and the reply that a provider sent. Its file expect contains, under [outcome], what the
 * client must return. To add a case, add a folder; tests/interop/corpus.py records them.
 *
 *     replay_test                runs them all
 *     replay_test --print DIR    prints what belongs below [outcome], for a new case */
#include "tests/support/test.h"

#include <dirent.h>

#include "registry/provider_url.h"
#include "tests/support/scripted_peer.h"
#include "base/url_codec.h"

#define CASES_MAX 4096
#define CASES_LEAST 150       /* fewer: some cases are missing */
#define RECORDED_PORT "20880" /* the recorder replaces every port by this one */
#define FILE_BYTES_MAX (1 << 20)

typedef struct recorded {
    char *name;
    char *request; /* NUL-terminated, as are the other texts */
    char *reply;
    char *node; /* NULL: the call names the provider's URL */
    char *expect;
    char *method;
    char *params;
    char *path;
} recorded;

/* --- reading a case --- */

static char *read_file(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *data = calloc(1, FILE_BYTES_MAX + 1);
    assert_non_null(data);
    size_t len = fread(data, 1, FILE_BYTES_MAX, file);
    fclose(file);
    assert_true(len < FILE_BYTES_MAX && strlen(data) == len);
    char *fitting = realloc(data, len + 1); /* saves memory, as thousands of files are read */
    assert_non_null(fitting);
    return fitting;
}

static const char *body_of(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    return end != NULL ? end + 4 : "";
}

/* Reads method and params of the recorded request. A method that the client could not send is
 * replaced by GetUser, and params that it could not send by empty params. */
static void read_call(recorded *self)
{
    cJSON *tree = NULL;
    const char *body = body_of(self->request), *method = NULL;
    size_t path_len = strcspn(self->request + strcspn(self->request, " ") + 1, " ");
    self->path = strndup(self->request + strcspn(self->request, " ") + 1, path_len);
    if (dubboc_json_parse(body, strlen(body), &tree, NULL) == DUBBOC_OK &&
        dubboc_json_unpack(tree, NULL, "{s:s}", "method", &method) == DUBBOC_OK) {
        const cJSON *params = dubboc_json_get(tree, "params");
        self->method = strdup(method);
        if (cJSON_IsArray(params) || cJSON_IsObject(params))
            assert_status(DUBBOC_OK, dubboc_json_print(params, &self->params, NULL, NULL), NULL);
    }
    self->method = self->method != NULL ? self->method : strdup("GetUser");
    self->params = self->params != NULL ? self->params : strdup("[]");
    cJSON_Delete(tree);
}

static void recorded_free(recorded *self)
{
    char *all[] = {self->name, self->request, self->reply, self->node, self->expect, self->method,
        self->params, self->path};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    free(self);
}

/* Returns the case in folder; NULL: a file is missing, so the folder is not a case. */
static recorded *recorded_read(const char *folder)
{
    recorded *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->name = strdup(strrchr(folder, '/') + 1);
    self->request = read_file(folder, "request");
    self->reply = read_file(folder, "reply");
    self->node = read_file(folder, "node");
    self->expect = read_file(folder, "expect");
    if (self->request == NULL || self->reply == NULL || self->expect == NULL) {
        recorded_free(self);
        return NULL;
    }
    read_call(self);
    return self;
}

static bool says(const recorded *self, const char *line)
{
    return strstr(self->expect, line) != NULL;
}

/* --- replaying a case --- */

/* Returns a copy of text in which each `from` is replaced by `to`. The caller frees it. */
static char *replace(const char *text, const char *from, const char *to)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, from)) != NULL; at += strlen(from))
        count++;
    char *made = calloc(1, strlen(text) + count * strlen(to) + 1);
    assert_non_null(made);
    for (const char *at; (at = strstr(text, from)) != NULL; text = at + strlen(from)) {
        strncat(made, text, (size_t)(at - text));
        strcat(made, to);
    }
    return strcat(made, text);
}

/* Makes a static registry of the node that was recorded from ZooKeeper, with the address of the
 * peer. */
static void registry_of(const recorded *self, const scripted_peer *peer, char *out, size_t size)
{
    char address[64];
    buffer decoded;
    buffer_init(&decoded, size);
    snprintf(address, sizeof address, "127.0.0.1:%d", scripted_peer_port(peer));
    assert_true(url_decode(&decoded, slice_make(self->node, strcspn(self->node, "\n")), NULL));
    buffer_append(&decoded, "", 1);
    char *node = replace(decoded.data, "127.0.0.1:" RECORDED_PORT, address);
    snprintf(out, size, "static:%s", node);
    free(node);
    buffer_fini(&decoded);
}

/* Returns a parameter of the node's URL. The value is not decoded, which is enough for names and
 * versions. */
static const char *node_param(const recorded *self, const char *key, char *out, size_t size)
{
    char marked[64];
    snprintf(marked, sizeof marked, "%%26%s%%3D", key);
    const char *at = self->node != NULL ? strstr(self->node, marked) : NULL;
    if (at == NULL)
        return NULL;
    at += strlen(marked);
    const char *end = strstr(at, "%26");
    size_t len = end != NULL ? (size_t)(end - at) : strcspn(at, "\n");
    snprintf(out, size, "%.*s", (int)len, at);
    return len > 0 ? out : NULL;
}

/* Our own error texts are checked only in cases that are made by hand. Otherwise each change of a
 * text would change hundreds of cases. */
static void write_error(
    const recorded *self, FILE *out, const dubboc_error *err, const dubboc_text *error, int port)
{
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    char *text = replace(err->text, address, "127.0.0.1:" RECORDED_PORT);
    fprintf(out, "http = %d\n", err->http_status);
    if (err->status == DUBBOC_E_REMOTE || !says(self, "\npeer = "))
        fprintf(out, "text = %s\n", text);
    if (err->status == DUBBOC_E_REMOTE)
        fprintf(out, "code = %lld\nerror = %s\n", (long long)err->rpc_code,
            error->len > 0 ? error->data : "");
    free(text);
}

/* Whether a second call uses the same connection again. The outcome of that call does not
 * matter. */
static bool was_kept(dubboc_client *client, const char *interface, dubboc_call_options *options)
{
    dubboc_client_stats stats = {.size = sizeof stats};
    options->timeout_ms = 2000;
    dubboc_status status =
        dubboc_call_raw(client, interface, "again", (dubboc_slice){"[]", 2}, options, NULL, NULL);
    dubboc_client_get_stats(client, &stats);
    return status != DUBBOC_E_TIMEOUT && stats.connections == 1;
}

/* Makes the call and writes its outcome to out. *request: the request that the client sent. */
static void write_outcome(const recorded *self, FILE *out, char **request, int *port)
{
    bool closes = says(self, "\nclosed = yes\n");
    const peer_script script = {
        {PEER_READ, PEER_SEND(self->reply), {.act = closes ? PEER_ACT_END : PEER_ACT_AGAIN}}};
    scripted_peer *peer = scripted_peer_new(&script, 1);
    char registry[8192] = "", url[1024], version[64], group[64], interface[256];
    const char *name = strrchr(self->path, '/') != NULL ? strrchr(self->path, '/') + 1 : self->path;
    snprintf(interface, sizeof interface, "%s", name[0] != '\0' ? name : "none");
    *port = scripted_peer_port(peer);
    snprintf(url, sizeof url, "%s%s", scripted_peer_url(peer), self->path);
    if (self->node != NULL)
        registry_of(self, peer, registry, sizeof registry);
    dubboc_client *client = NULL;
    dubboc_error err;
    dubboc_text result = {0}, error = {0};
    dubboc_client_options made = {
        .size = sizeof made, .registry = self->node != NULL ? registry : NULL};
    dubboc_call_options options = {.size = sizeof options,
        .timeout_ms = 10000,
        .url = self->node == NULL ? url : NULL,
        .group = node_param(self, "group", group, sizeof group),
        .version = node_param(self, "version", version, sizeof version),
        .remote_error = &error};
    assert_status(DUBBOC_OK, dubboc_client_new(&made, &client, &err), &err);
    dubboc_status status = dubboc_call_raw(client, interface, self->method,
        (dubboc_slice){self->params, strlen(self->params)}, &options, &result, &err);
    *request = scripted_peer_last_request(peer);
    fprintf(out, "status = %s\nexecution = %s\n", dubboc_status_name(status),
        dubboc_execution_text(err.execution));
    if (status == DUBBOC_OK)
        fprintf(out, "result = %s\n", result.data);
    else
        write_error(self, out, &err, &error, *port);
    fprintf(out, "connection = %s\n",
        !closes && was_kept(client, interface, &options) ? "kept" : "closed");
    dubboc_client_free(client);
    dubboc_text_free(&result);
    dubboc_text_free(&error);
    scripted_peer_free(peer);
}

/* Returns the request with the value of the header replaced, or unchanged if there is no such
 * header. */
static char *with_header(char *request, const char *header, const char *value)
{
    char *at = strstr(request, header);
    if (at == NULL || at > strstr(request, "\r\n\r\n"))
        return request;
    at += strlen(header);
    char *made = NULL;
    assert_true(asprintf(&made, "%.*s%s%s", (int)(at - request), request, value,
                    at + strcspn(at, "\r")) >= 0);
    free(request);
    return made;
}

static void expect_request(const recorded *self, char *request)
{
    assert_non_null(request);
    request = with_header(request, "\r\nHost: ", "127.0.0.1:" RECORDED_PORT);
    request = with_header(request, "\r\nUser-Agent: ", "dubboc");
    request = with_header(request, "\r\nTimeout: ", "3000000000");
    assert_string_equal(request, self->request);
    free(request);
}

static void replay(void **state)
{
    const recorded *self = *state;
    char *came = NULL, *request = NULL;
    size_t len = 0;
    int port;
    FILE *out = open_memstream(&came, &len);
    assert_non_null(out);
    write_outcome(self, out, &request, &port);
    fclose(out);
    const char *expected = strstr(self->expect, "\n[outcome]\n");
    assert_non_null(expected);
    assert_string_equal(came, expected + strlen("\n[outcome]\n"));
    if (says(self, "\nrole = consumer\n"))
        expect_request(self, request);
    else
        free(request);
    free(came);
}

/* --- all cases --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

static void cases_folder(char *out, size_t size)
{
    snprintf(out, size, "%s/tests/wire", getenv("top_srcdir") != NULL ? getenv("top_srcdir") : ".");
}

/* Appends the cases with an [outcome] to tests[], and returns the new count. */
static size_t find_cases(const char *folder, struct CMUnitTest *tests, size_t count, size_t max)
{
    size_t first = count;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL && count < max;) {
        char path[2048];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        recorded *found = entry->d_name[0] != '.' ? recorded_read(path) : NULL;
        if (found != NULL && says(found, "\n[outcome]\n"))
            tests[count++] = (struct CMUnitTest){
                .name = found->name, .test_func = replay, .initial_state = found};
        else if (found != NULL)
            recorded_free(found);
    }
    if (dir != NULL)
        closedir(dir);
    qsort(tests + first, count - first, sizeof tests[0], by_name);
    return count;
}

/* A folder with a mistake in its expect, or without one of its files, must be an error. Without
 * this test, replay_test and provider_replay.py would silently skip such a folder. */
static void every_folder_is_a_case_that_some_test_replays(void **state)
{
    (void)state;
    char folder[1024];
    size_t count = 0;
    cases_folder(folder, sizeof folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[2048];
        if (entry->d_type == DT_REG || entry->d_name[0] == '.' ||
            strchr(entry->d_name, '-') == NULL)
            continue; /* __pycache__ and files that the build leaves */
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        recorded *found = recorded_read(path);
        if (found == NULL)
            fail_msg("%s lacks a request, a reply or an expect", entry->d_name);
        if (!says(found, "\n[outcome]\n") && !says(found, "\nrole = provider\n"))
            fail_msg("%s is replayed by nobody", entry->d_name);
        if (says(found, "\nrole = odd\n") && !says(found, "\n[ours]\n"))
            fail_msg("%s does not say what we answer", entry->d_name);
        recorded_free(found);
        count++;
    }
    closedir(dir);
    assert_in_range(count, CASES_LEAST, CASES_MAX);
}

static int print(const char *folder)
{
    recorded *self = recorded_read(folder);
    char *request = NULL;
    int port;
    if (self == NULL)
        return 1;
    write_outcome(self, stdout, &request, &port);
    free(request);
    recorded_free(self);
    return 0;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[CASES_MAX];
    char folder[1024];
    if (argc == 3 && strcmp(argv[1], "--print") == 0)
        return print(argv[2]);
    cases_folder(folder, sizeof folder);
    tests[0] = (struct CMUnitTest)cmocka_unit_test(every_folder_is_a_case_that_some_test_replays);
    size_t count = find_cases(folder, tests, 1, CASES_MAX);
    int failed = _cmocka_run_group_tests("recorded exchanges", tests, count, NULL, NULL);
    for (size_t i = 1; i < count; i++)
        recorded_free(tests[i].initial_state);
    return failed;
}

/* The C consumer of the runs with other frameworks: a list of calls with the expected results, made
 * through the public API only.
 *
 *     consumer --peer NAME [--registry ADDRESS] [--users URL] [--echo URL] [--group G]
 *              [--version V] [--only PART] [--no-echo] [--idle S]
 *
 * It prints "ok NAME" or "FAIL NAME: what was expected, what came" for each check, then "N passed,
 * M failed"; it exits with 0 if none failed.
 *
 * Most checks are rows of one table. Where frameworks differ, a row says for which of them it
 * holds, so the table also shows what providers of each framework cannot do. */
#include <argp.h>
#include <dubboc/dubboc.h>
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/interop/c/json_equal.h"

#define USERS "com.ikurento.user.UserProvider"
#define ECHO "com.dubboc.EchoService"
#define ANN "{\"id\":\"A001\",\"name\":\"Ann\",\"age\":18,\"time\":1469071830258,\"sex\":\"WOMAN\"}"
#define BOB "{\"id\":\"A002\",\"name\":\"Bob\",\"age\":20,\"time\":0,\"sex\":\"MAN\"}"
#define JOE "{\"id\":\"A003\",\"name\":\"Joe\",\"age\":48,\"time\":1469071830258,\"sex\":\"MAN\"}"
/* Letters beyond ASCII and beyond 16 bits, quotes, what Go escapes, a line separator. */
#define ODD_TEXT                                                                                   \
    "\"Gr\xC3\xBC\xC3\x9F \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80 \\\"<&>\\\\ \xE2\x80\xA8 "     \
    "\\t\\u0001\""

/* Frameworks, as bits. A row of a table names the frameworks that it applies to. */
enum {
    C = 1,
    J26 = 2,
    J273 = 4,
    J27 = 8,
    J3 = 16,
    JSONRPC4J12 = 32, /* the release of 2014, which is a part of every Dubbo */
    JSONRPC4J = 512,  /* the newest release, which has other error codes */
    GO3 = 64,
    GO1 = 128,
    DUBBOGO02 = 256,
    JAVA = J26 | J273 | J27 | J3 | JSONRPC4J12 | JSONRPC4J,
    GO = GO3 | GO1 | DUBBOGO02,
    ALL = C | JAVA | GO
};

static const struct {
    const char *name;
    unsigned bit;
} peers[] = {{"c", C}, {"j26", J26}, {"j273", J273}, {"j27", J27}, {"j3", J3},
    {"jsonrpc4j12", JSONRPC4J12}, {"jsonrpc4j", JSONRPC4J}, {"go3", GO3}, {"go1", GO1},
    {"dubbogo02", DUBBOGO02}};

typedef struct row {
    const char *name;
    const char *interface;
    const char *method;
    const char *params;
    const char *result;    /* JSON; NULL: an error is expected */
    dubboc_status status;  /* the error */
    int64_t code;          /* of a DUBBOC_E_REMOTE */
    const char *text;      /* part of the error's text */
    const char *exception; /* exceptionTypeName in the error's data */
    unsigned peers;        /* for which this holds */
} row;

#define GIVES(json) .result = (json)
#define SAYS(code_, text_) .status = DUBBOC_E_REMOTE, .code = (code_), .text = (text_)

static const row rows[] = {
    {"user.GetUser.known", USERS, "GetUser", "[\"A001\"]", GIVES(ANN), .peers = ALL},
    {"user.GetUser.second", USERS, "GetUser", "[\"A002\"]", GIVES(BOB), .peers = ALL},
    {"user.GetUser.third", USERS, "GetUser", "[\"A003\"]", GIVES(JOE), .peers = ALL},
    {"user.GetUser.unknown_is_null", USERS, "GetUser", "[\"A000\"]", GIVES("null"), .peers = ALL},
    {"user.GetUser0.both_arguments", USERS, "GetUser0", "[\"B7\",\"Eve\"]",
        GIVES("{\"id\":\"B7\",\"name\":\"Eve\",\"age\":18,\"time\":0,\"sex\":\"MAN\"}"),
        .peers = ALL},
    {"user.GetUser3.void", USERS, "GetUser3", "[]", GIVES("null"), .peers = ALL},
    {"user.GetErr.exception", USERS, "GetErr", "[\"A999\"]", SAYS(0, "no user A999"),
        .exception = "java.lang.Exception", .peers = (C | JAVA) & ~JSONRPC4J},
    {"user.GetErr.exception", USERS, "GetErr", "[\"A999\"]", SAYS(-32001, "no user A999"),
        .exception = "java.lang.Exception", .peers = JSONRPC4J},
    {"user.GetErr.exception", USERS, "GetErr", "[\"A999\"]", SAYS(-32000, "no user A999"),
        .peers = GO},
    {"user.GetUsers.known_in_order", USERS, "GetUsers", "[[\"A003\",\"A001\"]]",
        GIVES("[" JOE "," ANN "]"), .peers = ALL},
    {"user.GetUsers.known_only", USERS, "GetUsers", "[[\"A000\",\"A002\"]]", GIVES("[" BOB "]"),
        .peers = ALL},
    {"user.GetUsers.none", USERS, "GetUsers", "[[]]", GIVES("[]"), .peers = ALL},
    {"user.GetUserMap.by_id", USERS, "GetUserMap", "[[\"A001\",\"A002\"]]",
        GIVES("{\"A001\":" ANN ",\"A002\":" BOB "}"), .peers = ALL},
    {"user.getUser.by_code", USERS, "getUser", "[7]",
        GIVES("{\"id\":\"7\",\"name\":\"by code\",\"age\":48,\"time\":0,\"sex\":\"MAN\"}"),
        .peers = C | JAVA},
    {"user.getUser.by_id", USERS, "getUser", "[\"x7\"]",
        GIVES("{\"id\":\"x7\",\"name\":\"by id\",\"age\":48,\"time\":0,\"sex\":\"MAN\"}"),
        .peers = C | JAVA},
    {"user.queryUser.greeted", USERS, "queryUser", "[" ANN "]",
        GIVES("{\"id\":\"A001\",\"name\":\"hello:Ann\",\"age\":36,\"time\":1469071830258,\"sex\":"
              "\"WOMAN\"}"),
        .peers = ALL},
    {"user.queryUser.nulls_are_kept", USERS, "queryUser",
        "[{\"id\":\"n\",\"name\":\"N\",\"age\":1,\"time\":null,\"sex\":null}]",
        GIVES("{\"id\":\"n\",\"name\":\"hello:N\",\"age\":19,\"time\":null,\"sex\":null}"),
        .peers = ALL},
    {"user.queryUser.date_before_1970", USERS, "queryUser",
        "[{\"id\":\"A1\",\"name\":\"Z\",\"age\":2,\"time\":-62000000000000,\"sex\":\"MAN\"}]",
        GIVES("{\"id\":\"A1\",\"name\":\"hello:Z\",\"age\":20,\"time\":-62000000000000,\"sex\":"
              "\"MAN\"}"),
        .peers = ALL},
    {"user.queryAll.all_by_id", USERS, "queryAll", "[]",
        GIVES("{\"A001\":" ANN ",\"A002\":" BOB ",\"A003\":" JOE "}"), .peers = ALL},
    {"user.isLimit.woman", USERS, "isLimit", "[\"WOMAN\",\"Ann\"]", GIVES("true"), .peers = ALL},
    {"user.isLimit.man", USERS, "isLimit", "[\"MAN\",\"Joe\"]", GIVES("false"), .peers = ALL},
    {"user.isLimit.null_name", USERS, "isLimit", "[\"WOMAN\",null]", GIVES("true"),
        .peers = C | JAVA | DUBBOGO02},
    {"user.Calc.sum", USERS, "Calc", "[2,40]", GIVES("42"), .peers = ALL},
    {"user.Calc.extremes", USERS, "Calc", "[-2147483648,1]", GIVES("-2147483647"), .peers = ALL},
    {"user.Sum.response", USERS, "Sum", "[2,40]", GIVES("{\"status\":0,\"err\":\"\",\"data\":42}"),
        .peers = ALL},
    {"user.unknown_method", USERS, "Nope", "[]", SAYS(-32601, ""), .peers = C | JAVA | DUBBOGO02},
    {"user.unknown_method", USERS, "Nope", "[]", SAYS(-32000, ""), .peers = GO3 | GO1},
    {"user.wrong_count", USERS, "GetUser", "[\"A001\",2,3]", SAYS(-32602, ""),
        .peers = C | JAVA | DUBBOGO02},
    {"user.wrong_count", USERS, "GetUser", "[\"A001\",2,3]", SAYS(-32000, ""), .peers = GO3},
    {"user.wrong_count", USERS, "GetUser", "[\"A001\",2,3]", .status = DUBBOC_E_BROKEN, .text = "",
        .peers = GO1},
    {"user.wrong_type", USERS, "Calc", "[\"x\",[]]", SAYS(-32602, ""), .peers = C | DUBBOGO02},
    {"user.wrong_type", USERS, "Calc", "[{},[]]", SAYS(0, ""), .peers = JAVA & ~JSONRPC4J},
    {"user.wrong_type", USERS, "Calc", "[{},[]]", SAYS(-32602, ""), .peers = JSONRPC4J},
    {"user.wrong_type", USERS, "Calc", "[\"x\",[]]", SAYS(-32000, ""), .peers = GO3},
    {"user.wrong_type", USERS, "Calc", "[\"x\",[]]", .status = DUBBOC_E_BROKEN, .text = "",
        .peers = GO1},

    {"echo.string.plain", ECHO, "echo", "[\"x\"]", GIVES("\"x\""), .peers = ALL},
    {"echo.string.empty", ECHO, "echo", "[\"\"]", GIVES("\"\""), .peers = ALL},
    {"echo.string.unicode", ECHO, "echo", "[" ODD_TEXT "]", GIVES(ODD_TEXT), .peers = ALL},
    {"echo.null", ECHO, "echo", "[null]", GIVES("null"), .peers = C | JAVA | DUBBOGO02},
    {"echo.nested", ECHO, "echo", "[{\"a\":[1,{\"b\":[]},{}],\"n\":null,\"t\":true}]",
        GIVES("{\"a\":[1,{\"b\":[]},{}],\"n\":null,\"t\":true}"), .peers = ALL},
    {"echo.nested_raw", ECHO, "echoRaw", "[{\"a\":[1,{\"b\":[]},{}],\"n\":null,\"t\":true}]",
        GIVES("{\"a\":[1,{\"b\":[]},{}],\"n\":null,\"t\":true}"), .peers = ALL},
    {"echo.number.int53", ECHO, "echo", "[9007199254740991]", GIVES("9007199254740991"),
        .peers = ALL},
    {"echo.number.beyond_double", ECHO, "echo", "[9007199254740993]", GIVES("9007199254740993"),
        .peers = C | JAVA | DUBBOGO02},
    {"echo.number.long_min", ECHO, "echo", "[-9223372036854775808]", GIVES("-9223372036854775808"),
        .peers = C | JAVA | DUBBOGO02},
    {"echo.number.ulong_max", ECHO, "echo", "[18446744073709551615]", GIVES("18446744073709551615"),
        .peers = C | JAVA | DUBBOGO02},
    {"echo.number.double", ECHO, "echo", "[0.1]", GIVES("0.1"), .peers = ALL},
    {"echo.number.big_decimal", ECHO, "echo", "[1234567890.12345678901234567890]",
        GIVES("1234567890.12345678901234567890"), .peers = C | DUBBOGO02},
    {"echo.add.small", ECHO, "add", "[1,2]", GIVES("3"), .peers = ALL},
    {"echo.add.exact", ECHO, "add", "[9007199254740992,1]", GIVES("9007199254740993"),
        .peers = C | JAVA | DUBBOGO02},
    {"echo.add.max", ECHO, "add", "[9223372036854775806,1]", GIVES("9223372036854775807"),
        .peers = C | JAVA | DUBBOGO02},
    {"echo.add.overflow", ECHO, "add", "[9223372036854775807,1]", SAYS(0, ""),
        .exception = "java.lang.ArithmeticException", .peers = (C | JAVA) & ~JSONRPC4J},
    {"echo.add.overflow", ECHO, "add", "[9223372036854775807,1]", SAYS(-32001, ""),
        .exception = "java.lang.ArithmeticException", .peers = JSONRPC4J},
    {"echo.nothing.void", ECHO, "nothing", "[]", GIVES("null"), .peers = ALL},
    {"echo.fail.exception", ECHO, "fail", "[\"boom \xE2\x82\xAC\"]", SAYS(0, "boom \xE2\x82\xAC"),
        .exception = "java.lang.RuntimeException", .peers = (C | JAVA) & ~JSONRPC4J},
    {"echo.fail.exception", ECHO, "fail", "[\"boom \xE2\x82\xAC\"]",
        SAYS(-32001, "boom \xE2\x82\xAC"), .exception = "java.lang.RuntimeException",
        .peers = JSONRPC4J},
    {"echo.fail.exception", ECHO, "fail", "[\"boom \xE2\x82\xAC\"]",
        SAYS(-32000, "boom \xE2\x82\xAC"), .peers = GO},
    {"echo.sleep.short", ECHO, "sleep", "[10]", GIVES("10"), .peers = ALL},
};

typedef struct settings {
    const char *peer;
    const char *registry;
    const char *users; /* direct addresses, in place of a registry */
    const char *echo;
    const char *group;
    const char *version;
    const char *only;
    bool no_echo;
    int idle_s;
} settings;

typedef struct run {
    settings given;
    unsigned peer;
    dubboc_client *client;
    int passed, failed;
} run;

/* --- reporting --- */

static bool is_wanted(const run *self, const char *name)
{
    if (strcmp(name, "user.calls.after_idle") == 0 && self->given.idle_s == 0)
        return false; /* only with --idle */
    return (self->given.only == NULL || strstr(name, self->given.only) != NULL) &&
           !(self->given.no_echo && strncmp(name, "echo.", 5) == 0);
}

static void passes(run *self, const char *name)
{
    printf("ok %s\n", name);
    self->passed++;
}

static DUBBOC_PRINTF(3, 4) void fails(run *self, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("FAIL %s: ", name);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    self->failed++;
}

/* --- one call --- */

static dubboc_call_options options_of(const run *self, const char *interface)
{
    return (dubboc_call_options){.size = sizeof(dubboc_call_options),
        .timeout_ms = 10000,
        .group = self->given.group,
        .version = self->given.version,
        .url = strcmp(interface, USERS) == 0 ? self->given.users : self->given.echo};
}

static void check_result(run *self, const row *wanted, const cJSON *result)
{
    dubboc_error err = {0};
    cJSON *expected = NULL;
    char *shown = NULL;
    if (dubboc_json_parse(wanted->result, strlen(wanted->result), &expected, &err) != DUBBOC_OK)
        fails(self, wanted->name, "the expected value is no JSON: %s", err.text);
    else if (json_is_equal(expected, result))
        passes(self, wanted->name);
    else if (dubboc_json_print(result, &shown, NULL, &err) == DUBBOC_OK)
        fails(self, wanted->name, "expected %s, came %.300s", wanted->result, shown);
    else
        fails(self, wanted->name, "expected %s, came what cannot be printed: %s", wanted->result,
            err.text);
    free(shown);
    cJSON_Delete(expected);
}

static bool has_exception(const dubboc_text *error, const char *expected)
{
    cJSON *tree = NULL;
    const char *found = NULL;
    if (expected == NULL)
        return true;
    bool is_it = dubboc_json_parse(error->data, error->len, &tree, NULL) == DUBBOC_OK &&
                 dubboc_json_unpack(tree, NULL, "{s:{s:s}}", "data", "exceptionTypeName", &found) ==
                     DUBBOC_OK &&
                 strcmp(found, expected) == 0;
    cJSON_Delete(tree);
    return is_it;
}

static void check_error(run *self, const row *wanted, dubboc_status status, const dubboc_error *err,
    const dubboc_text *error)
{
    const char *object = error->len > 0 ? error->data : "no error object";
    if (status != wanted->status)
        fails(self, wanted->name, "expected %s, came %s: %s", dubboc_status_name(wanted->status),
            dubboc_status_name(status), err->text);
    else if (status == DUBBOC_E_REMOTE && err->rpc_code != wanted->code)
        fails(self, wanted->name, "expected code %" PRId64 ", came %s", wanted->code, object);
    else if (strstr(err->text, wanted->text) == NULL || !has_exception(error, wanted->exception))
        fails(self, wanted->name, "expected \"%s\" %s, came \"%s\": %s", wanted->text,
            wanted->exception != NULL ? wanted->exception : "", err->text, object);
    else if (err->attempts != 1)
        fails(self, wanted->name, "expected 1 attempt, came %d", err->attempts);
    else
        passes(self, wanted->name);
}

/* dubbogo serves what Go exports: methods whose first letter is a capital. */
static void method_of(const run *self, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s", name);
    if (self->peer == DUBBOGO02 && out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A');
}

static void check_row(run *self, const row *wanted)
{
    dubboc_error err = {0};
    dubboc_text error = {0};
    cJSON *params = NULL, *result = NULL;
    dubboc_call_options options = options_of(self, wanted->interface);
    char method[64];
    method_of(self, wanted->method, method, sizeof method);
    options.remote_error = &error;
    dubboc_status status = dubboc_json_parse(wanted->params, strlen(wanted->params), &params, &err);
    if (status == DUBBOC_OK)
        status = dubboc_call_with(
            self->client, wanted->interface, method, params, &options, &result, &err);
    if (wanted->result == NULL)
        check_error(self, wanted, status, &err, &error);
    else if (status == DUBBOC_OK)
        check_result(self, wanted, result);
    else
        fails(self, wanted->name, "expected %s, came %s: %s", wanted->result,
            dubboc_status_name(status), err.text);
    cJSON_Delete(result);
    cJSON_Delete(params);
    dubboc_text_free(&error);
}

/* --- what a table cannot say --- */

#define MIB (1024 * 1024)

static void check_1_mib(run *self, const char *name)
{
    dubboc_error err = {0};
    cJSON *params = NULL, *result = NULL;
    const char *came = NULL;
    dubboc_call_options options = options_of(self, ECHO);
    char *text = malloc(MIB + 1), method[64];
    if (text == NULL) {
        fails(self, name, "out of memory");
        return;
    }
    for (size_t i = 0; i < MIB; i++)
        text[i] = (char)('a' + i % 26);
    text[MIB] = '\0';
    method_of(self, "echo", method, sizeof method);
    if (dubboc_json_pack(&params, &err, "[s]", text) != DUBBOC_OK ||
        dubboc_call_with(self->client, ECHO, method, params, &options, &result, &err) !=
            DUBBOC_OK ||
        dubboc_json_unpack(result, &err, "s", &came) != DUBBOC_OK)
        fails(self, name, "expected 1 MiB back, came %s", err.text);
    else if (strcmp(came, text) != 0)
        fails(self, name, "expected 1 MiB back, came %zu other bytes", strlen(came));
    else
        passes(self, name);
    cJSON_Delete(result);
    cJSON_Delete(params);
    free(text);
}

/* Long enough that servers send it in chunks. */
static void check_40_kib(run *self, const char *name)
{
    dubboc_error err = {0};
    dubboc_text result = {0};
    dubboc_call_options options = options_of(self, ECHO);
    char method[64];
    method_of(self, "big", method, sizeof method);
    dubboc_status status = dubboc_call_raw(
        self->client, ECHO, method, (dubboc_slice){"[40]", 4}, &options, &result, &err);
    size_t letters = status == DUBBOC_OK ? strspn(result.data + 1, "x") : 0;
    if (letters == 40 * 1024 && result.len == letters + 2)
        passes(self, name);
    else
        fails(
            self, name, "expected 40 KiB of x, came %zu of %zu: %s", letters, result.len, err.text);
    dubboc_text_free(&result);
}

/* The answer need not be the address that was called, because a proxy may be in between. */
static void check_whoami(run *self, const char *name)
{
    dubboc_error err = {0};
    dubboc_text result = {0};
    dubboc_call_options options = options_of(self, ECHO);
    char method[64];
    unsigned port = 0, pid = 0;
    method_of(self, "whoami", method, sizeof method);
    dubboc_status status = dubboc_call_raw(
        self->client, ECHO, method, (dubboc_slice){"[]", 2}, &options, &result, &err);
    const char *text = status == DUBBOC_OK ? result.data : err.text;
    if (sscanf(text, "\"%*[^ :]:%u %u\"", &port, &pid) == 2 && port > 0 && pid > 0)
        passes(self, name);
    else
        fails(self, name, "expected \"HOST:PORT PID\", came %s", text);
    dubboc_text_free(&result);
}

static void check_timeout(run *self, const char *name)
{
    dubboc_error err = {0};
    dubboc_call_options options = options_of(self, ECHO);
    static const char params[] = "[1500]";
    char method[64];
    options.timeout_ms = 200;
    method_of(self, "sleep", method, sizeof method);
    dubboc_status status = dubboc_call_raw(
        self->client, ECHO, method, (dubboc_slice){params, strlen(params)}, &options, NULL, &err);
    if (status == DUBBOC_E_TIMEOUT && err.execution == DUBBOC_MAYBE_EXECUTED)
        passes(self, name);
    else
        fails(self, name, "expected E_TIMEOUT, maybe executed, came %s, %s: %s",
            dubboc_status_name(status), dubboc_execution_text(err.execution), err.text);
}

/* Calls GetUser count times. Returns how many calls did not return Joe. */
static int lost_calls(run *self, int count, dubboc_error *err)
{
    static const char params[] = "[\"A003\"]";
    dubboc_call_options options = options_of(self, USERS);
    dubboc_text result = {0};
    int lost = 0;
    for (int i = 0; i < count; i++)
        if (dubboc_call_raw(self->client, USERS, "GetUser", (dubboc_slice){params, strlen(params)},
                &options, &result, err) != DUBBOC_OK ||
            strstr(result.data, "\"Joe\"") == NULL)
            lost++;
    dubboc_text_free(&result);
    return lost;
}

static void check_50_in_a_row(run *self, const char *name)
{
    dubboc_error err = {0};
    int lost = lost_calls(self, 50, &err);
    if (lost == 0)
        passes(self, name);
    else
        fails(self, name, "expected 50 replies, %d failed: %s", lost, err.text);
}

typedef struct caller {
    run *run;
    pthread_t thread;
    int lost;
    dubboc_error err;
} caller;

static void *call_50(void *arg)
{
    caller *self = arg;
    self->lost = lost_calls(self->run, 50, &self->err);
    return NULL;
}

static void check_8_threads(run *self, const char *name)
{
    caller callers[8];
    int started = 0, lost = 0;
    const char *text = "a thread could not be started";
    for (; started < 8; started++) {
        callers[started] = (caller){.run = self};
        if (pthread_create(&callers[started].thread, NULL, call_50, &callers[started]) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(callers[i].thread, NULL);
        lost += callers[i].lost;
        if (callers[i].lost > 0)
            text = callers[i].err.text;
    }
    if (started == 8 && lost == 0)
        passes(self, name);
    else
        fails(self, name, "expected 400 replies, %d failed: %s", lost, text);
}

/* Makes calls after a pause. During the pause pooled connections become too old, are closed by the
 * peer, or stay good; no call may be lost in any of these cases. */
static void check_idle(run *self, const char *name)
{
    dubboc_error err = {0};
    int lost = lost_calls(self, 3, &err);
    nanosleep(&(struct timespec){.tv_sec = self->given.idle_s}, NULL);
    lost += lost_calls(self, 3, &err);
    if (lost == 0)
        passes(self, name);
    else
        fails(self, name, "expected 6 replies, %d failed: %s", lost, err.text);
}

static const struct {
    const char *name;
    void (*check)(run *self, const char *name);
    unsigned peers;
} others[] = {
    {"echo.big.40kib", check_40_kib, ALL},
    {"echo.string.1mib", check_1_mib, ALL},
    {"echo.whoami.address_and_pid", check_whoami, ALL},
    {"echo.sleep.longer_than_the_timeout", check_timeout, ALL},
    {"user.calls.50_in_a_row", check_50_in_a_row, ALL},
    {"user.calls.8_threads", check_8_threads, ALL},
    {"user.calls.after_idle", check_idle, ALL},
};

/* --- the program --- */

static const struct argp_option argp_options[] = {
    {"peer", 'p', "NAME", 0, "what the provider is written with", 0},
    {"registry", 'r', "ADDRESS", 0, "where it is found", 0},
    {"users", 'u', "URL", 0, "where UserProvider is, without registry", 0},
    {"echo", 'e', "URL", 0, "where EchoService is, without registry", 0},
    {"group", 'g', "G", 0, "its group", 0}, {"version", 'V', "V", 0, "its version", 0},
    {"only", 'o', "PART", 0, "only checks whose name holds it", 0},
    {"no-echo", 'n', NULL, 0, "there is no EchoService", 0},
    {"idle", 'i', "SECONDS", 0, "how long user.calls.after_idle rests", 0}, {0}};

/* The options whose argument is a text, and the fields that receive it. */
static const struct {
    int key;
    size_t offset;
} texts[] = {{'p', offsetof(settings, peer)}, {'r', offsetof(settings, registry)},
    {'u', offsetof(settings, users)}, {'e', offsetof(settings, echo)},
    {'g', offsetof(settings, group)}, {'V', offsetof(settings, version)},
    {'o', offsetof(settings, only)}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    settings *given = state->input;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].key == key) {
            *(const char **)((char *)given + texts[i].offset) = arg;
            return 0;
        }
    if (key == 'n')
        given->no_echo = true;
    else if (key == 'i')
        given->idle_s = atoi(arg);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static unsigned peer_of(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(peers[i].name, name) == 0)
            return peers[i].bit;
    fprintf(stderr, "consumer: no peer \"%s\" is known\n", name);
    exit(64);
}

static void check_all(run *self)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((rows[i].peers & self->peer) != 0 && is_wanted(self, rows[i].name))
            check_row(self, &rows[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if ((others[i].peers & self->peer) != 0 && is_wanted(self, others[i].name))
            others[i].check(self, others[i].name);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {.options = argp_options,
        .parser = parse,
        .doc = "Calls a provider and checks what it answers."};
    run self = {.given = {.peer = "c"}};
    dubboc_error err = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &self.given) != 0)
        return 64;
    setvbuf(stdout, NULL, _IOLBF, 0);
    self.peer = peer_of(self.given.peer);
    dubboc_client_options options = {
        .size = sizeof options, .registry = self.given.registry, .application = "interop-consumer"};
    if (dubboc_client_new(&options, &self.client, &err) != DUBBOC_OK) {
        fprintf(stderr, "consumer: %s\n", err.text);
        return 78;
    }
    check_all(&self);
    dubboc_client_free(self.client);
    printf("%d passed, %d failed\n", self.passed, self.failed);
    return self.failed == 0 && self.passed > 0 ? 0 : 1;
}

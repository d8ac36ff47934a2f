/* Numbers must pass through a whole call unchanged: a client, real sockets, and a server whose
 * handler returns the tree that it received. */
#include "tests/support/test.h"

#include <math.h>

#define NUMBERS 1000000
#define NUMBERS_A_CALL 2000

typedef struct fixture {
    dubboc_server *server;
    dubboc_client *client;
    char url[96];
    dubboc_error err;
} fixture;

static dubboc_status echo(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request;
    (void)arg;
    return dubboc_json_pack(result, NULL, "O", params);
}

static void begin(fixture *self)
{
    dubboc_server_options options = {
        .size = sizeof options, .registry = "", .ip = "127.0.0.1", .port = DUBBOC_NONE, .loops = 1};
    assert_status(DUBBOC_OK, dubboc_server_new(&options, &self->server, &self->err), &self->err);
    assert_status(DUBBOC_OK,
        dubboc_server_handle(self->server, "n.Echo", "echo", echo, NULL, &self->err), &self->err);
    assert_status(DUBBOC_OK, dubboc_server_start(self->server, &self->err), &self->err);
    snprintf(self->url, sizeof self->url, "http://%s/n.Echo", dubboc_server_address(self->server));
    assert_status(DUBBOC_OK, dubboc_client_new(NULL, &self->client, &self->err), &self->err);
}

static void end(fixture *self)
{
    dubboc_client_free(self->client);
    dubboc_server_free(self->server);
}

static cJSON *send_and_get_back(fixture *self, cJSON *params)
{
    dubboc_call_options options = {.size = sizeof options, .url = self->url, .timeout_ms = 30000};
    cJSON *back = NULL;
    assert_status(DUBBOC_OK,
        dubboc_call_with(self->client, "n.Echo", "echo", params, &options, &back, &self->err),
        &self->err);
    cJSON_Delete(params);
    return back;
}

/* Generates random numbers (splitmix64). The seed is fixed, so every run uses the same numbers. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void a_million_random_int64_come_back_exactly(void **state)
{
    (void)state;
    fixture self;
    uint64_t random = 1;
    int64_t sent[NUMBERS_A_CALL];
    begin(&self);
    for (int done = 0; done < NUMBERS; done += NUMBERS_A_CALL) {
        cJSON *params = cJSON_CreateArray();
        for (int i = 0; i < NUMBERS_A_CALL; i++) {
            sent[i] = (int64_t)next_random(&random) >> (i % 64); /* numbers of all magnitudes */
            assert_true(cJSON_AddItemToArray(params, dubboc_json_i64_new(sent[i])));
        }
        cJSON *back = send_and_get_back(&self, params), *item = back->child;
        for (int i = 0; i < NUMBERS_A_CALL; i++, item = item->next) {
            int64_t value;
            assert_status(DUBBOC_OK, dubboc_json_i64(item, &value), NULL);
            if (value != sent[i])
                fail_msg("sent %lld, got %lld", (long long)sent[i], (long long)value);
        }
        assert_null(item);
        cJSON_Delete(back);
    }
    end(&self);
}

static double random_double(uint64_t *random)
{
    for (;;) {
        uint64_t bits = next_random(random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            return value;
    }
}

static void a_million_random_doubles_come_back_bit_for_bit(void **state)
{
    (void)state;
    fixture self;
    uint64_t random = 2;
    double sent[NUMBERS_A_CALL];
    begin(&self);
    for (int done = 0; done < NUMBERS; done += NUMBERS_A_CALL) {
        cJSON *params = cJSON_CreateArray();
        for (int i = 0; i < NUMBERS_A_CALL; i++) {
            sent[i] = random_double(&random);
            assert_true(cJSON_AddItemToArray(params, cJSON_CreateNumber(sent[i])));
        }
        cJSON *back = send_and_get_back(&self, params), *item = back->child;
        for (int i = 0; i < NUMBERS_A_CALL; i++, item = item->next) {
            double value;
            assert_status(DUBBOC_OK, dubboc_json_double(item, &value), NULL);
            if (memcmp(&value, &sent[i], sizeof value) != 0)
                fail_msg("sent %a, got %a", sent[i], value);
        }
        cJSON_Delete(back);
    }
    end(&self);
}

static void numbers_no_double_holds_keep_their_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"9007199254740993", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "1e400", "-1E+400",
        "0.123456789012345678901234567890", "123456789012345678901234567890",
        "1.00000000000000000001"};
    fixture self;
    cJSON *params = cJSON_CreateArray();
    begin(&self);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_true(
            cJSON_AddItemToArray(params, dubboc_json_decimal_new(texts[i], strlen(texts[i]))));
    cJSON *back = send_and_get_back(&self, params), *item = back->child;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++, item = item->next) {
        char text[64];
        assert_status(DUBBOC_OK, dubboc_json_decimal(item, text, sizeof text), NULL);
        assert_string_equal(text, texts[i]);
    }
    cJSON_Delete(back);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_random_int64_come_back_exactly),
        cmocka_unit_test(a_million_random_doubles_come_back_bit_for_bit),
        cmocka_unit_test(numbers_no_double_holds_keep_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

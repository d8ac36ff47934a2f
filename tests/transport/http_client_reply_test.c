#include "tests/support/test.h"

#include "transport/http_client_reply.h"

#define BODY_MAX 1000u

/* Feeds text to the reader in pieces of at most step bytes, then its end if closes is true. Returns
 * the outcome. */
static http_client_read read_in_steps(
    http_client_reader *reader, const char *text, size_t len, size_t step, bool closes)
{
    http_client_read result = HTTP_CLIENT_READ_MORE;
    for (size_t at = 0; at < len && result == HTTP_CLIENT_READ_MORE;) {
        size_t size = 0;
        char *room = http_client_reader_room(reader, &size);
        assert_non_null(room);
        size_t take = len - at < step ? len - at : step;
        take = take < size ? take : size;
        memcpy(room, text + at, take);
        at += take;
        result = http_client_reader_feed(reader, take);
    }
    return result == HTTP_CLIENT_READ_MORE && closes ? http_client_reader_eof(reader) : result;
}

static http_client_reader start(void)
{
    http_client_reader reader;
    http_client_reader_init(&reader, BODY_MAX);
    return reader;
}

static void assert_slice(dubboc_slice slice, const char *text)
{
    if (slice.len == strlen(text) && memcmp(slice.at, text, slice.len) == 0)
        return;
    print_error("\"%.*s\" is not \"%s\"\n", (int)slice.len, slice.at, text);
    fail();
}

/* Feeds text in pieces of several sizes. Each size must give the same body. */
static void expect_body(const char *text, bool closes, const char *body, bool keep_alive)
{
    for (size_t step = 1; step <= strlen(text) + 1; step += step < 4 ? 1 : strlen(text) / 3 + 1) {
        http_client_reader reader = start();
        http_client_read result = read_in_steps(&reader, text, strlen(text), step, closes);
        if (result != HTTP_CLIENT_READ_DONE)
            print_error("%s\nin steps of %zu: %d %s\n", text, step, (int)result,
                reader.problem != NULL ? reader.problem : "");
        assert_int_equal(result, HTTP_CLIENT_READ_DONE);
        assert_slice(reader.reply.body, body);
        if (step > strlen(text)) /* smaller steps end before the bytes after the reply */
            assert_int_equal(reader.reply.keep_alive, keep_alive);
        http_client_reader_fini(&reader);
    }
}

static void expect_failure_of(
    const char *text, size_t len, bool closes, dubboc_status status, const char *problem)
{
    for (size_t step = 1; step <= len + 1; step += len) {
        http_client_reader reader = start();
        http_client_read result = read_in_steps(&reader, text, len, step, closes);
        if (result != HTTP_CLIENT_READ_FAILED || reader.status != status)
            print_error("%.300s\nin steps of %zu: %d %s\n", text, step, (int)result,
                dubboc_status_name(reader.status));
        assert_int_equal(result, HTTP_CLIENT_READ_FAILED);
        assert_int_equal(reader.status, status);
        assert_contains(reader.problem, problem);
        assert_int_equal(http_client_reader_eof(&reader), HTTP_CLIENT_READ_FAILED);
        http_client_reader_fini(&reader);
    }
}

static void expect_refused(const char *text, const char *problem)
{
    expect_failure_of(text, strlen(text), false, DUBBOC_E_PROTOCOL, problem);
}

static void reads_a_body_with_a_length(void **state)
{
    (void)state;
    expect_body(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\nhello",
        false, "hello", true);
    expect_body("HTTP/1.1 200 OK\r\ncontent-LENGTH:0\r\n\r\n", false, "", true);
    expect_body("HTTP/1.1 200\r\nContent-Length: 2 \t\r\n\r\nok", false, "ok", true);
    expect_body("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", false, "ok", true);
    expect_body("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", false, "ok", true);
}

static void reports_type_and_status(void **state)
{
    (void)state;
    http_client_reader reader = start();
    const char *text = "HTTP/1.1 404 Not Found\r\nContent-Type: \t text/html; charset=utf-8 "
                       "\r\nContent-Length: 3\r\n\r\nnot";
    assert_int_equal(read_in_steps(&reader, text, strlen(text), 1, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.status, 404);
    assert_slice(reader.reply.content_type, "text/html; charset=utf-8");
    http_client_reader_fini(&reader);
}

static void decodes_chunks(void **state)
{
    (void)state;
    expect_body(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n",
        false, "hello\n", true);
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n0b;a=b;c=\"d\"\r\nhello "
                "world\r\n000\r\nX-Trailer: 1\r\n\r\n",
        false, "hello world", true);
    expect_body(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA \r\n0123456789\r\n0\r\n\r\n", false,
        "0123456789", true);
    expect_body("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: "
                "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        false, "x", false);
}

static void a_body_without_a_length_ends_with_the_connection(void **state)
{
    (void)state;
    expect_body("HTTP/1.1 200 OK\r\n\r\nhello", true, "hello", false);
    expect_body("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", true, "", false);
}

static void knows_whether_the_connection_stays_open(void **state)
{
    (void)state;
    expect_body(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: foo , CLOSE\r\nContent-Length: 0\r\n\r\n", false,
        "", false);
    expect_body(
        "HTTP/1.1 200 OK\r\nConnection: foo\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        false, "", false);
    expect_body(
        "HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n", false, "", true);
    expect_body("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, "", false);
    expect_body(
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", false, "", true);
    expect_body("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n",
        false, "", false);
    expect_body(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", false, "ok", false);
    expect_body(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", false, "", false);
}

static void reads_the_status_line_of_old_dubbo_go(void **state)
{
    (void)state;
    expect_body("HTTP/0.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", false,
        "ok", false);
    expect_refused("HTTP/0.0 100 Continue\r\n\r\n", "not HTTP/1");
    expect_refused("HTTP/1.1 100 Continue\r\n\r\nHTTP/0.0 200 OK\r\n", "not HTTP/1");
}

static void reads_the_peers_idle_time(void **state)
{
    (void)state;
    const char *text =
        "HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=17\r\nContent-Length: 0\r\n\r\n";
    http_client_reader reader = start();
    assert_int_equal(
        read_in_steps(&reader, text, strlen(text), 1000, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.idle_s, 17);
    http_client_reader_reset(&reader, false);
    text = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=-5\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(
        read_in_steps(&reader, text, strlen(text), 1000, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.idle_s, -1);
    http_client_reader_fini(&reader);
}

static void replies_without_body_have_none(void **state)
{
    (void)state;
    expect_body("HTTP/1.1 204 No Content\r\n\r\n", false, "", true);
    expect_body("HTTP/1.1 304 Not Modified\r\n\r\n", false, "", true);
    expect_body("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, "", false);
    expect_body("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, "", false);
    http_client_reader reader = start();
    http_client_reader_reset(&reader, true);
    const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n";
    assert_int_equal(read_in_steps(&reader, text, strlen(text), 1, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.body.len, 0);
    assert_false(reader.reply.keep_alive);
    http_client_reader_fini(&reader);
}

static void skips_interim_replies(void **state)
{
    (void)state;
    expect_body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: "
                "close\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        false, "ok", true);
    expect_refused("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101");
    expect_refused("HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", "interim");
    char many[17 * 32] = "";
    for (int i = 0; i < 17; i++)
        strcat(many, "HTTP/1.1 100 Continue\r\n\r\n");
    expect_failure_of(many, strlen(many), false, DUBBOC_E_TOO_BIG, "interim");
}

static void reports_requests_that_were_not_executed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool expected;
    } cases[] = {
        {"HTTP/1.1 503 Busy\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 503 Busy\r\nDubboc-Not-Executed: 0\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 413 Big\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 500 Bad\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", false},
    };
    http_client_reader reader = start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_client_reader_reset(&reader, false);
        assert_int_equal(read_in_steps(&reader, cases[i].text, strlen(cases[i].text), 1000, false),
            HTTP_CLIENT_READ_DONE);
        assert_int_equal(reader.reply.not_executed, cases[i].expected);
    }
    http_client_reader_fini(&reader);
}

static void refuses_malformed_replies(void **state)
{
    (void)state;
    static const char *const cases[] = {"\r\nHTTP/1.1 200 OK\r\n", "http/1.1 200 OK\r\n",
        "HTTP/1.1  200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 600 OK\r\n", "HTTP/2 200 OK\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/1.2 200 OK\r\n",
        "HTTP/0.9 200 OK\r\n", "HTTP/11.1 200 OK\r\n", "HTTP/1.1\t200 OK\r\n",
        "HTTP/1.1 200\tOK\r\n", "HTTP/1.1 200 O\rK\r\n", "HTTP/1.1 +20 OK\r\n",
        "SSH-2.0-OpenSSH\r\n", "{\"jsonrpc\":\"2.0\"}\n", " HTTP/1.1 200 OK\r\n", "ICY 200 OK\r\n"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(cases[i], "");
    expect_failure_of("HTTP/1.1 200 O\0K\r\n", 18, false, DUBBOC_E_PROTOCOL, "control byte");
}

static void refuses_broken_headers(void **state)
{
    (void)state;
    static const char *const cases[] = {"Name : x", "Na me: x", ": x", "Name", " folded",
        "\tfolded", "N\x01me: x", "Name: a\rb", "Name: a\x01", "Name: \x7f", "Name: 0123456789\x1f",
        "Name: 01234567\03701234567", "N\xe4me: x", "Name\r", "\r", "Na[me: x", "(x): y"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nA: b\r\n%s\r\nContent-Length: 0\r\n\r\n",
            cases[i]);
        expect_refused(text, "head");
    }
    expect_failure_of(
        "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 25, false, DUBBOC_E_PROTOCOL, "control byte");
    expect_body(
        "HTTP/1.1 200 OK\r\nA: \xe4\xf6\t\xfc 0123456789\r\nB:\r\nContent-Length: 0\r\n\r\n", false,
        "", true);
}

static void refuses_unclear_lengths(void **state)
{
    (void)state;
    static const char *const cases[] = {"Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: -5",
        "Content-Length:", "Content-Length: 5x", "Content-Length: 0x5",
        "Content-Length: 99999999999999999999", "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5", "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked", "Transfer-Encoding:"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n\r\nhello", cases[i]);
        expect_refused(text, "");
    }
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", false,
        "hello", true);
}

static void refuses_broken_chunks(void **state)
{
    (void)state;
    static const char *const cases[] = {"\r\n", "x\r\n", "5\nhello", "5\r\nhelloX",
        "5\r\nhello\r\r\n", "5\r\nhello\n0\r\n", "-1\r\n", "0x5\r\n", "5 5\r\n", "5;a\x01\r\n",
        "00000000000000005\r\n", ";a\r\n", "0\r\nTrailer\r\n\r\n", "0\r\nA : b\r\n\r\n",
        "1\r\nx\r\n\r\n"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(
            text, sizeof text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s", cases[i]);
        expect_refused(text, "");
    }
}

static void a_reply_that_is_cut_off_fails_with_e_broken(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "HTTP/1.1 200 OK",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
        "HTTP/1.1 100 Continue\r\n\r\n"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_client_reader reader = start();
        assert_int_equal(
            read_in_steps(&reader, cases[i], strlen(cases[i]), 1, true), HTTP_CLIENT_READ_FAILED);
        assert_int_equal(reader.status, DUBBOC_E_BROKEN);
        assert_contains(reader.problem, "closed");
        http_client_reader_fini(&reader);
    }
}

static char *repeat(const char *first, const char *piece, size_t times)
{
    char *text = malloc(strlen(first) + strlen(piece) * times + 1);
    assert_non_null(text);
    char *end = stpcpy(text, first);
    for (size_t i = 0; i < times; i++)
        end = stpcpy(end, piece);
    return text;
}

static void expect_too_big(const char *first, const char *piece, size_t times, const char *problem)
{
    char *text = repeat(first, piece, times);
    expect_failure_of(text, strlen(text), false, DUBBOC_E_TOO_BIG, problem);
    free(text);
}

static void every_part_of_a_reply_has_its_limit(void **state)
{
    (void)state;
    char long_header[404];
    snprintf(long_header, sizeof long_header, "A: %0398d\r\n", 0);
    const char *chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const char *trailer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    expect_too_big("", "HTTP/1.1 200 OK, or rather not quite", 2000, "64 KiB");
    expect_too_big("HTTP/1.1 200 OK\r\n", long_header, 180, "64 KiB");
    expect_too_big("HTTP/1.1 200 OK\r\n", "A: b\r\n", 201, "200 headers");
    expect_too_big("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "", 1, "reply_max");
    expect_too_big("HTTP/1.1 200 OK\r\n\r\n", "0123456789", 101, "reply_max");
    expect_too_big(chunked, "14\r\n01234567890123456789\r\n", 51, "reply_max");
    expect_too_big(chunked, "FFFFFFFFFFFFFFFF\r\n", 1, "reply_max");
    expect_too_big(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", "0123456789", 410, "4 KiB");
    expect_too_big(trailer, long_header, 180, "64 KiB");
    expect_too_big(trailer, "A: b\r\n", 201, "200 headers");
    char *most = repeat("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "0123456789", 100);
    http_client_reader reader = start();
    assert_int_equal(read_in_steps(&reader, most, strlen(most), 7, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.body.len, BODY_MAX);
    http_client_reader_fini(&reader);
    free(most);
}

/* Chunk framing must not use memory: 1000 one-byte chunks with extensions of 2000 bytes keep the
 * buffer within 16 KiB. */
static void chunk_framing_costs_no_memory(void **state)
{
    (void)state;
    http_client_reader reader = start();
    const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_int_equal(
        read_in_steps(&reader, head, strlen(head), 1000, false), HTTP_CLIENT_READ_MORE);
    char chunk[2010];
    snprintf(chunk, sizeof chunk, "1;%02000d\r\nx\r\n", 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(
            read_in_steps(&reader, chunk, strlen(chunk), 700, false), HTTP_CLIENT_READ_MORE);
    assert_in_range(reader.in.capacity, 1, 16384);
    assert_int_equal(read_in_steps(&reader, "0\r\n\r\n", 5, 2, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.body.len, 1000);
    http_client_reader_fini(&reader);
}

/* Long lines arrive byte by byte. The reader must look at each byte only once, because parsing a
 * line again for each of its bytes would take far too long. */
static void bytes_that_arrive_slowly_are_parsed_once(void **state)
{
    (void)state;
    http_client_reader reader;
    http_client_reader_init(&reader, 8 << 20);
    const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_int_equal(read_in_steps(&reader, head, strlen(head), 1, false), HTTP_CLIENT_READ_MORE);
    for (int i = 0; i < 200; i++) {
        char *line = repeat("1;", "0123456789", 400);
        assert_int_equal(
            read_in_steps(&reader, line, strlen(line), 1, false), HTTP_CLIENT_READ_MORE);
        assert_true(reader.seen == reader.in.len);
        assert_int_equal(read_in_steps(&reader, "\r\nx\r\n", 5, 1, false), HTTP_CLIENT_READ_MORE);
        free(line);
    }
    assert_int_equal(read_in_steps(&reader, "0\r\n\r\n", 5, 1, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.body.len, 200);
    http_client_reader_fini(&reader);
}

static void a_reader_serves_many_replies_and_gives_big_memory_back(void **state)
{
    (void)state;
    http_client_reader reader;
    http_client_reader_init(&reader, 8 << 20);
    char *big = repeat("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "0123456789", 100000);
    assert_int_equal(read_in_steps(&reader, big, strlen(big), 65536, false), HTTP_CLIENT_READ_DONE);
    assert_int_equal(reader.reply.body.len, 1000000);
    free(big);
    http_client_reader_reset(&reader, false);
    assert_int_equal(reader.in.capacity, 0);
    const char *small = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char *data = NULL;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            read_in_steps(&reader, small, strlen(small), 10, false), HTTP_CLIENT_READ_DONE);
        assert_slice(reader.reply.body, "ok");
        assert_true(i == 0 || data == reader.in.data);
        data = reader.in.data;
        http_client_reader_reset(&reader, false);
    }
    http_client_reader_fini(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_body_with_a_length),
        cmocka_unit_test(reports_type_and_status),
        cmocka_unit_test(decodes_chunks),
        cmocka_unit_test(a_body_without_a_length_ends_with_the_connection),
        cmocka_unit_test(knows_whether_the_connection_stays_open),
        cmocka_unit_test(reads_the_status_line_of_old_dubbo_go),
        cmocka_unit_test(reads_the_peers_idle_time),
        cmocka_unit_test(replies_without_body_have_none),
        cmocka_unit_test(skips_interim_replies),
        cmocka_unit_test(reports_requests_that_were_not_executed),
        cmocka_unit_test(refuses_malformed_replies),
        cmocka_unit_test(refuses_broken_headers),
        cmocka_unit_test(refuses_unclear_lengths),
        cmocka_unit_test(refuses_broken_chunks),
        cmocka_unit_test(a_reply_that_is_cut_off_fails_with_e_broken),
        cmocka_unit_test(every_part_of_a_reply_has_its_limit),
        cmocka_unit_test(chunk_framing_costs_no_memory),
        cmocka_unit_test(bytes_that_arrive_slowly_are_parsed_once),
        cmocka_unit_test(a_reader_serves_many_replies_and_gives_big_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

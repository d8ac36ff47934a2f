/* Ambiguous framing is refused: the peer gets one status and a closed connection, and no part of
 * the request is handled (libraries.md M3). */
#include "tests/transport/server_peer.h"

#include <microhttpd.h>
#include <unistd.h>

typedef struct refusal {
    const char *what;
    const char *bytes;
    size_t len;
    int status;
} refusal;

#define BYTES(text) (text), sizeof(text) - 1
#define HIDDEN "POST /hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

static const refusal refusals[] = {
    {"two lengths",
        BYTES(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 54\r\n\r\n" HIDDEN),
        400},
    {"two equal lengths",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: "
              "3\r\n\r\nabc" HIDDEN),
        400},
    {"length and encoding",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"encoding and length",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
              "5\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"two encodings",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"encoding gzip",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc" HIDDEN), 501},
    {"encoding gzip, chunked",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, "
              "chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        501},
    {"encoding in HTTP/1.0",
        BYTES("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"blank before the colon",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 54\r\n\r\n" HIDDEN), 400},
    {"tab before the colon",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"blank in a name", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n" HIDDEN), 400},
    {"folded header", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\nX-B: 3\r\n\r\n" HIDDEN),
        400},
    {"folded last header", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n" HIDDEN),
        400},
    {"bare LF between headers", BYTES("POST / HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n" HIDDEN), 400},
    {"bare CR between headers", BYTES("POST / HTTP/1.1\r\nHost: x\rX-A: 1\r\n\r\n" HIDDEN), 400},
    {"bare LF after the request line", BYTES("POST / HTTP/1.1\nHost: x\r\n\r\n" HIDDEN), 400},
    {"bare LF at the end", BYTES("POST / HTTP/1.1\r\nHost: x\r\n\n" HIDDEN), 400},
    {"bare LFs at the end", BYTES("POST / HTTP/1.1\r\nHost: x\n\n" HIDDEN), 400},
    {"NUL in a value",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\0"
              "2\r\n\r\n" HIDDEN),
        400},
    {"NUL after a length",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\0"
              "54\r\n\r\n" HIDDEN),
        400},
    {"NUL in the target", BYTES("POST /a\0b HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"control byte in a value",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: a\x01"
              "b\r\n\r\n" HIDDEN),
        400},
    {"DEL in a value",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: a\x7f"
              "b\r\n\r\n" HIDDEN),
        400},
    {"control byte in the target", BYTES("POST /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"tab in the target", BYTES("POST /a\tb HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"blank in the target", BYTES("POST /a b HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"two blanks before the version", BYTES("POST /a  HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"two blanks before the target", BYTES("POST  /a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"target without a slash", BYTES("POST a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"method that is no token", BYTES("PO(ST / HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"two hosts", BYTES("POST / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"the host is missing", BYTES("POST / HTTP/1.1\r\nX-A: 1\r\n\r\n" HIDDEN), 400},
    {"no header at all", BYTES("POST / HTTP/1.1\r\n\r\n" HIDDEN), 400},
    {"HTTP/1.2", BYTES("POST / HTTP/1.2\r\nHost: x\r\n\r\n" HIDDEN), 505},
    {"unknown expectation",
        BYTES(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: the-worst\r\nContent-Length: 1\r\n\r\na" HIDDEN),
        417},
    {"white space behind chunked",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked \r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"tab behind chunked",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"trailer without a name",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n: "
              "b\r\n\r\n" HIDDEN),
        400},
    {"blank in a trailer's name",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX Y: "
              "b\r\n\r\n" HIDDEN),
        400},
    {"control byte in a trailer",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "
              "\x01\r\n\r\n" HIDDEN),
        400},
    {"byte 0xFF in the target", BYTES("POST /a\xff HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"UTF-8 in the query", BYTES("POST /a?\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN), 400},
    {"length above the limit",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n"), 413},
};

#define CLOSED_UNANSWERED (-1)

/* The rows that libmicrohttpd 1.0 treats in its own way before our guard sees the request, and the
 * status that results (docs/libraries.md). */
static const struct {
    const char *what;
    int status;
} with_1_0[] = {
    {"encoding gzip", 400},
    {"encoding gzip, chunked", 400},
    {"NUL in the target", CLOSED_UNANSWERED},
    {"white space behind chunked", 200},
    {"tab behind chunked", 200},
};

static int expected_status(const refusal *each)
{
    if (atoi(MHD_get_version()) >= 1)
        for (size_t i = 0; i < sizeof with_1_0 / sizeof *with_1_0; i++)
            if (strcmp(with_1_0[i].what, each->what) == 0)
                return with_1_0[i].status;
    return each->status;
}

/* Counts status lines only, because the page that libmicrohttpd sends may contain "HTTP/1.1"
 * too. */
static int count_answers(const char *text)
{
    return count_of(text, "\nHTTP/1.1 ") + (strncmp(text, "HTTP/1.1 ", 9) == 0 ? 1 : 0);
}

static void refuses(const echo_server *echo, const refusal *each)
{
    char text[4096];
    int expected = expected_status(each);
    int fd = peer_connect(echo);
    peer_send(fd, each->bytes, each->len);
    ssize_t len = peer_read_all(fd, text, sizeof text);
    close(fd);
    int status = len > 12 ? atoi(text + 9) : len == 0 ? CLOSED_UNANSWERED : 0;
    int answers = expected == CLOSED_UNANSWERED ? 0 : 1;
    if (status != expected || count_answers(text) != answers ||
        count_of(text, "Connection: close\r\n") != answers)
        fail_msg(
            "%s: expected one %d and a close, got %zd bytes: %s", each->what, expected, len, text);
}

#define CHUNKED "POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

/* libmicrohttpd may accept these requests (docs/libraries.md). The bytes after the body must then
 * not be handled as a request. */
static const char *const unseen[] = {
    CHUNKED "1\na\r\n0\r\n\r\n" HIDDEN,
    CHUNKED "1\r\na\n0\r\n\r\n" HIDDEN,
    CHUNKED "1\r\na\r\n0\n\n" HIDDEN,
    CHUNKED "1;x=\x01\r\na\r\n0\r\n\r\n" HIDDEN,
    CHUNKED "1\r\na\r\n0\r\nX-A: b\n\r\n" HIDDEN,
    CHUNKED "1\r\na\r\n0\r\nX-A: b\r\n c\r\n\r\n" HIDDEN,
    CHUNKED "1\r\na\r\n0\r\nContent-Length: 5\r\nHost: y\r\n\r\n" HIDDEN,
    CHUNKED "1\r\na\r\n0\r\nno colon\r\n\r\n" HIDDEN,
};

static void bytes_after_a_chunked_body_are_not_a_request(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        char text[4096];
        int before = atomic_load(&echo.handled);
        int fd = peer_connect(&echo);
        peer_say(fd, unseen[i]);
        ssize_t len = peer_read_all(fd, text, sizeof text);
        close(fd);
        if (len <= 0 || strstr(text, "/hidden") != NULL || atomic_load(&echo.handled) > before + 1)
            fail_msg("row %zu: got %zd bytes: %s", i, len, text);
    }
    echo_stop(&echo);
}

static const char *const wrong_hosts[] = {"a b", "user@h", "user:pw@h:80", "h/path", "h?q", "h#f",
    "h\\p", "h:99999", "h:65536", "h:-1", "h:8a", "h:80:90", ":80", "[::1", "::1", "[::1]x",
    "[::1]:99999", "[1.2.3.4]", "[::g]", "[]", "[::1%]", "a%2", "a%zz", "a,\"b", "<h>", "h\xc3\xa4",
    "http://h"};

static const char *const sound_hosts[] = {"", "x", "h:80", "h:", "h:65535", "a.b-c_d.example",
    "a.example.", "1.2.3.4:1", "a%2Db", "[::1]", "[::1]:8080", "[::ffff:1.2.3.4]",
    "[fe80::1%eth0]:80", "[fe80::1%25eth0]", "x ", "\t h:80 \t"};

/* Sends host in a Host header or, if is_target, in an absolute request target. Returns the
 * status. */
static int status_of_host(const echo_server *echo, const char *host, bool is_target)
{
    char text[4096];
    int fd = peer_connect(echo);
    snprintf(text, sizeof text,
        is_target ? "GET http://%s/p HTTP/1.1\r\nHost: x\r\n\r\n"
                  : "GET /p HTTP/1.1\r\nHost: %s\r\n\r\n",
        host);
    peer_say(fd, text);
    int status = peer_read_reply(fd, text, sizeof text);
    if (status == 200 && strstr(text, "GET /p? ") == NULL)
        fail_msg("%s: wrong path in %s", host, text);
    close(fd);
    return status;
}

static void a_malformed_host_header_is_refused(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (size_t i = 0; i < sizeof wrong_hosts / sizeof wrong_hosts[0]; i++) {
        if (status_of_host(&echo, wrong_hosts[i], false) != 400)
            fail_msg("accepted as Host: %s", wrong_hosts[i]);
        /* in a target, '/', '?' or '#' ends the host, so such a row is tested in the header only */
        bool is_host = strpbrk(wrong_hosts[i], "/?#") == NULL;
        if (is_host && status_of_host(&echo, wrong_hosts[i], true) != 400)
            fail_msg("accepted in the target: %s", wrong_hosts[i]);
    }
    assert_int_equal(atomic_load(&echo.handled), 0);
    assert_int_equal(status_of_host(&echo, "", true), 400);
    for (size_t i = 0; i < sizeof sound_hosts / sizeof sound_hosts[0]; i++)
        if (status_of_host(&echo, sound_hosts[i], false) != 200)
            fail_msg("refused as Host: %s", sound_hosts[i]);
    for (size_t i = 1; strpbrk(sound_hosts[i], " \t") == NULL; i++)
        if (status_of_host(&echo, sound_hosts[i], true) != 200)
            fail_msg("refused in the target: %s", sound_hosts[i]);
    echo_stop(&echo);
}

static void a_target_without_a_path_means_the_root(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t, "GET http://h?a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "GET /?a/b ");
    talk_say(&t, "GET http://h:1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "GET /? ");
    talk_end(&t);
}

static void ambiguous_framing_gets_one_answer_and_a_closed_connection(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int passing = 0;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        refuses(&echo, &refusals[i]);
        passing += expected_status(&refusals[i]) == 200;
    }
    assert_int_equal(atomic_load(&echo.handled), passing);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ambiguous_framing_gets_one_answer_and_a_closed_connection),
        cmocka_unit_test(bytes_after_a_chunked_body_are_not_a_request),
        cmocka_unit_test(a_malformed_host_header_is_refused),
        cmocka_unit_test(a_target_without_a_path_means_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Framing that could be understood in two ways is refused: one status, a closed connection, and nothing of it is handled (traps M3). */
#include "tests/transport/server_peer.h"

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
    {"two lengths", BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 54\r\n\r\n" HIDDEN), 400},
    {"two equal lengths", BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc" HIDDEN), 400},
    {"length and encoding",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN), 400},
    {"encoding and length",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" HIDDEN), 400},
    {"two encodings",
        BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        400},
    {"encoding gzip", BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc" HIDDEN), 501},
    {"encoding gzip, chunked", BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        501},
    {"encoding in HTTP/1.0", BYTES("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN), 400},
    {"blank before the colon", BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 54\r\n\r\n" HIDDEN), 400},
    {"tab before the colon", BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" HIDDEN), 400},
    {"blank in a name", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n" HIDDEN), 400},
    {"folded header", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\nX-B: 3\r\n\r\n" HIDDEN), 400},
    {"folded last header", BYTES("POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n" HIDDEN), 400},
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
    {"no host", BYTES("POST / HTTP/1.1\r\nX-A: 1\r\n\r\n" HIDDEN), 400},
    {"no header at all", BYTES("POST / HTTP/1.1\r\n\r\n" HIDDEN), 400},
    {"HTTP/1.2", BYTES("POST / HTTP/1.2\r\nHost: x\r\n\r\n" HIDDEN), 505},
    {"unknown expectation", BYTES("POST / HTTP/1.1\r\nHost: x\r\nExpect: the-worst\r\nContent-Length: 1\r\n\r\na" HIDDEN), 417},
    {"length above the limit", BYTES("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n"), 413},
};

static void refuses(const echo_server *echo, const refusal *each)
{
    char text[4096];
    int fd = peer_connect(echo);
    peer_send(fd, each->bytes, each->len);
    ssize_t len = peer_read_all(fd, text, sizeof text);
    close(fd);
    int status = len > 12 ? atoi(text + 9) : 0;
    if (status != each->status || count_of(text, "HTTP/1.1 ") != 1 || count_of(text, "Connection: close\r\n") != 1)
        fail_msg("%s: expected one %d and a close, got %zd bytes: %s", each->what, each->status, len, text);
}

static void answers_doubtful_framing_once_and_closes(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        refuses(&echo, &refusals[i]);
    assert_int_equal(atomic_load(&echo.handled), 0);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_doubtful_framing_once_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

"""What a provider answers to wrong input, and that it continues to serve afterwards. Uses real
sockets and an example provider."""

import json
import re

from harness import *

PATH = "/" + ECHO


def rpc(method, params=None, id=1, **more):
    message = {"jsonrpc": "2.0", "method": method, "id": id, **more}
    if params is not None:
        message["params"] = params
    return json.dumps(message)


def answer(provider, body, **more):
    status, headers, text = post(provider.address, PATH, body, **more)
    return status, json.loads(text) if text else None


def error_of(provider, body):
    status, reply = answer(provider, body)
    assert status == 200, (status, reply)
    assert "result" not in reply, reply
    assert reply["error"]["data"]["exceptionTypeName"] == "java.lang.RuntimeException", reply
    return reply["error"]["code"], reply["id"], reply["error"]["message"]


def test_bodies_that_are_not_json_get_a_parse_error():
    provider = Provider()
    for body in (b"{bad", b"", b"[1,2", b'{"a":"\xff"}', b"\xef\xbb\xbf" + rpc("echo", [1]).encode(), b"[" * 200 + b"]" * 200, rpc("echo", [1]) + "x"):
        code, id, message = error_of(provider, body)
        assert (code, id) == (-32700, None), (body, code, id, message)
    assert call(provider, "echo", 1).json() == 1


def test_json_that_is_no_request_gets_invalid_request():
    provider = Provider()
    for body in ("1", '"x"', "[]", "{}", '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","method":1,"id":1}', '{"jsonrpc":"1.0","method":"echo","id":1}',
                 '{"jsonrpc":"2.0","method":"echo","params":5,"id":1}', '{"jsonrpc":"2.0","method":"echo","params":[1],"id":true}',
                 '{"jsonrpc":"2.0","method":"echo","params":[1],"id":{}}', '{"jsonrpc":"2.0","method":"echo","method":"fail","params":[1],"id":1}'):
        code, id, message = error_of(provider, body)
        assert code == -32600, (body, code, message)


def test_unknown_methods_and_paths_are_named_and_the_connection_stays():
    provider = Provider()
    code, id, message = error_of(provider, rpc("nope", [], 7))
    assert (code, id) == (-32601, 7) and "nope" in message, message
    body = rpc("echo", [1])
    one = f"POST /com.example.Other HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    two = one.replace("com.example.Other", ECHO)
    got, closed = raw(provider.address, (one + two).encode())
    assert got.count(b"HTTP/1.1 200") == 2 and b"-32601" in got and b"com.example.Other" in got and b'"result":1' in got and not closed, got


def test_wrong_params_name_the_parameter():
    provider = Provider()
    code, id, message = error_of(provider, rpc("add", [1, "two"]))
    assert code == -32602 and "params[1]" in message and "string" in message, message
    status, reply = answer(provider, rpc("add", [9223372036854775807, 1]))
    assert "beyond 64 bits" in reply["error"]["message"], reply


def test_a_method_with_a_zero_byte_in_its_name_is_another_method():
    provider = Provider()
    code, id, message = error_of(provider, '{"jsonrpc":"2.0","method":"echo\\u0000x","params":[1],"id":1}')
    assert code == -32601, message


def test_ids_come_back_byte_for_byte():
    provider = Provider()
    for id in ("1", "0", "-5", "1469071830258", "18446744073709551616", '"-4739265178932176432"', '"5a0d3c9e-2f51-4c1a-9d0e-0d7c6a3f2b11"', '"\\u0041"',
               "1.50", "null"):
        status, headers, text = post(provider.address, PATH, '{"jsonrpc":"2.0","method":"echo","params":["x"],"id":%s}' % id)
        assert text == b'{"jsonrpc":"2.0","id":%s,"result":"x"}\n' % id.encode(), text


def test_other_http_methods_get_405_and_other_content_types_get_415():
    provider = Provider()
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        status, headers, text = post(provider.address, PATH, rpc("echo", [1]), method=method)
        assert status == 405 and headers.get("allow") == "POST", (method, status, headers)
    for good in ("application/json", "application/json-rpc", "application/jsonrpc", "application/json; charset=utf-8", "Application/JSON"):
        assert answer(provider, rpc("echo", [1]), headers={"Content-Type": good})[0] == 200, good
    assert answer(provider, rpc("echo", [1]), headers={"X-Nothing": "1"})[0] == 200
    assert post(provider.address, PATH, rpc("echo", [1]), headers={"Content-Type": "text/xml"})[0] == 415


def request(*lines, body=b""):
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def test_framing_tricks_get_one_refusal_and_a_closed_connection():
    provider = Provider()
    good = rpc("echo", [1]).encode()
    length = f"Content-Length: {len(good)}"
    hidden = request(f"POST {PATH} HTTP/1.1", "Host: x", length, body=good)
    first = f"POST {PATH} HTTP/1.1"
    for lines in ((first, "Host: x", "Content-Length: 0", length), (first, "Host: x", length, "Transfer-Encoding: chunked"),
                  (first, "Host: x", f"Content-Length : {len(good)}"), (first, "Host: x", "Transfer-Encoding: gzip"),
                  (first, "Host: x", "Host: y", length), (first, "Host: x", "X-A: a\x01b", length), (first, "Host: x", "X\x01: a", length),
                  (first, length)):
        got, closed = raw(provider.address, request(*lines, body=good) + hidden)
        # At the start of a line, because the page that libmicrohttpd 1.0 sends also contains
        # "HTTP/1.1".
        answers = re.findall(rb"^HTTP/1\.1 (\d+)", got, re.MULTILINE)
        assert answers in ([b"400"], [b"501"]) and closed, (lines, got)
    assert call(provider, "echo", 1).json() == 1


def test_a_body_over_the_ceiling_gets_a_413_that_can_be_read():
    provider = Provider(DUBBOC_SERVER_BODY_MAX="64KiB")
    big = rpc("echo", ["x" * 1_000_000]).encode()
    got, closed = raw(provider.address, request(f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(big)}", body=big))
    assert got.split()[1] == b"413" and closed, got
    assert call(provider, "echo", 1).json() == 1


def test_a_batch_is_answered_in_order_and_loses_nothing():
    provider = Provider()
    batch = f'[{rpc("echo", ["a"], 1)},1,{rpc("nope", [], 2)},{{"jsonrpc":"2.0","method":"echo","params":[0]}},{rpc("sleep", [1], "3")}]'
    status, replies = answer(provider, batch)
    assert [(r["id"], r.get("result"), r.get("error", {}).get("code")) for r in replies] == [
        (1, "a", None), (None, None, -32600), (2, None, -32601), ("3", 1, None)], replies


def test_notifications_get_an_empty_200():
    provider = Provider()
    status, headers, text = post(provider.address, PATH, '{"jsonrpc":"2.0","method":"echo","params":[1]}')
    assert (status, text) == (200, b""), (status, text)


def test_numbers_are_exact_both_ways():
    provider = Provider()
    for number in ("9007199254740993", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e400",
                   "0.123456789012345678901234567890", "1.5", "-0.0", "1E5"):
        for method in ("echo", "echoRaw"):
            out = dubboc("call", "--raw", "-u", provider.url(), ECHO, method, f"[{number}]").out.strip()
            if method == "echoRaw" or number != "1E5":
                assert out == number, (method, number, out)
    assert call(provider, "add", 9223372036854775806, 1).json() == 9223372036854775807


def test_a_port_in_use_is_reported_in_one_line():
    provider = Provider()
    port = provider.address.rsplit(":", 1)[1]
    second = subprocess.run([os.path.join(BUILD, "examples", "echo-provider")], capture_output=True, timeout=20,
                            env=environment(DUBBOC_SERVER_IP="127.0.0.1", DUBBOC_SERVER_PORT=port))
    lines = second.stderr.decode().splitlines()
    assert second.returncode != 0 and len(lines) == 1 and port in lines[0] and "in use" in lines[0].lower(), second


def test_wrong_configuration_is_refused_at_start_with_its_place():
    where = folder()
    path = os.path.join(where, "app.ini")
    for text, words in (("[server]\nporf = 1\n", ("app.ini:2", "porf", "port")), ("[sevrer]\n", ("app.ini:1", "sevrer")),
                        ("[client]\nrequest_timeout = 5 parsecs\n", ("app.ini:2", "request_timeout", "5 parsecs")),
                        ("[client]\nload_balance = leastactive\n", ("app.ini:2", "leastactive", "release"))):
        with open(path, "w") as file:
            file.write(text)
        for run in (lambda: dubboc("config", "check", path), lambda: dubboc("call", "-u", "http://127.0.0.1:1/x", "x", "y", DUBBOC_CONF_FILE=path)):
            done = run()
            assert done.status == 78 and all(word in done.err for word in words), (text, done)
    gone = dubboc("call", "-u", "http://127.0.0.1:1/x", "x", "y", DUBBOC_CONF_FILE=path + ".gone")
    assert gone.status == 78 and "app.ini.gone" in gone.err, gone
    bad = dubboc("call", "-u", "http://127.0.0.1:1/x", "x", "y", DUBBOC_CLIENT_RETRIES="many")
    assert bad.status == 78 and "DUBBOC_CLIENT_RETRIES" in bad.err and "many" in bad.err, bad


def test_a_missing_peer_is_named_and_the_call_is_not_executed():
    port = free_port()
    gone = dubboc("call", "-u", f"http://127.0.0.1:{port}/x", "x", "y")
    assert gone.status == 2 and f"127.0.0.1:{port}" in gone.err and "not executed" in gone.err and "efused" in gone.err, gone
    assert len(gone.err.splitlines()) == 1, gone


def test_an_error_object_is_printed_on_standard_error():
    provider = Provider("user-provider")
    failed = dubboc("call", "-u", provider.url(USERS), USERS, "GetErr", '["A1"]')
    assert failed.status == 1 and failed.out == "", failed
    error = json.loads(failed.err)
    assert error["message"] == "no user A1" and error["data"]["exceptionTypeName"] == "java.lang.Exception", failed


def test_wrong_usage_has_status_64():
    for argv in ((), ("nonsense",), ("call",), ("call", "--nonsense"), ("call", "-u", "http://127.0.0.1:1/x", "x"), ("call", "-t", "5 apples", "x", "y")):
        done = dubboc(*argv)
        assert done.status == 64 and done.out == "", (argv, done)


if __name__ == "__main__":
    run(globals())

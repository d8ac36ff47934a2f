"""`dubboc call` with a peer in Python: what is sent, what is printed, and how each outcome of a
call is reported."""
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import DUBBOC, LIMIT_S, Folder, dubboc, environment, equal, holds, run  # noqa: E402

INTERFACE = "com.example.Echo"
# 100 ms of grace for calls under way, and some time for a busy machine.
INTERRUPTED_S = 1 if os.environ.get("SANITIZER") is None else 5


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the peer's script says: script(request) returns the body of the reply, or None
    to close the connection."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        self.server.requests.append((self.path, dict(self.headers.items()), request))
        reply = self.server.script(request)
        if reply is None:
            self.close_connection = True
            return
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Peer:
    """A JSON-RPC peer on a free port of this machine."""

    def __init__(self, script):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.script = script
        self.server.requests = []

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        self.url = "http://%s/%s" % (self.address, INTERFACE)
        self.node = "static:jsonrpc://%s/%s?interface=%s" % (self.address, INTERFACE, INTERFACE)
        self.requests = self.server.requests
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def echo(request):
    return {"jsonrpc": "2.0", "id": request["id"], "result": request["params"]}


def answer_text(text):
    """A reply whose result is this text, byte for byte."""
    return lambda request: b'{"jsonrpc":"2.0","id":' + json.dumps(request["id"]).encode() + b',"result":' + text + b"}"


def call(*arguments, **more):
    return dubboc("call", *arguments, **more)


def a_result_is_one_line_of_json():
    with Peer(echo) as peer:
        end = call("-u", peer.url, INTERFACE, "echo", '[1, {"a": "\u00e4"}, null]')
        equal((end.status, end.out, end.err), (0, '[1,{"a":"\u00e4"},null]\n', ""), end)
        equal(peer.requests[0][0], "/" + INTERFACE)
        equal((peer.requests[0][2]["method"], peer.requests[0][2]["params"]), ("echo", [1, {"a": "\u00e4"}, None]))


def params_default_to_an_empty_array_and_come_from_standard_input():
    with Peer(echo) as peer:
        equal(call("-u", peer.url, INTERFACE, "echo").out, "[]\n")
        equal(call("-u", peer.url, INTERFACE, "echo", "-", stdin=b' {"a":\n1} \n').out, '{"a":1}\n')
        long = json.dumps(["x" * 300000])
        equal(json.loads(call("-u", peer.url, INTERFACE, "echo", "-", stdin=long.encode()).out), ["x" * 300000])


def params_come_from_a_file():
    with Peer(echo) as peer, Folder() as folder:
        path = folder.file("params.json", '["from a file"]\n')
        equal(call("-u", peer.url, INTERFACE, "echo", "@" + path).out, '["from a file"]\n')
        end = call("-u", peer.url, INTERFACE, "echo", "@/nowhere/params.json")
        equal((end.status, end.out), (64, ""), end)
        holds(end.err, "PARAMS file /nowhere/params.json cannot be read: No such file or directory")
        end = call("-u", peer.url, INTERFACE, "echo", "@" + folder.path)
        equal((end.status, end.out), (2, ""), end)
        equal(len(peer.requests), 1)


def params_that_are_no_array_or_object_get_a_suggestion():
    for given, meant in (("5", "[5]"), ("A003", '["A003"]'), ('"A003"', '["A003"]'), ("null", "[null]"), ("a b", '["a b"]')):
        for command in ("call", "bench"):
            end = dubboc(command, "-u", "http://127.0.0.1:1/x", INTERFACE, "echo", given)
            equal((end.status, end.out), (64, ""), end)
            holds(end.err, "did you mean '%s'?" % meant)
    end = call("-u", "http://127.0.0.1:1/x", INTERFACE, "echo", "x" * 100000)
    equal(end.status, 64)
    equal("did you mean" in end.err, False, end)


def an_error_in_params_of_a_file_names_the_file():
    """The error does not suggest quotes ("did you mean"): a shell strips them from an argument, not from a file."""
    with Folder() as folder:
        for text, fault in (("5", "expected a JSON array or object"), ('[1, "x]', "not JSON"), ("A003", "not JSON"), ("", "not JSON")):
            path = folder.file("params.json", text)
            for command in ("call", "bench"):
                end = dubboc(command, "-u", "http://127.0.0.1:1/x", INTERFACE, "echo", "@" + path)
                equal((end.status, end.out, "did you mean" in end.err), (64, "", False), end)
                holds(end.err, "dubboc: PARAMS file %s: %s" % (path, fault))
        end = call("-u", "http://127.0.0.1:1/x", INTERFACE, "echo", "@" + folder.path)
        holds(end.err, "dubboc: PARAMS file %s cannot be read: Is a directory" % folder.path)
    end = call("-u", "http://127.0.0.1:1/x", INTERFACE, "echo", "-", stdin=b"5")
    equal((end.status, end.err), (64, "dubboc: PARAMS on standard input: expected a JSON array or object\n"), end)


def a_mistyped_interface_is_reported_with_the_nearest_name():
    where = "static:jsonrpc://127.0.0.1:1/com.example.Orders"
    for command in (["call"], ["bench", "-n", "1", "-c", "1"]):
        end = dubboc(*command, "-r", where, "com.example.Order", "m")
        equal(end.status, 2, end)
        holds(end.err, "com.example.Order is not known at %s, did you mean com.example.Orders?\n" % where)
        end = dubboc(*command, "-r", where, "com.example.Orders", "m")
        equal("did you mean" in end.err, False, end)


def an_unreachable_registry_is_reported_with_the_reason():
    for command in (["call"], ["bench", "-n", "1", "-c", "1"]):
        end = dubboc(*command, "-t", "1800ms", "-r", "zookeeper://127.0.0.1:1", INTERFACE, "m")
        equal((end.status, end.err.count("\n")), (2, 1), end)
        holds(end.err, "the registry zookeeper://127.0.0.1:1 cannot be reached (connection refused by 127.0.0.1:1); timed out after 1800 ms")


def a_proxy_that_cannot_be_reached_is_named_with_the_line_of_its_setting():
    """The error of a proxy does not name the provider as its cause."""
    for proxy, shown, reason in (("http://u:Zq4@127.0.0.1:1", "http://********@127.0.0.1:1", "Connection refused"),
                                 ("http://proxy.invalid:1", "http://proxy.invalid:1", "Could not resolve proxy")):
        with Folder() as folder:
            path = folder.file("app.ini", "[client]\nproxy = %s\n" % proxy)
            end = call("-u", "http://127.0.0.2:9/x", INTERFACE, "m", env={"DUBBOC_CONF_FILE": path})
        equal((end.status, "Zq4" in end.err), (2, False), end)
        holds(end.err, "127.0.0.2:9/x: proxy %s (%s:2): %s" % (shown, path, reason))
    end = call("-u", "http://127.0.0.2:9/x", INTERFACE, "m")
    holds(end.err, "127.0.0.2:9: Connection refused")


def a_proxy_that_cannot_be_used_is_found_at_the_start():
    with Folder() as folder:
        path = folder.file("app.ini", "[client]\nproxy = gopher://127.0.0.1:1\n")
        end = call("-u", "http://127.0.0.2:9/x", INTERFACE, "m", env={"DUBBOC_CONF_FILE": path})
    equal(end.status, 78, end)
    holds(end.err, path + ":2: [client] proxy")


def an_error_at_the_start_names_the_setting_that_caused_it():
    with Folder() as folder:
        for section, line, status, fault in (
                ("client", "snapshot_dir = /proc/nowhere/x", 2, "[client] snapshot_dir (%s:2): the folder"),
                ("registry", "address = file:///nowhere/x", 2, "%s:2: the registry's folder /nowhere/x does not exist"),
                ("registry", "address = zookeeper://h:1?x=1", 78, "%s:2: registry zookeeper://h:1?x=1")):
            path = folder.file("app.ini", "[%s]\n%s\n" % (section, line))
            env = {"DUBBOC_CONF_FILE": path}
            if section == "client":
                env["DUBBOC_REGISTRY_ADDRESS"] = "static:jsonrpc://127.0.0.1:1/" + INTERFACE
            for command in (["call"], ["bench", "-n", "1", "-c", "1"]):
                end = dubboc(*command, INTERFACE, "m", env=env)
                equal(end.status, status, end)
                holds(end.err, fault % path)


PRETTY = """{
  "a": [
    1,
    {},
    []
  ],
  "b\\"]": "x, y: {",
  "c": 9007199254740993
}
"""


def a_pretty_result_is_indented_and_is_the_default_on_a_terminal():
    result = b'{ "a":[1 ,{ },[]],"b\\"]":"x, y: {","c":9007199254740993}'
    with Peer(answer_text(result)) as peer:
        arguments = ["-u", peer.url, INTERFACE, "echo"]
        for form in ([], ["--raw"]):
            equal(call("--pretty", *form, *arguments).out, PRETTY)
        equal(call("--pretty", "--compact", *arguments).out.count("\n"), 1)
        equal(on_a_terminal("call", *arguments).replace("\r\n", "\n"), PRETTY)
        equal(on_a_terminal("call", "--compact", *arguments).count("\n"), 1)
        equal(on_a_terminal("call", "--raw", *arguments).strip().encode(), result)


def a_pretty_result_sends_no_commands_to_the_terminal():
    result = '["\u009b31m red \u00a0\u00e9", "\u0080"]'
    with Peer(answer_text(result.encode())) as peer:
        end = call("--pretty", "-u", peer.url, INTERFACE, "echo")
        equal(end.out, '[\n  "\\u009b31m red \u00a0\u00e9",\n  "\\u0080"\n]\n', end)
        equal(json.loads(end.out), json.loads(result), end)
        equal(json.loads(call("-u", peer.url, INTERFACE, "echo").out), json.loads(result), end)


def a_pretty_error_object_is_indented():
    error = b'{"code":7,"message":"no order","data":{"ids":[1]}}'
    pretty = '{\n  "code": 7,\n  "message": "no order",\n  "data": {\n    "ids": [\n      1\n    ]\n  }\n}\n'

    def answer(request):
        return b'{"jsonrpc":"2.0","id":%s,"error":%s}' % (json.dumps(request["id"]).encode(), error)

    with Peer(answer) as peer:
        arguments = ["-u", peer.url, INTERFACE, "m"]
        for form in ([], ["--raw"]):
            end = call("--pretty", *form, *arguments)
            equal((end.status, end.out, end.err), (1, "", pretty), end)
        equal(call("--compact", *arguments).err, error.decode() + "\n")


def another_version_or_group_is_suggested():
    def told(node, *options):
        end = call("-r", "static:jsonrpc://127.0.0.1:1/%s?interface=%s%s" % (INTERFACE, INTERFACE, node), *options, INTERFACE, "m")
        equal(end.status, 2, end)
        return end.err.splitlines()[1:]

    equal(told("&version=1.0"), ["dubboc: 127.0.0.1:1 offers version 1.0: try -V 1.0"])
    equal(told("&version=1.0", "-V", "2"), ["dubboc: 127.0.0.1:1 offers version 1.0: try -V 1.0"])
    equal(told("&group=red", "-V", "*"), ["dubboc: 127.0.0.1:1 offers group red: try -g red"])
    equal(told("&version=1.0&group=red"), ["dubboc: 127.0.0.1:1 offers version 1.0, group red: try -V 1.0 -g red"])
    equal(told("&version=1.0", "-V", "1.0"), [])  # this version was asked for; the provider cannot be reached
    equal(told("&version=%24%28reboot%29"), [])  # no text that a shell would execute
    equal(told("", "-V", "2"), ["dubboc: 127.0.0.1:1 offers no version: try -V ''"])


def a_very_short_call_still_reports_why_the_registry_is_away():
    end = call("-r", "zookeeper://127.0.0.1:1", "-t", "50ms", INTERFACE, "m")
    equal(end.status, 2, end)
    holds(end.err, "timed out after 50 ms")
    holds(end.err, "connection refused by 127.0.0.1:1")


def on_a_terminal(*arguments):
    """The output of dubboc when its standard output is a terminal."""
    reader, terminal = os.openpty()
    with subprocess.Popen([DUBBOC, *arguments], stdin=subprocess.DEVNULL, stdout=terminal, env=environment()) as process:
        os.close(terminal)
        out = b""
        while True:
            try:
                more = os.read(reader, 65536)
            except OSError:  # the other side is closed
                break
            if not more:
                break
            out += more
        process.wait(LIMIT_S)
    os.close(reader)
    return out.decode()


def the_dialect_is_named_only_when_it_was_chosen():
    with Peer(echo) as peer, Folder() as folder:
        equal("dialect" in call("-v", "-r", peer.node, INTERFACE, "echo").err, False)
        path = folder.file("app.ini", "[reference %s]\ndialect = java\n" % INTERFACE)
        holds(call("-v", "-r", peer.node, INTERFACE, "echo", env={"DUBBOC_CONF_FILE": path}).err, ", dialect jsonrpc4j")


def numbers_stay_exact():
    numbers = "[9007199254740993,-9223372036854775808,18446744073709551615,1e400,0.1]"
    with Peer(answer_text(numbers.encode())) as peer:
        for form in ([], ["--raw"]):
            end = call(*form, "-u", peer.url, INTERFACE, "echo", numbers)
            equal((end.status, end.out), (0, numbers + "\n"), end)


def a_raw_call_prints_what_the_peer_wrote():
    with Peer(answer_text(b'{ "a" : "\\u0000\\u00e4" }')) as peer:
        end = call("--raw", "-u", peer.url, INTERFACE, "echo")
        equal((end.status, end.out), (0, '{ "a" : "\\u0000\\u00e4" }\n'), end)
        end = call("-u", peer.url, INTERFACE, "echo")
        equal((end.status, end.out), (2, ""), end)


def an_error_object_is_one_line_on_standard_error_with_1():
    error = b'{\n "code": -3,\r\n "message": "no\\nuser", "data": {"exceptionTypeName": "a.B"}}'
    with Peer(lambda request: b'{"jsonrpc":"2.0","id":' + json.dumps(request["id"]).encode() + b',"error":' + error + b"}") as peer:
        for form in ([], ["--raw"]):
            end = call(*form, "-u", peer.url, INTERFACE, "echo")
            equal((end.status, end.out), (1, ""), end)
            equal(len(end.err.splitlines()), 1, end)
            equal(json.loads(end.err), json.loads(error))
        equal(len(peer.requests), 2)


def a_refused_connection_means_not_executed():
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    taken.close()
    end = call("-u", "http://127.0.0.1:%d/x" % port, INTERFACE, "echo")
    equal((end.status, end.out), (2, ""), end)
    holds(end.err, "not executed: ")
    holds(end.err, "127.0.0.1:%d" % port)
    equal(len(end.err.splitlines()), 1, end)


def a_peer_that_hangs_up_may_have_executed():
    with Peer(lambda request: None) as peer:
        end = call("-u", peer.url, INTERFACE, "echo")
        equal((end.status, end.out), (2, ""), end)
        holds(end.err, "maybe executed: ")
        equal(len(peer.requests), 1)


def a_silent_peer_ends_with_the_deadline():
    gate = threading.Event()
    with Peer(lambda request: gate.wait(20) and None) as peer:
        end = call("-t", "200ms", "-u", peer.url, INTERFACE, "echo")
        gate.set()
        equal((end.status, end.out), (2, ""), end)
        holds(end.err, "maybe executed: ")


def a_provider_of_the_registry_is_called():
    with Peer(echo) as peer:
        for arguments, env in ((["-r", peer.node], {}), ([], {"DUBBOC_REGISTRY_ADDRESS": peer.node})):
            end = call(*arguments, INTERFACE, "echo", "[7]", env=env)
            equal((end.status, end.out), (0, "[7]\n"), end)


def a_node_with_user_information_is_called_without_it():
    """A node with user information, as Java registers it; it is neither sent nor shown."""
    with Peer(echo) as peer:
        for node in (peer.node.replace("//", "//user:Zq4@"), peer.node.replace("//", "//user@")):
            end = call("-v", "-r", node, INTERFACE, "echo", "[7]")
            equal((end.status, end.out), (0, "[7]\n"), end)
            equal("Zq4" in end.err or "user@" in end.err, False, end)
        for path, headers, _ in peer.requests:
            equal((path, headers["Host"], "Authorization" in headers), ("/" + INTERFACE, peer.address, False))


def a_node_without_a_port_is_called_at_80():
    """Usually nobody listens on this port in a test. In both cases the explanation names the
    address."""
    end = call("-v", "-t", "500ms", "-r", "static:jsonrpc://127.0.0.1/%s" % INTERFACE, INTERFACE, "echo")
    holds(end.err, "127.0.0.1:80/" + INTERFACE)
    end = call("-v", "-t", "500ms", "-u", "https://127.0.0.1/x", INTERFACE, "echo")
    holds(end.err, "127.0.0.1:443/x")


def a_reference_with_a_url_needs_no_registry():
    with Peer(echo) as peer, Folder() as folder:
        path = folder.file("app.ini", "[reference %s]\nurl = %s\n" % (INTERFACE, peer.url))
        end = call(INTERFACE, "echo", "[7]", env={"DUBBOC_CONF_FILE": path})
        equal((end.status, end.out), (0, "[7]\n"), end)


def a_call_without_a_provider_is_not_executed_and_lists_the_nodes_seen():
    with Peer(echo) as peer:
        end = call("-t", "500ms", "-r", peer.node, "-g", "other", INTERFACE, "echo")
        equal((end.status, end.out), (2, ""), end)
        holds(end.err, "not executed: ")
        holds(end.err, "group")
        equal(len(peer.requests), 0)


def verbose_explains_on_standard_error():
    with Peer(echo) as peer:
        end = call("-v", "-r", peer.node, INTERFACE, "echo", "[7]")
        equal((end.status, end.out), (0, "[7]\n"), end)
        holds(end.err, peer.address)


def headers_go_with_the_call():
    with Peer(echo) as peer:
        end = call("-H", "X-User-Id: john", "--header", "X-Trace:a: b", "-H", "X-Empty:", "-u", peer.url, INTERFACE, "echo")
        equal(end.status, 0, end)
        headers = peer.requests[0][1]
        equal([headers.get(name) for name in ("X-User-Id", "X-Trace", "X-Empty")], ["john", "a: b", ""], headers)
        for bad in ("no colon", ": no name", "Content-Length: 3", "Timeout: 1", "a b: c", "a: b\nc: d"):
            end = call("-H", bad, "-u", peer.url, INTERFACE, "echo")
            equal((end.status, end.out), (64, ""), "%r\n%s" % (bad, end))
        equal(len(peer.requests), 1)


def a_lost_call_is_repeated_only_with_the_option_idempotent():
    for arguments, expected in (([], 1), (["--retries", "1"], 1), (["--idempotent", "--retries", "1"], 2),
                                (["--idempotent", "--retries", "0"], 1), (["--idempotent"], 3)):
        with Peer(lambda request: None) as peer:
            end = call(*arguments, "-u", peer.url, INTERFACE, "echo")
            equal((end.status, len(peer.requests)), (2, expected), "%s\n%s" % (arguments, end))
    equal(call("--retries", "x", "-u", "http://127.0.0.1:1/x", INTERFACE, "echo").status, 64)


def interrupted(peer, calls, *arguments):
    """Interrupts `dubboc bench` with Ctrl-C once the peer has seen this number of calls. Returns
    the seconds until it ended, the status, and the results that it printed."""
    running = subprocess.Popen([DUBBOC, "bench", "--json", "-u", peer.url, *arguments, INTERFACE, "echo"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    limit = time.monotonic() + LIMIT_S
    while len(peer.requests) < calls and time.monotonic() < limit:
        time.sleep(0.001)
    begun = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=LIMIT_S)
    return time.monotonic() - begun, running.returncode, json.loads(out), err


def a_bench_that_is_interrupted_between_two_calls_ends_at_once_and_prints_its_results():
    with Peer(echo) as peer:
        seconds, status, outcome, err = interrupted(peer, 1, "-c", "30", "--rate", "1", "-d", "1h")
    equal((status, outcome["ok"], outcome["calls"], outcome["interrupted"]), (0, 1, 1, 0), err)
    equal(seconds < INTERRUPTED_S, True, "%.3f s" % seconds)


def a_bench_that_is_interrupted_while_its_calls_hang_ends_them():
    release = threading.Event()
    with Peer(lambda request: release.wait(LIMIT_S) and None) as peer:
        seconds, status, outcome, err = interrupted(peer, 2, "-c", "2", "-t", "1h", "-d", "1h")
        release.set()
    equal((status, outcome["calls"], outcome["maybe_executed"], outcome["interrupted"]), (2, 2, 2, 2), err)
    equal(seconds < INTERRUPTED_S, True, "%.3f s" % seconds)


def a_bench_with_wrong_usage_ends_at_its_first_call_with_64():
    with Peer(echo) as peer:
        for arguments in (["echo", "{"], ["echo", "7"], [""], ["-H", "Host: x", "echo"]):
            end = dubboc("bench", "-d", "1h", "-u", peer.url, INTERFACE, *arguments)
            equal((end.status, end.out, len(end.err.splitlines())), (64, "", 1), "%s\n%s" % (arguments, end))
        equal(len(peer.requests), 0)


def wrong_usage_ends_with_64():
    for arguments in ([], [INTERFACE], [INTERFACE, "echo", "[]", "more"], ["-u", "ftp://h/", INTERFACE, "echo"],
                      ["-u", "http://", INTERFACE, "echo"], ["-u", "http://h:99999/x", INTERFACE, "echo"], ["-u", "http://h:x/", INTERFACE, "echo"],
                      ["-u", "http://a_b!/x", INTERFACE, "echo"], ["-t", "5", INTERFACE, "echo"],
                      ["--lb", "nothing", INTERFACE, "echo"], ["--lb", "p2c", INTERFACE, "echo"], ["-r", "zk://h:1", INTERFACE, "echo"],
                      [INTERFACE, "echo"]):
        end = call(*arguments)
        equal((end.status, end.out), (64, ""), "%s\n%s" % (arguments, end))


def params_that_cannot_be_sent_are_wrong_usage():
    with Peer(echo) as peer:
        for form in ([], ["--raw"]):
            for params in ("[", "7", '"text"', "[1] x", "", "{'a': 1}"):
                end = call(*form, "-u", peer.url, INTERFACE, "echo", params)
                equal((end.status, end.out), (64, ""), "%s %s\n%s" % (form, params, end))
        equal(len(peer.requests), 0)


def a_wrong_configuration_ends_with_78():
    end = call("-u", "http://127.0.0.1:1/x", INTERFACE, "echo", env={"DUBBOC_CLIENT_RETRIES": "x"})
    equal((end.status, end.out), (78, ""), end)
    holds(end.err, "$DUBBOC_CLIENT_RETRIES")


run([
    a_result_is_one_line_of_json,
    params_default_to_an_empty_array_and_come_from_standard_input,
    params_come_from_a_file,
    the_dialect_is_named_only_when_it_was_chosen,
    params_that_are_no_array_or_object_get_a_suggestion,
    an_error_in_params_of_a_file_names_the_file,
    a_mistyped_interface_is_reported_with_the_nearest_name,
    an_unreachable_registry_is_reported_with_the_reason,
    a_proxy_that_cannot_be_reached_is_named_with_the_line_of_its_setting,
    a_proxy_that_cannot_be_used_is_found_at_the_start,
    an_error_at_the_start_names_the_setting_that_caused_it,
    a_pretty_result_is_indented_and_is_the_default_on_a_terminal,
    a_pretty_result_sends_no_commands_to_the_terminal,
    a_pretty_error_object_is_indented,
    another_version_or_group_is_suggested,
    a_very_short_call_still_reports_why_the_registry_is_away,
    numbers_stay_exact,
    a_raw_call_prints_what_the_peer_wrote,
    an_error_object_is_one_line_on_standard_error_with_1,
    a_refused_connection_means_not_executed,
    a_peer_that_hangs_up_may_have_executed,
    a_silent_peer_ends_with_the_deadline,
    a_provider_of_the_registry_is_called,
    a_node_with_user_information_is_called_without_it,
    a_node_without_a_port_is_called_at_80,
    a_reference_with_a_url_needs_no_registry,
    a_call_without_a_provider_is_not_executed_and_lists_the_nodes_seen,
    verbose_explains_on_standard_error,
    headers_go_with_the_call,
    a_lost_call_is_repeated_only_with_the_option_idempotent,
    a_bench_that_is_interrupted_between_two_calls_ends_at_once_and_prints_its_results,
    a_bench_that_is_interrupted_while_its_calls_hang_ends_them,
    a_bench_with_wrong_usage_ends_at_its_first_call_with_64,
    wrong_usage_ends_with_64,
    params_that_cannot_be_sent_are_wrong_usage,
    a_wrong_configuration_ends_with_78,
])

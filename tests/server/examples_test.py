#!/usr/bin/env python3
"""The example providers as processes: what they answer and print, and how they end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import wait_for  # noqa: E402

BUILD = os.environ["top_builddir"]
BIG = 9223372036854775807
NOTHING = object()


class Provider:
    """An example program on a free port of loopback."""

    def __init__(self, name, **environment):
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "examples", name)],
            env={**os.environ, "DUBBOC_SERVER_IP": "127.0.0.1", "DUBBOC_SERVER_PORT": "0", **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on 127.0.0.1:"):
            raise AssertionError(f"{name} says {line!r} {self.process.stderr.read()!r}")
        self.address = line.split()[-1]

    def call(self, interface, method, *params, raw=None):
        body = raw if raw is not None else json.dumps(
            {"jsonrpc": "2.0", "method": method, "params": list(params), "id": 1})
        request = urllib.request.Request(f"http://{self.address}/{interface}", body.encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def end(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        said, errors = self.process.communicate(timeout=20)
        return self.process.returncode, said, errors


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


# Without a registry no consumer must notice the stop.
UNREGISTERED = "WARN server: not registered: no registry is configured"
STOPPING = "stopping: consumers get time to notice and running calls are finished; a second signal ends the program at once\n"


def ends_in_order(provider, sign=signal.SIGTERM, is_registered=False, said=STOPPING):
    """The exit status is 0, standard output has the two lines of dubboc_server_run(), and
    standard error only the warning that no registry is configured."""
    status, last_words, errors = provider.end(sign)
    equal(status, 0, errors)
    equal(last_words, said)
    lines = errors.splitlines()
    if not is_registered:
        equal([UNREGISTERED in line for line in lines[:1]], [True], errors)
        lines = lines[1:]
    equal(lines, [])


def check_rows(provider, interface, rows):
    for method, params, result, *error in rows:
        answer = provider.call(interface, method, *params)
        if result is NOTHING:
            equal((answer["error"]["data"]["exceptionTypeName"], answer["error"]["message"]), tuple(error), method)
        else:
            equal(answer.get("result", answer), result, method)


def ann(**other):
    return {"id": "A001", "name": "Ann", "age": 18, "time": 1469071830258, "sex": "WOMAN", **other}


BOB = {"id": "A002", "name": "Bob", "age": 20, "time": 0, "sex": "MAN"}
JOE = {"id": "A003", "name": "Joe", "age": 48, "time": 1469071830258, "sex": "MAN"}


def the_user_provider_answers_each_method_with_the_expected_result():
    provider = Provider("user-provider")
    check_rows(provider, "com.ikurento.user.UserProvider", [
        ("GetUser", ["A003"], JOE),
        ("GetUser", ["A999"], None),
        ("GetUser0", ["X", "Y"], {"id": "X", "name": "Y", "age": 18, "time": 0, "sex": "MAN"}),
        ("GetUser3", [], None),
        ("GetErr", ["A7"], NOTHING, "java.lang.Exception", "no user A7"),
        ("GetUsers", [["A002", "A999", "A001"]], [BOB, ann()]),
        ("GetUsers", ["A002", "A001"], [BOB, ann()]),
        ("GetUserMap", [["A003"]], {"A003": JOE}),
        ("getUser", [7], {"id": "7", "name": "by code", "age": 48, "time": 0, "sex": "MAN"}),
        ("getUser", ["7"], {"id": "7", "name": "by id", "age": 48, "time": 0, "sex": "MAN"}),
        ("queryUser", [ann()], ann(name="hello:Ann", age=36)),
        ("queryUser", [ann(time=None, sex=None)], ann(name="hello:Ann", age=36, time=None, sex=None)),
        ("queryAll", [], {"A001": ann(), "A002": BOB, "A003": JOE}),
        ("isLimit", ["WOMAN", "Ann"], True),
        ("isLimit", ["MAN", None], False),
        ("Calc", [2, 3], 5),
        ("Sum", [2, 3], {"status": 0, "err": "", "data": 5}),
    ])
    ends_in_order(provider)


def echo_provider_returns_everything_exactly():
    provider = Provider("echo-provider")
    values = [0, -1, BIG, -BIG - 1, 2**64 - 1, "a,]\"\\ b", "", None, True, [], {}, [[1], {"a": [2, 3]}], "\u00e4\U0001f600"]
    check_rows(provider, "com.dubboc.EchoService", [(method, [value], value) for method in ("echo", "echoRaw") for value in values])
    check_rows(provider, "com.dubboc.EchoService", [
        ("add", [BIG - 1, 1], BIG),
        ("add", [BIG, 1], NOTHING, "java.lang.ArithmeticException", f"{BIG} + 1 is beyond 64 bits"),
        ("sleep", [1], 1),
        ("fail", ["as told"], NOTHING, "java.lang.RuntimeException", "as told"),
        ("nothing", [], None),
        ("big", [3], "x" * 3072),
        ("whoami", [], f"{provider.address} {provider.process.pid}"),
    ])
    exact = '{"jsonrpc":"2.0","method":"echoRaw","params":[ 1e400 ],"id":1}'
    equal(provider.call("com.dubboc.EchoService", "", raw=exact)["result"], float("inf"))
    for params in ([], [1, 2], [1, [2]]):
        equal(provider.call("com.dubboc.EchoService", "echoRaw", *params)["error"]["code"], -32602)
    ends_in_order(provider)


def a_provider_without_threads_counts_its_calls():
    provider = Provider("single-threaded-provider")
    check_rows(provider, "com.dubboc.Counter", [("next", [], n) for n in range(1, 20)])
    ends_in_order(provider, said="")


def a_deferred_answer_comes_when_it_is_due():
    provider = Provider("deferred-provider")
    batch = json.dumps([{"jsonrpc": "2.0", "method": "later", "params": [ms], "id": ms} for ms in (30, 1, 20)])
    equal([one["result"] for one in provider.call("com.dubboc.Later", "", raw=batch)], [30, 1, 20])
    ends_in_order(provider, signal.SIGINT)


def ini_file_and_environment_take_effect():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "dubboc.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[service com.dubboc.EchoService]\npath = ctx/echo\ngroup = g1\n[server]\nstop_watch_wait = 0ms\n")
        provider = Provider("echo-provider", DUBBOC_CONF_FILE=path, DUBBOC_REGISTRY_ADDRESS=f"file://{folder}/registry")
        check_rows(provider, "ctx/echo", [("echo", [1], 1)])
        check_rows(provider, "com.dubboc.EchoService", [("echo", [1], 1)])
        ends_in_order(provider, is_registered=True)


FIRST_ORDER = 2**53 + 1


def an_interrupted_order_consumer_counts_the_calls_that_were_cut_off_as_unclear():
    with tempfile.TemporaryDirectory() as folder:
        registry = {"DUBBOC_REGISTRY_ADDRESS": f"file://{folder}/registry"}
        provider = Provider("order-provider", DUBBOC_SERVER_STOP_WATCH_WAIT="0ms", DUBBOC_SERVER_STOP_QUIET="0ms", **registry)
        consumer = subprocess.Popen([os.path.join(BUILD, "examples", "order-consumer"), "4", "1000000"], env={**os.environ, **registry},
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(lambda: "result" in provider.call("com.example.Orders", "getOrder", FIRST_ORDER), what="the first order")
            consumer.send_signal(signal.SIGINT)
            said, errors = consumer.communicate(timeout=20)
        finally:
            consumer.kill()
        equal(consumer.returncode, 1, errors)
        placed, unclear = map(int, re.search(r"^(\d+) placed, \d+ refused, \d+ not executed, (\d+) unclear$", said, re.M).groups())
        taken = int(re.search(r"^(\d+) orders were placed$", provider.end()[1], re.M).group(1))
        if not 0 < placed <= taken <= placed + unclear:
            raise AssertionError(f"the consumer placed {placed}, {unclear} unclear; the provider took {taken}")


def asynchronous_consumers_greet_everybody():
    names = [f"friend{number}" for number in range(50)]
    greetings = [f"Hello, {name}!" for name in names]
    with tempfile.TemporaryDirectory() as folder:
        registry = {"DUBBOC_REGISTRY_ADDRESS": f"file://{folder}/registry"}
        provider = Provider("hello-provider", DUBBOC_SERVER_STOP_WATCH_WAIT="0ms", DUBBOC_SERVER_STOP_QUIET="0ms", **registry)
        programs = [("async-callbacks", names, ""), ("async-gather", names, ""), ("async-epoll", [], "\n".join(names) + "\n"),
                    ("async-libuv", names, "")]
        for program, arguments, lines in programs:
            if program == "async-libuv" and not os.path.exists(os.path.join(BUILD, "examples", program)):
                continue  # libuv is missing
            done = subprocess.run([os.path.join(BUILD, "examples", program), *arguments], input=lines, env={**os.environ, **registry},
                                  capture_output=True, text=True, timeout=60, check=False)
            equal((done.returncode, done.stderr), (0, ""), program)
            said = done.stdout.splitlines()
            equal(said if program == "async-gather" else sorted(said), greetings if program == "async-gather" else sorted(greetings), program)
        provider.end()


def a_gateway_answers_by_calling_another_service_in_one_thread():
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DUBBOC_REGISTRY_ADDRESS": f"file://{folder}/registry", "DUBBOC_SERVER_STOP_WATCH_WAIT": "0ms",
                    "DUBBOC_SERVER_STOP_QUIET": "0ms"}
        provider = Provider("hello-provider", **settings)
        gateway = Provider("single-threaded-gateway", **settings)
        for name in ("Ann", "Bob"):
            equal(gateway.call("com.example.Gateway", "greet", name)["result"], {"greeting": "Hello", "name": name})
        threads = os.listdir(f"/proc/{gateway.process.pid}/task")
        names = [open(f"/proc/{gateway.process.pid}/task/{task}/comm", encoding="ascii").read().strip() for task in threads]
        equal([name for name in names if name in ("dubboc-io", "dubboc-loop")], [], "threads of client and server")
        provider.end()
        if "Hello" not in gateway.call("com.example.Gateway", "greet", "Joe")["error"]["message"]:
            raise AssertionError("the error does not name the service that is away")
        equal(gateway.end()[0], 0)


def an_asynchronous_consumer_without_a_provider_fails():
    registry = {"DUBBOC_REGISTRY_ADDRESS": "static:jsonrpc://127.0.0.1:1/com.example.Hello?interface=com.example.Hello"}
    for program, arguments, lines in (("async-callbacks", ["a"], ""), ("async-gather", ["a"], ""), ("async-epoll", [], "a\n")):
        done = subprocess.run([os.path.join(BUILD, "examples", program), *arguments], input=lines, env={**os.environ, **registry},
                              capture_output=True, text=True, timeout=60, check=False)
        equal((done.returncode, done.stdout), (1, ""), program)
        if "Connection refused" not in done.stderr:
            raise AssertionError(done.stderr)


def refuses(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return False
    except OSError:
        return True


def a_second_signal_ends_at_once():
    provider = Provider("echo-provider", DUBBOC_SERVER_STOP_DRAIN="1h")
    host, port = provider.address.split(":")
    with socket.create_connection((host, int(port))) as held:
        body = b'{"jsonrpc":"2.0","method":"sleep","params":[600000],"id":1}'
        held.sendall(b"POST /com.dubboc.EchoService HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        provider.call("com.dubboc.EchoService", "echo", 1)
        provider.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(host, int(port)), what="the end of accepting after the first signal")
        equal(provider.process.poll(), None, "drains")
        equal(provider.end()[0], -signal.SIGTERM)


def the_log_follows_the_configuration():
    provider = Provider("hello-provider", DUBBOC_LOG_LEVEL="info")
    status, _, errors = provider.end()
    equal(status, 0)
    if "INFO server: serving address=" + provider.address not in errors:
        raise AssertionError(errors)


def the_smallest_provider_prints_what_it_does_and_ends_at_a_second_signal():
    with tempfile.TemporaryDirectory() as folder:
        provider = Provider("hello-provider", DUBBOC_REGISTRY_ADDRESS=f"file://{folder}", DUBBOC_SERVER_STOP_WATCH_WAIT="10m")
        provider.process.send_signal(signal.SIGTERM)
        equal(provider.process.stdout.readline(), STOPPING)  # from here on a second signal ends the program
        provider.process.send_signal(signal.SIGTERM)
        equal(provider.process.wait(timeout=20), -signal.SIGTERM)
        provider.process.stdout.close()
        provider.process.stderr.close()


def a_provider_without_threads_ends_at_a_second_signal():
    with tempfile.TemporaryDirectory() as folder:
        provider = Provider("single-threaded-provider", DUBBOC_REGISTRY_ADDRESS=f"file://{folder}", DUBBOC_SERVER_STOP_WATCH_WAIT="10m")
        provider.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not blocks(provider.process.pid, signal.SIGTERM), what="the first signal is taken")
        equal(provider.process.poll(), None, "serves until consumers have noticed")
        equal(provider.end()[0], -signal.SIGTERM)


def blocks(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        mask = next(line.split()[1] for line in status if line.startswith("SigBlk:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def wrong_configuration_is_reported():
    for name in ("echo-provider", "hello-provider", "deferred-provider", "single-threaded-provider", "single-threaded-gateway", "user-provider", "user-consumer",
                 "order-provider", "order-consumer", "async-callbacks", "async-gather", "async-epoll"):
        for environment, word in (({"DUBBOC_CONF_FILE": "/nonexistent.ini"}, "/nonexistent.ini"), ({"DUBBOC_SERVER_PORT": "x"}, "DUBBOC_SERVER_PORT")):
            done = subprocess.run([os.path.join(BUILD, "examples", name)], env={**os.environ, **environment},
                                  capture_output=True, text=True, timeout=20, check=False)
            equal(done.returncode, 1, name)
            equal(done.stdout, "", name)
            if not done.stderr.startswith(name + ": ") or word not in done.stderr:
                raise AssertionError(done.stderr)


TESTS = [the_user_provider_answers_each_method_with_the_expected_result, echo_provider_returns_everything_exactly,
         a_provider_without_threads_counts_its_calls, a_deferred_answer_comes_when_it_is_due, ini_file_and_environment_take_effect,
         an_interrupted_order_consumer_counts_the_calls_that_were_cut_off_as_unclear, the_log_follows_the_configuration, a_second_signal_ends_at_once,
         asynchronous_consumers_greet_everybody, a_gateway_answers_by_calling_another_service_in_one_thread, an_asynchronous_consumer_without_a_provider_fails,
         the_smallest_provider_prints_what_it_does_and_ends_at_a_second_signal,
         a_provider_without_threads_ends_at_a_second_signal, wrong_configuration_is_reported]

failed = 0
print(f"1..{len(TESTS)}")
for number, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} - {test.__name__}")
    except Exception as problem:  # pylint: disable=broad-except
        failed += 1
        print(f"not ok {number} - {test.__name__}\n# {type(problem).__name__}: {problem}")
    sys.stdout.flush()
sys.exit(1 if failed else 0)

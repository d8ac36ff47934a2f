"""`dubboc ls` and `dubboc watch`: what a registry holds, and what changes in it."""
import json
import os
import select
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import DUBBOC, LIMIT_S, dubboc, environment, equal, holds, run  # noqa: E402

ONE = "jsonrpc://127.0.0.1:1/com.example.A?interface=com.example.A&group=g"
TWO = "jsonrpc://127.0.0.1:2/com.example.A?interface=com.example.A&version=1.0"
OTHER = "dubbo://127.0.0.1:3/com.example.A?interface=com.example.A"
ELSEWHERE = "jsonrpc://127.0.0.1:4/com.example.B?interface=com.example.B"
STATIC = "static:" + ",".join([ONE, TWO, OTHER, ELSEWHERE])


def ls_lists_interfaces():
    end = dubboc("ls", "-r", STATIC)
    equal((end.status, end.out, end.err), (0, "com.example.A\ncom.example.B\n", ""), end)
    end = dubboc("ls", "--json", env={"DUBBOC_REGISTRY_ADDRESS": STATIC})
    equal((end.status, json.loads(end.out)), (0, ["com.example.A", "com.example.B"]), end)


def ls_lists_the_providers_of_every_group_and_version_that_can_be_called():
    end = dubboc("ls", "-r", STATIC, "com.example.A")
    equal((end.status, sorted(end.out.splitlines())), (0, [ONE, TWO]), end)
    holds(end.err, "1 of 3 nodes left out, --all tells why")


def ls_all_lists_the_others_with_the_reason():
    end = dubboc("ls", "--all", "-r", STATIC, "com.example.A")
    equal((end.status, end.err), (0, ""), end)
    equal(sorted(end.out.splitlines()), [OTHER + " (protocol dubbo)", ONE, TWO], end)
    end = dubboc("ls", "--all", "--json", "-r", STATIC, "com.example.A")
    found = {item["url"]: item for item in json.loads(end.out)}
    equal(found[ONE], {"url": ONE, "callable": True})
    equal(found[OTHER], {"url": OTHER, "callable": False, "reason": "protocol dubbo"})


def ls_of_an_interface_that_nobody_offers_is_empty():
    end = dubboc("ls", "-r", STATIC, "com.example.C")
    equal((end.status, end.out, end.err), (0, "", ""), end)
    end = dubboc("ls", "--json", "-r", STATIC, "com.example.C")
    equal((end.status, end.out), (0, "[]\n"), end)


class Watch:
    """A running `dubboc watch`."""

    def __init__(self, address, interface):
        self.process = subprocess.Popen([DUBBOC, "watch", "-r", address, interface], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                        env=environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def line(self):
        """The next line, waited for a limited time."""
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
            byte = self.process.stdout.read(1) if ready else b""
            if byte == b"":
                raise AssertionError("no further line from watch, only %r" % line)
            line += byte
        return line.decode().rstrip("\n")

    def end(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out.decode(), err.decode()


def watch_tells_what_is_there_and_ends_with_0_when_interrupted():
    for number in (signal.SIGINT, signal.SIGTERM):
        with Watch(STATIC, "com.example.A") as watch:
            equal(sorted(watch.line() for _ in range(3)), sorted(["+ " + ONE, "+ " + TWO, "+ " + OTHER]))
            equal(watch.end(number), (0, "", ""))


run([
    ls_lists_interfaces,
    ls_lists_the_providers_of_every_group_and_version_that_can_be_called,
    ls_all_lists_the_others_with_the_reason,
    ls_of_an_interface_that_nobody_offers_is_empty,
    watch_tells_what_is_there_and_ends_with_0_when_interrupted,
])

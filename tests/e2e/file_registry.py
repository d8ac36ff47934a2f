"""Providers and consumers as processes that use a file: registry."""

import time

import registry_cases
from harness import *
from registry_cases import *

registry_cases.REGISTRY = lambda: "file://" + folder()


def test_a_killed_provider_leaves_the_list_at_once():
    where = registry_cases.REGISTRY()
    provider = start(where, 2)[0]
    watch = Program([DUBBOC, "watch", "-r", where, ECHO])
    assert [watch.line()[0] for _ in range(2)] == ["+", "+"]
    begun = time.monotonic()
    provider.kill()
    line = watch.line(5)
    took = time.monotonic() - begun
    assert line.startswith("- ") and provider.address in line, line
    assert took < 1, f"{took:.3f} s"  # the unit test checks the promised 100 ms; here two processes share a busy machine


def test_a_consumer_starts_from_its_snapshot_while_the_registry_is_away():
    where, keep = registry_cases.REGISTRY(), folder()
    start(where)
    settings = {"DUBBOC_CLIENT_SNAPSHOT_DIR": keep}
    assert dubboc("call", "-r", where, ECHO, "echo", "[1]", **settings).json() == 1
    assert os.listdir(keep)
    away = f"zookeeper://127.0.0.1:{free_port()}"
    assert dubboc("call", "-r", away, ECHO, "echo", "[2]", **settings).json() == 2
    without = dubboc("call", "-r", away, "-t", "1s", ECHO, "echo", "[3]")
    assert without.status == 2 and "zookeeper" in without.err, without


if __name__ == "__main__":
    run(globals())

"""Tests of providers and consumers as processes, for every kind of registry. file_registry.py
and zookeeper.py run them: they set REGISTRY to a function that returns a new, empty registry."""

import json
import signal

from harness import *

REGISTRY = None


def start(where, count=1, example="echo-provider", **env):
    return [Provider(example, DUBBOC_REGISTRY_ADDRESS=where, **env) for _ in range(count)]


def listed(where, count, interface=ECHO):
    """Waits until ls shows this number of providers."""
    return wait_for(lambda: len(dubboc("ls", "-r", where, interface).out.splitlines()) == count, what=f"{count} providers in ls")


def test_a_consumer_finds_a_provider_and_calls_it():
    where = REGISTRY()
    start(where, example="user-provider")
    listed(where, 1, USERS)
    found = dubboc("call", "-r", where, USERS, "GetUser", '["A003"]').json()
    assert found == {"id": "A003", "name": "Joe", "age": 48, "time": 1469071830258, "sex": "MAN"}, found


def test_user_consumer_prints_what_the_provider_serves():
    where = REGISTRY()
    start(where, example="user-provider")
    listed(where, 1, USERS)
    done = subprocess.run([os.path.join(BUILD, "examples", "user-consumer")], env=environment(DUBBOC_REGISTRY_ADDRESS=where),
                          capture_output=True, timeout=20)
    assert done.returncode == 0, done
    assert b"GetUser(A001): Ann, 18, WOMAN, 1469071830258\n" in done.stdout, done
    assert b"GetUser(A000): nobody\n" in done.stdout, done
    assert b'the provider said "no user A999"' in done.stdout, done


def test_the_hello_examples_call_each_other():
    where = REGISTRY()
    start(where, example="hello-provider")
    listed(where, 1, "com.example.Hello")
    done = subprocess.run([os.path.join(BUILD, "examples", "hello-consumer")], env=environment(DUBBOC_REGISTRY_ADDRESS=where),
                          capture_output=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, b"Hello, world!\n"), done


def test_ls_lists_interfaces():
    where = REGISTRY()
    start(where)
    start(where, example="user-provider")
    wait_for(lambda: {ECHO, USERS} <= set(dubboc("ls", "-r", where).out.split()), what="both interfaces in ls")


def test_roundrobin_is_exactly_even_and_random_roughly():
    where = REGISTRY()
    start(where, 3)
    listed(where, 3)
    for policy in ("roundrobin", "random"):
        outcome = dubboc("bench", "-r", where, "--lb", policy, "-c", "1", "-n", "300", "--json", ECHO, "echo", "[1]").json()
        counts = sorted(outcome["providers"].values())
        assert outcome["ok"] == 300 and len(counts) == 3, outcome
        if policy == "roundrobin":
            assert counts == [100, 100, 100], outcome
        else:
            assert counts[0] >= 60 and counts[2] <= 140, outcome


def test_a_provider_that_stops_in_the_middle_costs_no_call():
    where = REGISTRY()
    providers = start(where, 3)
    listed(where, 3)
    bench = Program([DUBBOC, "bench", "-r", where, "-c", "4", "-d", "6s", "--json", ECHO, "echo", "[1]"])
    wait_for(lambda: all(connections(each.address) > 0 for each in providers), what="a call of the run at each provider")
    assert providers[0].stop() == 0
    outcome = json.loads(bench.line())
    assert outcome["ok"] == outcome["calls"] > 100, outcome


def nodes_of(where, provider):
    """The process ids in the nodes of one provider address, sorted."""
    found = dubboc("ls", "-r", where, "--all", "--urls", ECHO).out
    return sorted(int(line.split("pid=")[1].split("&")[0]) for line in found.splitlines() if provider.address in line)


def test_nodes_of_a_killed_provider_are_removed_once_its_successor_is_registered():
    where = REGISTRY()
    both = {"DUBBOC_SERVER_PROTOCOLS": "jsonrpc,http", "DUBBOC_REGISTRY_TIMEOUT": "60s"}
    neighbour = start(where, **both)[0]
    killed = start(where, **both)[0]
    wait_for(lambda: nodes_of(where, killed) == 2 * [killed.process.pid], what="the first provider's nodes")
    killed.kill()
    successor = start(where, DUBBOC_SERVER_PORT=killed.address.rsplit(":", 1)[1], **both)[0]
    wait_for(lambda: nodes_of(where, successor) == 2 * [successor.process.pid], what="only the successor's nodes")
    assert nodes_of(where, neighbour) == 2 * [neighbour.process.pid]


def test_watch_shows_added_and_removed_providers():
    where = REGISTRY()
    watch = Program([DUBBOC, "watch", "-r", where, ECHO])
    provider = start(where)[0]
    line = watch.line()
    assert line.startswith("+ ") and provider.address in line, line
    assert provider.stop() == 0
    line = watch.line()
    assert line.startswith("- ") and provider.address in line, line


def test_group_and_version_are_matched():
    where = REGISTRY()
    plain = start(where)[0]
    special = start(where, DUBBOC_SERVER_GROUP="blue", DUBBOC_SERVER_VERSION="2.0")[0]
    listed(where, 2)

    def who(*argv):
        return dubboc("call", "-r", where, *argv, ECHO, "whoami").json().split()[0]

    assert who() == plain.address
    assert who("-g", "blue", "-V", "2.0") == special.address
    nobody = dubboc("call", "-r", where, "-g", "red", ECHO, "whoami")
    assert nobody.status == 2 and "group" in nobody.err and "not executed" in nobody.err, nobody


def test_a_call_without_a_provider_reports_that_there_is_none():
    nobody = dubboc("call", "-r", REGISTRY(), "-t", "2s", "com.example.Nobody", "x")
    assert nobody.status == 2 and "no provider" in nobody.err and "com.example.Nobody" in nobody.err and nobody.out == "", nobody


def test_a_sigterm_lets_running_calls_end_and_exits_with_status_0():
    where = REGISTRY()
    provider = start(where, DUBBOC_SERVER_STOP_WATCH_WAIT="1s")[0]  # time for a request that is just being sent to arrive
    listed(where, 1)
    slow = Program([DUBBOC, "call", "-r", where, "-t", "10s", ECHO, "sleep", "[1500]"])
    wait_for(lambda: connections(provider.address) > 0, what="the call's connection")
    assert provider.stop() == 0
    assert slow.line() == "1500"
    assert slow.wait(5) == 0


def test_a_second_sigterm_ends_at_once():
    where = REGISTRY()
    provider = start(where, DUBBOC_SERVER_STOP_WATCH_WAIT="20s")[0]
    listed(where, 1)
    provider.signal(signal.SIGTERM)
    listed(where, 0)  # it is stopping now, which would take 20 s
    assert provider.process.poll() is None
    provider.signal(signal.SIGTERM)
    provider.wait(5)

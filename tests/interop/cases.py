"""The tests with each peer. First the lists of checks in both directions, then what a list
cannot check: group and version, a provider that stops and starts under load, idle
connections, and how often a failing call is sent."""

import contextlib
import json
import os
import re
import signal
import threading
import urllib.parse

import configurators
import nodes
import restarts
import versions
import views
from harness import DUBBOC, ECHO, USERS, Program, Provider, cpu_s, dubboc, folder, wait_for
from peers import C
from recorder import Recorder
from stage import CProviders, ZooKeeper, both_provided, c_consumer, connections_to, ended, listed, peer_consumer, provided

# How long to wait so that the server has closed an idle connection, in seconds. The servers close
# it after: Jetty 30, Tomcat 60, dubboc 75, dubbo-go never.
REST_S = {"jetty9": 33, "tomcat": 63, "c": 78}
REST_USUAL_S = 63
LOAD_MAX = "180s"  # it is ended earlier
# CPU time after which the load has surely made thousands of calls, so that the retry budget is
# large: a fifth of the calls, while at the start it is only 3.
LOAD_CPU_S = 0.3
# The time-out in the node, and the time of a call that takes longer. The time-out must be long
# enough for the connection to ZooKeeper, because it counts from before. SAY_TIMEOUTS: the peers
# whose programs can set a time-out in their node.
NODE_TIMEOUT_MS, SLEEP_MS = 2000, 4000
SAY_TIMEOUTS = ("j26", "j273", "j27", "j3")
# The error that dubbo-go answers after it has removed a service and before it closes. It looks like
# an error of the method, so the client must not repeat the call.
GONE = {"go1": "cannot find service", "go3": "cannot find service"}


# --- the lists ----------------------------------------------------------------------------------------------------------------------------


def c_calls_peer(outcome, peer, label, server, is_usual, list_made):
    """Sets list_made before the waits for idle connections, so that the run can continue with
    other peers."""
    try:
        with ZooKeeper() as zookeeper:
            with provided(peer, zookeeper, server=server) as provider:
                outcome.add_checks(peer.name, label, c_consumer(peer, zookeeper, port=provider.port))
                if outcome.writer:
                    record_provider(outcome, peer, zookeeper, provider.port, "" if is_usual else "-" + server)
                list_made.set()
                rest(outcome, peer, zookeeper, server, provider.port)
            status = provider.process.returncode
            outcome.add(peer.name, label, "ends with status 0", None if status == 0 else f"status {status}")
            if peer.registry:
                outcome.guard(peer.name, label, "leaves no node behind", listed, zookeeper, 0)
    finally:
        list_made.set()


def rest(outcome, peer, zookeeper, server, port):
    """Calls after the server has closed the idle connections. By default the client does not use
    connections that old; with pool_idle = 10m it tries the closed ones."""
    rest_s = REST_S.get(server or peer.name, REST_USUAL_S)
    argv = ("--only", "user.calls.after_idle", "--idle", rest_s)
    kept = {"DUBBOC_CLIENT_POOL_IDLE": "10m"}

    def one(name, env):
        checks = c_consumer(peer, zookeeper, *argv, port=port, seconds=rest_s + 60, env=env)
        outcome.add(peer.name, "provider, rested", f"{server or 'usual server'}, {rest_s} s: {name}", "; ".join(checks.failed.values()) or None)

    both = [threading.Thread(target=outcome.guard, args=(peer.name, "provider, rested", "the run itself", one, *case))
            for case in (("no call is lost", {}), ("nor on connections kept so long", kept))]
    for run in both:
        run.start()
    for run in both:
        run.join()


def peer_calls_c(outcome, peer):
    with ZooKeeper() as zookeeper, CProviders(zookeeper) as providers:
        views.idempotence_is_announced(zookeeper)
        outcome.add_checks(peer.name, "consumer", peer_consumer(peer, zookeeper, providers))


# --- more of a provider -----------------------------------------------------------------------------------------------------------------------


def more_of_provider(outcome, peer):
    if not peer.registry:
        return
    outcome.guard(peer.name, "provider, more", "group and version are matched", said_by_its_node, outcome, peer)
    versions.of_provider(outcome, peer)
    views.not_usable(outcome, peer)
    outcome.guard(peer.name, "provider, more", "two providers", two_providers, outcome, peer)
    if peer is C:
        outcome.attempt(peer.name, "provider, more", "a provider of two schemes is one to ls and to consumers", views.counted_once)


BLUE = ("-g", "blue", "-V", "2.0.0")


def said_by_its_node(outcome, peer):
    timeout = {"timeout": NODE_TIMEOUT_MS} if peer.name in SAY_TIMEOUTS else {}
    with ZooKeeper() as zookeeper, provided(peer, zookeeper, group="blue", version="2.0.0", **timeout):
        outcome.attempt(peer.name, "provider, more", "group and version are matched", group_and_version, zookeeper)
        if timeout:
            outcome.attempt(peer.name, "provider, more", "the time-out in its node is heeded", node_timeout, zookeeper)


def group_and_version(zookeeper):
    found = dubboc("call", "-t", "20s", "-r", zookeeper.url, *BLUE, USERS, "GetUser", '["A003"]')
    assert found.json()["name"] == "Joe", found
    for argv, word in (((), "group"), (("-g", "blue"), "version"), (("-g", "red", "-V", "2.0.0"), "group")):
        nobody = dubboc("call", "-r", zookeeper.url, *argv, USERS, "GetUser", '["A003"]')
        assert nobody.status == 2 and word in nobody.err and "not executed" in nobody.err, nobody


def node_timeout(zookeeper):
    """Checks that the time-out in the node counts: it is shorter than the call, which would
    otherwise have time enough."""
    argv, env = ("-r", zookeeper.url, *BLUE, ECHO, "sleep", f"[{SLEEP_MS}]"), {"DUBBOC_CLIENT_REQUEST_TIMEOUT": "20s"}
    late = dubboc("call", *argv, **env)
    assert late.status == 2 and re.search(r"timed out after [0-9]+ ms .node of [^)]*., maybe executed", late.err), late
    told = dubboc("call", "-t", "19s", *argv, **env)
    assert told.json() == SLEEP_MS, told


def two_providers(outcome, peer):
    """One of two providers stops normally and starts again; then both are administered."""
    with ZooKeeper() as zookeeper:
        with both_provided(peer, zookeeper, {}, {}) as (first, second), under_load(peer, zookeeper) as load:
            wait_for(lambda: connections_to(second.port) > 0 and cpu_s(load.process.pid) > LOAD_CPU_S, 60, "calls of the second provider")
            second.stop(20)
            wait_for(lambda: connections_to(second.port) == 0, 60, "the end of calls of the second provider")
            with provided(peer, zookeeper, port=second.port):
                wait_for(lambda: connections_to(second.port) > 0, 60, "calls of the second provider, come back")
                load.signal(signal.SIGTERM)
                count_lost(outcome, peer, json.loads(load.line(30)), load)
                configurators.felt_by_c(outcome, peer, zookeeper, (first.port, second.port))
                outcome.attempt(peer.name, "provider, more", "the C consumer's node is one to others", views.consumer_node, peer, zookeeper)


def under_load(peer, zookeeper):
    """Only the C provider is known to finish every running call when it stops. For the others
    the method is declared idempotent, so that the client may repeat it."""
    settings = os.path.join(folder(), "idempotent.ini")
    with open(settings, "w", encoding="utf-8") as file:
        file.write("" if peer is C else f"[reference {USERS}]\nidempotent = GetUser\n")
    return ended(Program([DUBBOC, "bench", "-r", zookeeper.url, "-t", "20s", "-c", "4", "-d", LOAD_MAX, "--json", USERS, "GetUser", '["A003"]'],
                         DUBBOC_CONF_FILE=settings))


def count_lost(outcome, peer, counted, load):
    words = load.stderr()[-600:]
    refused = counted["remote_error"] if GONE.get(peer.name, "nothing") in words else 0
    lost = counted["calls"] - counted["ok"] - refused - counted["interrupted"]
    notes = [] if peer is C else ["declared idempotent"]
    if refused:
        notes.append(f"{refused} answered {GONE[peer.name]!r}")
    outcome.measured[peer.name, "calls lost while one of two providers stops and starts"] = f"{lost}{' (' + '; '.join(notes) + ')' if notes else ''}"
    told = {key: counted[key] for key in ("calls", "ok", "remote_error", "not_executed", "maybe_executed", "interrupted")}
    outcome.add(peer.name, "provider, more", "one provider goes and comes under load", None if counted["calls"] > 100 and lost == 0 else f"{told}: {words}")


# --- more of a consumer -----------------------------------------------------------------------------------------------------------------------

# The calls that fail, each with the method; None: a method that does not exist.
FAILING = (("an error the method declares", USERS, "GetErr"), ("a runtime error", ECHO, "fail"), ("an unknown method", USERS, None))
USER_METHODS = ("GetUser", "GetUser0", "GetUser3", "GetErr", "GetUsers", "GetUserMap", "getUser", "queryUser", "queryAll", "isLimit", "Calc", "Sum")
BROKEN_PAGE = b"HTTP/1.1 500 Server Error\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
# Consumers that take a node http:// for Java serialization if spring-web is present (wire.md 0.1).
SERIALIZE_TO_HTTP = ("j26", "j273")
# Consumers that repeat a call which was answered with an error, unless the node has retries=0
# (wire.md 12.7).
REPEATS_ERRORS = ("go1", "go3")
# Consumers that repeat GetUser although our node forbids it in three spellings (wire.md 12.2,
# 12.7).
CANNOT_BE_TOLD = ("j3", "dubbogo02")


def repeats(exchanges, method):
    """The largest number of times that the consumer made the same call: requests that differ
    only in the id."""
    counted = {}
    for exchange in exchanges:
        try:
            made = json.loads(exchange.request.split(b"\r\n\r\n", 1)[-1])
        except ValueError:
            continue
        name = made.get("method") if isinstance(made, dict) else None
        if name is not None and (name == method or method is None and name not in USER_METHODS):
            key = json.dumps([name, made.get("params")])
            counted[key] = counted.get(key, 0) + 1
    return max(counted.values(), default=0)


def more_of_consumer(outcome, peer):
    """Makes the list of checks again, through proxies that see each request."""
    with ZooKeeper() as zookeeper, CProviders(zookeeper, recorded=True) as providers:
        outcome.add_checks(peer.name, "consumer, recorded", peer_consumer(peer, zookeeper, providers))
        seen = {interface: recorder.take() for interface, recorder in providers.recorders.items()}
    for what, interface, method in FAILING:
        count = repeats(seen[interface], method)
        outcome.measured[peer.name, f"requests for {what}"] = str(count)
        is_repeated = peer.name in REPEATS_ERRORS
        outcome.add(peer.name, "consumer, more", f"a call is {'repeated' if is_repeated else 'sent once'}: {what}",
                    None if count > 0 and (count > 1) == is_repeated else f"it was sent {count} times")
    if outcome.writer:
        for exchanges in seen.values():
            outcome.writer.exchanges("provider", exchanges)
    if peer.name in SERIALIZE_TO_HTTP:
        tried = sum(b"x-java-serialized-object" in exchange.request for exchanges in seen.values() for exchange in exchanges)
        outcome.measured[peer.name, "attempts in Java serialization, both nodes there"] = str(tried)
        outcome.guard(peer.name, "consumer, no spring", "the run itself", without_spring, outcome, peer)
        outcome.guard(peer.name, "consumer, more", "the one attempt of a method", one_attempt, outcome, peer)
    if peer.registry:
        outcome.guard(peer.name, "consumer, more", "group and version are matched", takes_its_group, outcome, peer)
        outcome.attempt(peer.name, "consumer, more", "of two versions on one port it calls its own", versions.of_consumer, peer)
    outcome.guard(peer.name, "consumer, more", "how often it repeats", repeats_broken, outcome, peer)
    restarts.of_consumer(outcome, peer)


def without_spring(outcome, peer):
    """Both nodes are registered, but the library that makes the http node look usable is
    missing."""
    with ZooKeeper() as zookeeper, CProviders(zookeeper) as providers:
        outcome.add_checks(peer.name, "consumer, no spring", peer_consumer(peer, zookeeper, providers, "--without-spring-web", "--no-echo"))


def one_attempt(outcome, peer):
    """Both nodes are registered and forbid to repeat GetUser. About half of the calls spend
    their only attempt on the node for Java serialization, unless the reference names the
    protocol."""
    with ZooKeeper() as zookeeper, CProviders(zookeeper, DUBBOC_CONF_FILE=once_settings()) as providers:
        plain = peer_consumer(peer, zookeeper, providers, "--only", "user.GetUser.", "--no-echo")
        named = peer_consumer(peer, zookeeper, providers, "--only", "user.GetUser.", "--no-echo", "--protocol", "jsonrpc")
    count = len(plain.passed) + len(plain.failed)
    outcome.measured[peer.name, "checks of a method declared once that fail, both nodes there"] = (
        f"{len(plain.failed)} of {count}; with protocol=jsonrpc {len(named.failed)}")
    outcome.add(peer.name, "consumer, more", "with protocol=jsonrpc the one attempt is enough", "; ".join(named.failed.values()) or None)


def once_settings():
    settings = os.path.join(folder(), "once.ini")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(f"[service {USERS}]\nGetUser.retries = 0\nGetErr.retries = 0\n")
    return settings


def takes_its_group(outcome, peer):
    """The consumer calls the one of two C providers that has its group and version."""
    protocols = {"DUBBOC_SERVER_PROTOCOLS": "jsonrpc,http"}
    with ZooKeeper() as zookeeper, contextlib.ExitStack() as programs:
        plain, blue = Recorder(), Recorder()
        for recorder, more in ((plain, {}), (blue, {"DUBBOC_SERVER_GROUP": "blue", "DUBBOC_SERVER_VERSION": "2.0.0"})):
            program = Provider("user-provider", DUBBOC_REGISTRY_ADDRESS=zookeeper.url, DUBBO_PORT_TO_REGISTRY=recorder.port, **protocols, **more)
            programs.enter_context(ended(program))
            recorder.target = int(program.address.rsplit(":", 1)[1])
        listed(zookeeper, 4)
        argv = ["--zookeeper", zookeeper.address, "--no-echo", "--only", "user.GetUser.known", "--group", "blue", "--version", "2.0.0"]
        checks = peer.consume(*argv, *(("--peer", "c") if peer is C else ()))
        seen = len(blue.take()), len(plain.take())
        why = None if not checks.failed and seen[0] > 0 and seen[1] == 0 else f"requests seen by its group and by the other: {seen}; {checks.failed}"
        outcome.add(peer.name, "consumer, more", "group and version are matched", why)


def repeats_broken(outcome, peer):
    """What each consumer does after HTTP 500: for GetUser, which the node forbids to repeat, and
    for another method. Also what it does after the error of GetErr, which the node forbids to
    repeat, too."""
    # a consumer that knows both schemes uses some attempts for each
    protocol = "http" if peer.name in ("j27", "j3") else "jsonrpc"
    with ZooKeeper() as zookeeper, CProviders(zookeeper, protocol, recorded=True, DUBBOC_CONF_FILE=once_settings()) as providers:
        recorder = providers.recorders[USERS]
        recorder.answer = lambda request: None if b'"GetErr"' in request else BROKEN_PAGE
        peer_consumer(peer, zookeeper, providers, "--only", "user.Get")
        seen = recorder.take()
    once, usual, failed = repeats(seen, "GetUser"), repeats(seen, "GetUsers"), repeats(seen, "GetErr")
    outcome.measured[peer.name, "requests when HTTP 500 comes back"] = str(usual)
    outcome.measured[peer.name, "requests when HTTP 500 comes back, node says retries=0"] = str(once)
    cannot_be_told = peer.name in CANNOT_BE_TOLD
    expected = usual if cannot_be_told else 1
    outcome.add(peer.name, "consumer, more", f"retries=0 in the node {'makes no difference' if cannot_be_told else 'is heeded'}",
                None if once == expected and usual > 0 else f"it was sent {once} times, expected {expected}")
    outcome.add(peer.name, "consumer, more", "with retries=0 in the node a call that fails is sent once",
                None if failed == 1 else f"it was sent {failed} times")


# --- recording ---------------------------------------------------------------------------------------------------------------------------------


def record_provider(outcome, peer, zookeeper, port, variant):
    """Makes the C consumer's list through a proxy, to which the peer's own nodes lead; then
    sends the probes."""
    import corpus
    recorder, argv, names = Recorder(port, end_s=0.5), [], {}
    if peer.registry:
        urls = []
        for interface in (USERS, ECHO):
            for name in nodes.providers(zookeeper.address, interface):
                names[interface] = name
                urls.append(re.sub(r"(127\.0\.0\.1:)\d+", rf"\g<1>{recorder.port}", urllib.parse.unquote(name), 1))
        argv = ["--registry", "static:" + " ".join(urls)]
    if not variant:
        checks = c_consumer(peer, zookeeper, *argv, port=recorder.port)
        outcome.add_checks(peer.name, "provider, recorded", checks)
        outcome.writer.exchanges("consumer", recorder.take(), names)
    recorder.close()
    corpus.record_answers(outcome.writer, port, names.get(USERS), variant)

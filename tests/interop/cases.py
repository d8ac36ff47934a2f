"""What is tried with each peer: the lists of checks in both directions, then what a list cannot say: group and version, a provider that goes and
comes under load, connections that rest, how often a call that fails is sent."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse

import nodes
from harness import BUILD, DUBBOC, ECHO, SRC, USERS, Program, Provider, dubboc, folder, free_port, wait_for
from peers import C, Checks
from recorder import Recorder

IDLE_S = 33        # longer than Jetty's 30 s and than a pooled connection of ours may rest
LOAD = "9s"


class ZooKeeper:
    """A real server on a free port with nothing in it."""

    SCRIPT = os.path.join(SRC, "tests", "support", "zookeeper-server.sh")

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="dubboc-zk-")
        self.address = f"127.0.0.1:{self.run('start')}"
        self.url = f"zookeeper://{self.address}/"
        return self

    def run(self, command):
        done = subprocess.run(["sh", self.SCRIPT, command, self.home], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=True)
        return done.stdout.decode().strip()

    def __exit__(self, *_):
        self.run("stop")
        shutil.rmtree(self.home, ignore_errors=True)


def listed(zookeeper, count, interface=USERS):
    return wait_for(lambda: len(nodes.providers(zookeeper.address, interface)) == count, 30, f"{count} nodes of {interface}")


@contextlib.contextmanager
def provided(peer, zookeeper, **options):
    """The peer as a provider; afterwards it is gone, and with status 0."""
    options.setdefault("port", free_port())
    program = peer.provide(zookeeper.address, **options)
    program.port = options["port"]
    try:
        yield program
    finally:
        program.stop(20)


def c_consumer(peer, zookeeper, *more, port=None, seconds=90):
    """The C consumer's checks against a peer: through ZooKeeper, or directly where the peer knows none."""
    argv = [os.path.join(BUILD, "tests", "interop", "c", "consumer"), "--peer", peer.name]
    if peer.registry:
        argv += ["--registry", zookeeper.url]
    else:
        argv += ["--users", f"http://127.0.0.1:{port}/{USERS}", "--echo", f"http://127.0.0.1:{port}/{ECHO}"]
    return Checks([*argv, *map(str, more)], {}, seconds)


class CProviders:
    """The two example programs. recorded: a proxy stands before each and is what the registry names."""

    def __init__(self, zookeeper, protocols="jsonrpc,http", recorded=False, **env):
        self.programs, self.recorders = {}, {}
        env = {"DUBBOC_REGISTRY_ADDRESS": zookeeper.url, "DUBBOC_SERVER_PROTOCOLS": protocols, **env}
        for interface, example in ((USERS, "user-provider"), (ECHO, "echo-provider")):
            if recorded:
                self.recorders[interface] = Recorder()
                env["DUBBO_PORT_TO_REGISTRY"] = self.recorders[interface].port
            self.programs[interface] = Provider(example, **env)
            if recorded:
                self.recorders[interface].target = int(self.programs[interface].address.rsplit(":", 1)[1])
        for interface in self.programs:
            listed(zookeeper, len(protocols.split(",")), interface)

    def port(self, interface):
        recorder = self.recorders.get(interface)
        return recorder.port if recorder else int(self.programs[interface].address.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs.values():
            program.stop()
        for recorder in self.recorders.values():
            recorder.close()


def peer_consumer(peer, zookeeper, providers, *more):
    """The peer's checks against the C providers."""
    if peer is C:
        more = ("--peer", "c", *more)
    if peer.registry:
        return peer.consume("--zookeeper", zookeeper.address, *more)
    return peer.consume("--url", f"http://127.0.0.1:{providers.port(USERS)}/", "--echo-url", f"http://127.0.0.1:{providers.port(ECHO)}/", *more)


# --- the lists ----------------------------------------------------------------------------------------------------------------------------


def c_calls_peer(outcome, peer, label, server, with_rest):
    with ZooKeeper() as zookeeper:
        with provided(peer, zookeeper, **({"server": server} if server else {})) as provider:
            idle_s = IDLE_S if with_rest else 0
            outcome.add_checks(peer.name, label, c_consumer(peer, zookeeper, "--idle", idle_s, port=provider.port))
            if outcome.writer:
                record_provider(outcome, peer, zookeeper, provider.port, "" if with_rest else "-" + server)
        status = provider.process.returncode
        outcome.add(peer.name, label, "ends with status 0", None if status == 0 else f"status {status}")
        if peer.registry:
            outcome.guard(peer.name, label, "leaves no node behind", listed, zookeeper, 0)


def peer_calls_c(outcome, peer):
    with ZooKeeper() as zookeeper, CProviders(zookeeper) as providers:
        outcome.add_checks(peer.name, "consumer", peer_consumer(peer, zookeeper, providers))


# --- more of a provider -----------------------------------------------------------------------------------------------------------------------


def more_of_provider(outcome, peer):
    if not peer.registry:
        return
    for name, case in (("group and version are matched", group_and_version), ("one provider goes and comes under load", goes_and_comes)):
        def tried(case=case, name=name):
            case(outcome, peer)
            outcome.add(peer.name, "provider, more", name)
        outcome.guard(peer.name, "provider, more", name, tried)


def group_and_version(outcome, peer):
    with ZooKeeper() as zookeeper, provided(peer, zookeeper, group="blue", version="2.0.0"):
        found = dubboc("call", "-t", "20s", "-r", zookeeper.url, "-g", "blue", "-V", "2.0.0", USERS, "GetUser", '["A003"]')
        assert found.json()["name"] == "Joe", found
        for argv, word in (((), "group"), (("-g", "blue"), "version"), (("-g", "red", "-V", "2.0.0"), "group")):
            nobody = dubboc("call", "-r", zookeeper.url, *argv, USERS, "GetUser", '["A003"]')
            assert nobody.status == 2 and word in nobody.err and "not executed" in nobody.err, nobody


def goes_and_comes(outcome, peer):
    """No call is lost while one of two providers stops in order and starts again. No framework but C is known to finish every call that it is at when
    it stops, so for the others the method is declared idempotent, and the client may send it again."""
    settings = os.path.join(folder(), "idempotent.ini")
    with open(settings, "w", encoding="utf-8") as file:
        file.write("" if peer is C else f"[reference {USERS}]\nidempotent = GetUser\n")
    with ZooKeeper() as zookeeper, provided(peer, zookeeper):
        port = free_port()
        with provided(peer, zookeeper, port=port) as second:
            load = Program([DUBBOC, "bench", "-r", zookeeper.url, "-c", "4", "-d", LOAD, "--json", USERS, "GetUser", '["A003"]'],
                           DUBBOC_CONF_FILE=settings)
            time.sleep(1.5)  # into the middle of the load, which is the subject
            second.stop(20)
        with provided(peer, zookeeper, port=port):
            counted = json.loads(load.line(30))
    lost = counted["calls"] - counted["ok"]
    outcome.measured[peer.name, "calls lost while one of two providers stops and starts"] = f"{lost}{'' if peer is C else ' (declared idempotent)'}"
    assert counted["calls"] > 100 and lost == 0, {key: counted[key] for key in ("calls", "ok", "remote_error", "not_sent", "maybe_executed")}


# --- more of a consumer -----------------------------------------------------------------------------------------------------------------------

# What fails, and the handler's method; None: one that is not there.
FAILING = (("an error the method declares", USERS, "GetErr"), ("a runtime error", ECHO, "fail"), ("an unknown method", USERS, None))
USER_METHODS = ("GetUser", "GetUser0", "GetUser3", "GetErr", "GetUsers", "GetUserMap", "getUser", "queryUser", "queryAll", "isLimit", "Calc", "Sum")
BROKEN_PAGE = b"HTTP/1.1 500 Server Error\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
# To them a node http:// is Java serialization, if spring-web is there (wire.md 0.1).
SERIALIZE_TO_HTTP = ("j26", "j273")
# Told not to repeat GetUser, in the three spellings of our node, and yet they do (wire.md 12.2, 12.7).
CANNOT_BE_TOLD = ("j3", "dubbogo02")


def repeats(exchanges, method):
    """How often the consumer made the same call at most: requests that differ in nothing but the id."""
    counted = {}
    for exchange in exchanges:
        try:
            made = json.loads(exchange.request.split(b"\r\n\r\n", 1)[-1])
        except ValueError:
            continue
        if made["method"] == method or method is None and made["method"] not in USER_METHODS:
            key = json.dumps([made["method"], made.get("params")])
            counted[key] = counted.get(key, 0) + 1
    return max(counted.values(), default=0)


def more_of_consumer(outcome, peer):
    """The list again through proxies that see each request."""
    with ZooKeeper() as zookeeper, CProviders(zookeeper, recorded=True) as providers:
        outcome.add_checks(peer.name, "consumer, recorded", peer_consumer(peer, zookeeper, providers))
        seen = {interface: recorder.take() for interface, recorder in providers.recorders.items()}
    for what, interface, method in FAILING:
        count = repeats(seen[interface], method)
        if count > 0:
            outcome.measured[peer.name, f"requests for {what}"] = str(count)
            outcome.add(peer.name, "consumer, more", f"a call is sent once: {what}",
                        None if count == 1 or peer.name in ("go1", "go3") else f"it was sent {count} times")
    if outcome.writer:
        for exchanges in seen.values():
            outcome.writer.exchanges("provider", exchanges)
    if peer.name in SERIALIZE_TO_HTTP:
        tried = sum(b"x-java-serialized-object" in exchange.request for exchanges in seen.values() for exchange in exchanges)
        outcome.measured[peer.name, "attempts in Java serialization, both nodes there"] = str(tried)
        outcome.guard(peer.name, "consumer, no spring", "the run itself", without_spring, outcome, peer)
    if peer.registry:
        outcome.guard(peer.name, "consumer, more", "group and version are matched", takes_its_group, outcome, peer)
    outcome.guard(peer.name, "consumer, more", "how often it repeats", repeats_broken, outcome, peer)


def without_spring(outcome, peer):
    """Both nodes are there, and the library that makes the second one look usable is not."""
    with ZooKeeper() as zookeeper, CProviders(zookeeper) as providers:
        outcome.add_checks(peer.name, "consumer, no spring", peer_consumer(peer, zookeeper, providers, "--without-spring-web", "--no-echo"))


def takes_its_group(outcome, peer):
    """Of two C providers of one interface it calls that of its group and version."""
    protocols = {"DUBBOC_SERVER_PROTOCOLS": "jsonrpc,http"}
    with ZooKeeper() as zookeeper:
        plain, blue = Recorder(), Recorder()
        for recorder, more in ((plain, {}), (blue, {"DUBBOC_SERVER_GROUP": "blue", "DUBBOC_SERVER_VERSION": "2.0.0"})):
            program = Provider("user-provider", DUBBOC_REGISTRY_ADDRESS=zookeeper.url, DUBBO_PORT_TO_REGISTRY=recorder.port, **protocols, **more)
            recorder.target = int(program.address.rsplit(":", 1)[1])
        listed(zookeeper, 4)
        argv = ["--zookeeper", zookeeper.address, "--no-echo", "--only", "user.GetUser.known", "--group", "blue", "--version", "2.0.0"]
        checks = peer.consume(*argv, *(("--peer", "c") if peer is C else ()))
        seen = len(blue.take()), len(plain.take())
        why = None if not checks.failed and seen[0] > 0 and seen[1] == 0 else f"requests seen by its group and by the other: {seen}; {checks.failed}"
        outcome.add(peer.name, "consumer, more", "group and version are matched", why)


def repeats_broken(outcome, peer):
    """What each consumer does when HTTP 500 comes back, for GetUser, which the node says is not to be repeated, and for another method."""
    settings = os.path.join(folder(), "once.ini")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(f"[service {USERS}]\nGetUser.retries = 0\n")
    # a consumer that knows both schemes spends some attempts on each
    protocol = "http" if peer.name in ("j27", "j3") else "jsonrpc"
    with ZooKeeper() as zookeeper, CProviders(zookeeper, protocol, recorded=True, DUBBOC_CONF_FILE=settings) as providers:
        recorder = providers.recorders[USERS]
        recorder.answer = BROKEN_PAGE
        peer_consumer(peer, zookeeper, providers, "--only", "user.GetUser")
        seen = recorder.take()
    once, usual = repeats(seen, "GetUser"), repeats(seen, "GetUsers")
    outcome.measured[peer.name, "requests when HTTP 500 comes back"] = str(usual)
    outcome.measured[peer.name, "the same, node says retries=0"] = str(once)
    outcome.add(peer.name, "consumer, more", "retries=0 in the node is heeded",
                None if once == 1 or peer.name in CANNOT_BE_TOLD else f"it was sent {once} times")


# --- recording ---------------------------------------------------------------------------------------------------------------------------------


def record_provider(outcome, peer, zookeeper, port, variant):
    """The C consumer's list through a proxy, led there by the peer's own nodes; then the probes."""
    import corpus
    recorder, argv, names = Recorder(port), [], {}
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

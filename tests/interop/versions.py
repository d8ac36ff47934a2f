"""Two versions of one interface on one port, in both roles. A request does not hold the version
(wire.md 1.3), so each version needs its own path: a provider that uses one path answers both
versions with the same one. The report states this."""

import os
import urllib.parse

import nodes
from harness import BUILD, ECHO, USERS, Program, dubboc, free_port
from peers import C
from stage import ZooKeeper, ended, listed, provided

VERSIONS = ("1.0.0", "2.0.0")
MEASURED = "two versions on one port, no path given"
# A server of the original dubbogo takes one version of an interface, and ends when it gets a second
# one.
REFUSES = {"dubbogo02": "service already defined"}
# Dubbo's Spring beans can have a path for each export; dubbo-go always has one path for an
# interface.
HAVE_PATHS = ("j26", "j273", "j27", "j3")


def who_answers(peer, zookeeper, version):
    """The version that was reached by a call; in the answer of whoami it is the last word."""
    method = "Whoami" if peer.name == "dubbogo02" else "whoami"
    return dubboc("call", "-t", "20s", "-r", zookeeper.url, "-V", version, ECHO, method, "[]").json().split()[-1]


def nodes_are_understood(zookeeper):
    """Each version is found by its own node, and a version that does not exist is not found."""
    for version in VERSIONS:
        user = dubboc("call", "-t", "20s", "-r", zookeeper.url, "-V", version, USERS, "GetUser", '["A003"]')
        assert user.json()["name"] == "Joe", user
    nobody = dubboc("call", "-r", zookeeper.url, "-V", "3.0.0", USERS, "GetUser", '["A003"]')
    assert nobody.status == 2 and "version" in nobody.err and "not executed" in nobody.err, nobody
    shown = dubboc("ls", "--urls", "-r", zookeeper.url, USERS).out.splitlines()
    assert len(shown) == 2 and all(any(f"version={version}" in line for line in shown) for version in VERSIONS), shown


def of_provider(outcome, peer):
    role = "provider, more"
    if peer is C:
        outcome.attempt(peer.name, role, "two versions on one port: each is called", c_provides, peer)
    elif peer.name in REFUSES:
        outcome.attempt(peer.name, role, "two versions on one port: it refuses to start", is_refused, outcome, peer)
    else:
        outcome.attempt(peer.name, role, "two versions on one port: both nodes are understood", without_paths, outcome, peer)
    if peer.name in HAVE_PATHS:
        outcome.attempt(peer.name, role, "two versions on one port, with paths: each is called", with_paths, peer)


def with_paths(peer):
    with ZooKeeper() as zookeeper, provided(peer, zookeeper, version=",".join(VERSIONS), own_paths=True):
        nodes_are_understood(zookeeper)
        answered = [who_answers(peer, zookeeper, version) for version in VERSIONS]
        assert answered == list(VERSIONS), f"wanted {VERSIONS}, called {answered}"


def without_paths(outcome, peer):
    with ZooKeeper() as zookeeper, provided(peer, zookeeper, version=",".join(VERSIONS)):
        nodes_are_understood(zookeeper)
        paths = {urllib.parse.urlsplit(urllib.parse.unquote(name)).path for name in nodes.providers(zookeeper.address, USERS)}
        answered = [who_answers(peer, zookeeper, version) for version in VERSIONS]
        assert len(paths) == 1 or answered == list(VERSIONS), f"paths {paths}, wanted {VERSIONS}, called {answered}"
        last = "the one offered last" if peer.name.startswith("j") else "one of them, by chance,"
        told = "each answers" if answered == list(VERSIONS) else f"one path for both, and {last} answers both"
        assert answered == list(VERSIONS) or answered[0] == answered[1], f"wanted {VERSIONS}, called {answered}"
        assert last != "the one offered last" or answered[0] == VERSIONS[-1], f"wanted {VERSIONS}, called {answered}"
        outcome.measured[peer.name, MEASURED] = told


def is_refused(outcome, peer):
    with ZooKeeper() as zookeeper:
        program = peer.start(zookeeper.address, free_port(), version=",".join(VERSIONS))
        with ended(program):
            status, told = program.wait(60), program.stderr()
        assert status != 0 and REFUSES[peer.name] in told, f"ended with {status}: {told[-300:]}"
        outcome.measured[peer.name, MEASURED] = f'refused: "{REFUSES[peer.name]}"'


def c_versions(zookeeper, protocols="jsonrpc,http"):
    program = Program([os.path.join(BUILD, "tests", "interop", "c", "versions"), *VERSIONS], DUBBOC_REGISTRY_ADDRESS=zookeeper.url,
                      DUBBOC_SERVER_IP="127.0.0.1", DUBBOC_SERVER_PORT=0, DUBBOC_SERVER_PROTOCOLS=protocols, DUBBOC_SERVER_STOP_WATCH_WAIT="200ms")
    assert (program.line() or "").startswith("listening on "), program.stderr()
    listed(zookeeper, len(VERSIONS) * len(protocols.split(",")))
    return program


def c_provides(peer):
    with ZooKeeper() as zookeeper, ended(c_versions(zookeeper)):
        answered = [who_answers(peer, zookeeper, version) for version in VERSIONS]
        assert answered == list(VERSIONS), f"wanted {VERSIONS}, called {answered}"


def of_consumer(peer):
    """A C provider has both versions on one port, the second one with its own path."""
    with ZooKeeper() as zookeeper, ended(c_versions(zookeeper)) as program:
        for version in VERSIONS:
            argv = ["--zookeeper", zookeeper.address, "--no-echo", "--only", "user.GetUser.known", "--version", version]
            checks = peer.consume(*argv, *(("--peer", "c") if peer is C else ()))
            assert not checks.failed, checks.failed
            called = program.line()
            assert called == f"{version} {USERS}", f"wanted {version}, called {called}"
            while program.has_line():
                called = program.line()
                assert called == f"{version} {USERS}", f"wanted {version}, called {called}"

"""Two C providers restarted in turn, as a rolling release does, while a peer's consumer calls from several
threads. No call is repeated (retries=0), so that each that is refused or lost is seen: none may be."""

import contextlib
import os
import subprocess
import time

from harness import USERS, Provider, folder, free_port, wait_for
from peers import C
from stage import ZooKeeper, connections_to, ended, listed

ROLE = "consumer, more"
CHECK = "two providers restarted in turn, no call is lost"
THREADS = 2
# What the load is told to call for: it has to outlast both restarts. Each takes 3 s and more to stop, and
# Dubbo 3 may take 5 s to notice each change.
WINDOW_S = 50
NOTICED_S = 40
# Of these a call is repeated unless the reference says not to; to the others our node says it.
TAKE_RETRIES = ("j26", "j27", "j273", "j3")
# To them a node http:// is Java serialization, which would cost the one attempt of a call (wire.md 0.1).
SERIALIZE_TO_HTTP = ("j26", "j273")
# Its cache may drop the event that a node is gone and keep the node for ten minutes (wire.md: dubbogo specifics of watching), longer
# than any provider waits. What it makes of a restart is measured, and is no check.
MISSES_REMOVALS = ("dubbogo02",)
MEASURED = "calls while two C providers are restarted in turn"


def settings():
    """The provider's node says that GetUser is not to be repeated."""
    path = os.path.join(folder(), "restarts.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[service {USERS}]\nGetUser.retries = 0\n")
    return path


def provider(zookeeper, port, conf):
    """With the times of stopping that a server has by default: the harness shortens them."""
    return Provider("user-provider", DUBBOC_REGISTRY_ADDRESS=zookeeper.url, DUBBOC_SERVER_PORT=port, DUBBOC_CONF_FILE=conf,
                    DUBBOC_SERVER_PROTOCOLS="jsonrpc,http", DUBBOC_SERVER_STOP_WATCH_WAIT="3s", DUBBOC_SERVER_STOP_QUIET="2s")


def restart(zookeeper, running, port, conf, is_over):
    """Stops the one at that port in order, starts it again, and waits until the consumer calls it again."""
    status = running.pop(port).stop(40)
    assert status == 0, f"the provider ended with status {status}"
    running[port] = provider(zookeeper, port, conf)
    listed(zookeeper, 4)
    wait_for(lambda: connections_to(port) > 0 or is_over(), NOTICED_S, f"calls of the provider at port {port}, come back")


def no_call_is_lost(outcome, peer):
    more = ("--retries", "0") if peer.name in TAKE_RETRIES else ()
    if peer.name in SERIALIZE_TO_HTTP:
        more += ("--protocol", "jsonrpc")
    conf, ports, running = settings(), [free_port(), free_port()], {}
    with ZooKeeper() as zookeeper, contextlib.ExitStack() as programs:
        programs.callback(lambda: [one.kill() for one in running.values()])
        for port in ports:
            running[port] = provider(zookeeper, port, conf)
        listed(zookeeper, 4)
        load = programs.enter_context(ended(peer.load(zookeeper.address, THREADS, *more)))
        load.process.stdin.write(f"{WINDOW_S}\n".encode())
        load.process.stdin.flush()
        begun = time.monotonic()
        for port in ports:
            wait_for(lambda: connections_to(port) > 0 or load.has_line(), NOTICED_S, f"calls of the provider at port {port}")
        for port in ports:
            restart(zookeeper, running, port, conf, load.has_line)
        restarted_s = time.monotonic() - begun
        said = load.line(WINDOW_S + 30)
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            load.process.stdin.close()
            load.wait(10)
    why = None
    if said is None or not said.endswith(" calls"):
        why = f"{said}; after {restarted_s:.0f} s"
    elif restarted_s >= WINDOW_S:
        why = f"the restarts took {restarted_s:.0f} s, and the calls ended after {WINDOW_S} s"
    if why is None:
        outcome.measured[peer.name, MEASURED] = f"{said.split()[0]}, none lost"
    elif peer.name in MISSES_REMOVALS:
        outcome.measured[peer.name, MEASURED] = "it may go on calling a provider that has gone"
    if peer.name not in MISSES_REMOVALS:
        outcome.add(peer.name, ROLE, CHECK, why)


def of_consumer(outcome, peer):
    """Those that have a load and a registry; the C consumer's calls are counted while a peer's providers restart."""
    if peer.registry and peer is not C and peer.name != "python":
        outcome.guard(peer.name, ROLE, CHECK, no_call_is_lost, outcome, peer)

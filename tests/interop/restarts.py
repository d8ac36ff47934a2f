"""Two C providers are restarted in turn, as in a rolling release, while a peer's consumer calls
from several threads. No call is repeated (retries=0), so that each refused or lost call is
seen; there must be none."""

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
# The duration of the load, which must outlast both restarts. Each provider takes 3 s and more to
# stop, and Dubbo 3 may take 5 s to notice each change.
WINDOW_S = 50
NOTICED_S = 40
# Consumers that repeat calls unless the reference forbids it; for the others our node forbids it.
TAKE_RETRIES = ("j26", "j27", "j273", "j3")
# Consumers that take a node http:// for Java serialization, which would use up the only attempt of
# a call (wire.md 0.1).
SERIALIZE_TO_HTTP = ("j26", "j273")
# A consumer whose cache may drop the event that a node was removed, and then keeps the node for ten
# minutes (wire.md: dubbogo specifics of watching), longer than any provider waits. Its calls during
# a restart are measured, but not checked.
MISSES_REMOVALS = ("dubbogo02",)
MEASURED = "calls while two C providers are restarted in turn"


def settings():
    """Makes the provider's node forbid to repeat GetUser."""
    path = os.path.join(folder(), "restarts.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[service {USERS}]\nGetUser.retries = 0\n")
    return path


def provider(zookeeper, port, conf):
    """Starts a provider with the default times for stopping, which the harness otherwise
    shortens."""
    return Provider("user-provider", DUBBOC_REGISTRY_ADDRESS=zookeeper.url, DUBBOC_SERVER_PORT=port, DUBBOC_CONF_FILE=conf,
                    DUBBOC_SERVER_PROTOCOLS="jsonrpc,http", DUBBOC_SERVER_STOP_WATCH_WAIT="3s", DUBBOC_SERVER_STOP_QUIET="2s")


def restart(zookeeper, running, port, conf, is_over):
    """Stops the provider at this port normally, starts it again, and waits until the consumer
    calls it again."""
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
    """The peers that have a load and a registry. For C, its consumer's calls are counted while a
    peer's providers restart."""
    if peer.registry and peer is not C and peer.name != "python":
        outcome.guard(peer.name, ROLE, CHECK, no_call_is_lost, outcome, peer)

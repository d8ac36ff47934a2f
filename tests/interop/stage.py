"""What the tests need: a ZooKeeper server, a peer's provider, the C providers, and the two kinds
of consumers."""

import contextlib
import os
import shutil
import subprocess
import tempfile

import nodes
from harness import BUILD, ECHO, SRC, USERS, Provider, free_port, wait_for
from peers import C, Checks
from recorder import Recorder


class ZooKeeper:
    """A real, empty server on a free port."""

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
    """The peer as a provider, which is killed at the end of the block."""
    with both_provided(peer, zookeeper, options) as (program,):
        yield program


@contextlib.contextmanager
def both_provided(peer, zookeeper, *each):
    """One provider of the peer for each of these options; all start at the same time."""
    programs = []
    with contextlib.ExitStack() as running:
        for options in each:
            programs.append(peer.start(zookeeper.address, **{"port": free_port(), **options}))
            running.callback(programs[-1].stop, 20)
        for program in programs:
            peer.ready(program)
        yield programs


@contextlib.contextmanager
def ended(program):
    """A program that is killed at the end of the block."""
    try:
        yield program
    finally:
        program.kill()


def connections_to(port):
    """The number of connections to a port of 127.0.0.1: a consumer that has some is making its
    calls."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(row[2] == f"0100007F:{port:04X}" and row[3] == "01" for row in rows)


def c_consumer(peer, zookeeper, *more, port=None, seconds=90, env=None):
    """Runs the C consumer's checks with a peer: through ZooKeeper, or with a direct address if
    the peer has no registry."""
    argv = [os.path.join(BUILD, "tests", "interop", "c", "consumer"), "--peer", peer.name]
    if peer.registry:
        argv += ["--registry", zookeeper.url]
    else:
        argv += ["--users", f"http://127.0.0.1:{port}/{USERS}", "--echo", f"http://127.0.0.1:{port}/{ECHO}"]
    return Checks([*argv, *map(str, more)], env or {}, seconds)


class CProviders:
    """The two example providers. recorded: the registry names a proxy in front of each."""

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
    """Runs the peer's checks with the C providers."""
    if peer is C:
        more = ("--peer", "c", *more)
    if peer.registry:
        return peer.consume("--zookeeper", zookeeper.address, *more)
    return peer.consume("--url", f"http://127.0.0.1:{providers.port(USERS)}/", "--echo-url", f"http://127.0.0.1:{providers.port(ECHO)}/", *more)

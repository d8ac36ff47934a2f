"""The frameworks that C is tested with, and how each of them is started. What a framework does
not support is stated in the consumers' lists of checks."""

import os
import re
import signal
import subprocess
import tempfile
import time

from harness import BUILD, SRC, Program, environment, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 90  # a peer's run takes 60 s at most
BUILD_SECONDS = 1500
READY_S = 120  # a peer starts in a few seconds, unless the machine is busy

# The folder of everything that is built; nothing is written into the source tree.
INTEROP_BUILD = os.environ.get("INTEROP_BUILD") or os.path.join(SRC, "build-interop")


class Peer:
    """One release of a framework. servers: the servers that it can use, the usual one first."""

    def __init__(self, name, folder, providers=True, servers=(None,), registry=True):
        self.name, self.folder, self.providers, self.servers, self.registry = name, folder, providers, servers, registry

    def argv(self, *more):
        return [os.path.join(HERE, self.folder, "run"), *map(str, more)]

    def environment(self):
        return {"INTEROP_BUILD": INTEROP_BUILD, "top_srcdir": SRC, "top_builddir": BUILD}

    def version(self):
        """The version as one line; None: the peer is not built."""
        try:
            done = subprocess.run(self.argv("version"), capture_output=True, timeout=30, env=environment(**self.environment()), stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def start(self, zookeeper, port, server=None, **options):
        """Starts the peer as a provider on 127.0.0.1. An option that is True is a flag."""
        argv = self.argv("provider", *(["--zookeeper", zookeeper] if self.registry else []), "--host", "127.0.0.1", "--port", port)
        if server:
            argv += ["--server", server]
        for name, value in options.items():
            argv += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
        program = Program(argv, **self.environment())
        program.port = port
        return program

    def provide(self, zookeeper, **options):
        """Starts the peer as a provider on a free port, and waits until it is registered."""
        return self.ready(self.start(zookeeper, free_port(), **options))

    def load(self, zookeeper, threads, *more):
        """Starts the peer as a consumer that calls from this number of threads, as the lines of
        its standard input say, see README.md."""
        argv = self.argv("load", "--zookeeper", zookeeper, "--threads", threads, *more)
        return self.ready(Program(argv, stdin=subprocess.PIPE, **self.environment()))

    def ready(self, program):
        """Waits until the program prints that it is registered, or can call, and returns it."""
        line = program.line(READY_S)
        if line != "ready":
            raise AssertionError(f"{self.name} said {line!r}, not that it is ready: {program.stderr()[-600:]}")
        return program

    def read(self, node):
        """The decoded name of a node as the framework parses it, as a dictionary."""
        done = subprocess.run(self.argv("read", "--node", node), capture_output=True, timeout=READY_S, check=True,
                              env=environment(**self.environment()), stdin=subprocess.DEVNULL)
        return dict(line.split("=", 1) for line in done.stdout.decode().splitlines())

    def consume(self, *argv, seconds=SECONDS):
        """Runs its consumer."""
        return Checks(self.argv("consumer", *argv), self.environment(), seconds)


class Checks:
    """The output of a consumer: the names of checks that passed, and those that failed with the
    reason."""

    def __init__(self, argv, env, seconds):
        self.passed, self.failed = [], {}
        try:
            done = subprocess.run(argv, capture_output=True, timeout=seconds, env=environment(**env), stdin=subprocess.DEVNULL)
            out, err, status = done.stdout, done.stderr, done.returncode
        except subprocess.TimeoutExpired as late:
            out, err, status = late.stdout or b"", late.stderr or b"", f"not ended after {seconds} s"
        for line in out.decode(errors="replace").splitlines():
            if line.startswith("ok "):
                self.passed.append(line[3:].strip())
            elif line.startswith("FAIL "):
                name, _, why = line[5:].partition(":")
                self.failed[name.strip()] = why.strip()
        last = re.findall(rb"^(\d+) passed, (\d+) failed$", out, re.M)
        if not last or (int(last[-1][0]), int(last[-1][1])) != (len(self.passed), len(self.failed)) or (status == 0) != (not self.failed):
            words = err.decode(errors="replace").strip().splitlines()[-3:]
            self.failed["the run itself"] = f"ended with {status} after {len(self.passed) + len(self.failed)} checks: {' | '.join(words)[-400:]}"

    def tally(self):
        return f"{len(self.passed)}/{len(self.passed) + len(self.failed)}"


C = Peer("c", "c")
PEERS = [
    Peer("j26", "java/j26", servers=("jetty9", "tomcat")),
    Peer("j273", "java/j273", servers=("jetty9", "tomcat")),
    Peer("j27", "java/j27", servers=("jetty9", "tomcat")),
    Peer("j3", "java/j3", servers=("jetty9", "tomcat")),
    Peer("jsonrpc4j", "java/jsonrpc4j", registry=False),
    Peer("jsonrpc4j12", "java/jsonrpc4j12", registry=False),
    Peer("go3", "go/go3"),
    Peer("go1", "go/go1"),
    Peer("dubbogo02", "go/dubbogo02"),
    Peer("python", "python", providers=False),
]


class Build:
    """A running build of one language, in its own process group. Its output is kept until it has
    ended, so that the outputs of two simultaneous builds are not mixed."""

    def __init__(self, language, script):
        print(f"building {language} peers", flush=True)
        self.language, self.begun, self.output = language, time.monotonic(), tempfile.TemporaryFile()
        self.process = subprocess.Popen([script], env={**os.environ, "INTEROP_BUILD": INTEROP_BUILD}, stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True)

    def is_over(self):
        """Waits until the build has ended or its time is over, and prints the outcome."""
        taken = time.monotonic() - self.begun
        if self.process.poll() is None:
            if taken < BUILD_SECONDS:
                return False
            self.kill()
        self.output.seek(0)
        print(self.output.read().decode(errors="replace"), end="")
        outcome = "built" if self.process.returncode == 0 else f"BUILD FAILED, status {self.process.returncode}"
        print(f"{self.language} peers: {outcome} after {taken:.0f} s", flush=True)
        return True

    def kill(self):
        """Kills the build and all processes that it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def build(peers):
    """Builds the peers of these languages at the same time, because Java's build waits for the
    network the first time and Go's for the processor. Returns the languages whose build
    failed."""
    scripts = {language: os.path.join(HERE, language, "build") for language in sorted({peer.folder.split("/")[0] for peer in peers})}
    under_way, failed = [], []
    try:
        under_way += [Build(language, script) for language, script in scripts.items() if os.path.exists(script)]
        while under_way:
            for ended in [each for each in under_way if each.is_over()]:
                under_way.remove(ended)
                failed += [ended.language] if ended.process.returncode else []
            time.sleep(0.05)
    finally:
        for each in under_way:
            each.kill()
    return failed

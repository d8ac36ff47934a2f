"""The frameworks that C is run against, and how one of them is started. What each can be asked is said where it is asked: in the consumers'
lists of checks."""

import os
import re
import subprocess

from harness import BUILD, SRC, Program, environment, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 90  # a peer's run takes 60 s at most

# What is built goes here; nothing goes into the source tree.
INTEROP_BUILD = os.environ.get("INTEROP_BUILD") or os.path.join(SRC, "build-interop")


class Peer:
    """One framework in one release. servers: what it can serve with, the first being the usual one."""

    def __init__(self, name, folder, providers=True, servers=(None,), registry=True):
        self.name, self.folder, self.providers, self.servers, self.registry = name, folder, providers, servers, registry

    def argv(self, *more):
        return [os.path.join(HERE, self.folder, "run"), *map(str, more)]

    def environment(self):
        return {"INTEROP_BUILD": INTEROP_BUILD, "top_srcdir": SRC, "top_builddir": BUILD}

    def version(self):
        """One line, or None: it is not built."""
        try:
            done = subprocess.run(self.argv("version"), capture_output=True, timeout=30, env=environment(**self.environment()), stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def provide(self, zookeeper, port=None, server=None, **options):
        """Starts it as a provider on 127.0.0.1 and waits until it says that it is registered."""
        argv = self.argv("provider", *(["--zookeeper", zookeeper] if self.registry else []), "--host", "127.0.0.1", "--port", port or free_port())
        if server:
            argv += ["--server", server]
        for name, value in options.items():
            argv += ["--" + name.replace("_", "-"), str(value)]
        return self.started("provider", Program(argv, **self.environment()))

    def load(self, zookeeper, threads, *more):
        """Starts it as a consumer that calls from so many threads while each line of its standard input says, see README.md."""
        argv = self.argv("load", "--zookeeper", zookeeper, "--threads", threads, *more)
        return self.started("load", Program(argv, stdin=subprocess.PIPE, **self.environment()))

    def started(self, role, program):
        line = program.line(60)
        if line != "ready":
            raise AssertionError(f"{self.name} as a {role} said {line!r}: {program.stderr()[-600:]}")
        return program

    def consume(self, *argv, seconds=SECONDS):
        """Runs its consumer."""
        return Checks(self.argv("consumer", *argv), self.environment(), seconds)


class Checks:
    """What a consumer printed: the names that passed, and those that failed with the reason."""

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
    Peer("j273", "java/j273"),
    Peer("j27", "java/j27"),
    Peer("j3", "java/j3"),
    Peer("jsonrpc4j", "java/jsonrpc4j", registry=False),
    Peer("jsonrpc4j12", "java/jsonrpc4j12", registry=False),
    Peer("go3", "go/go3"),
    Peer("go1", "go/go1"),
    Peer("dubbogo02", "go/dubbogo02"),
    Peer("python", "python", providers=False),
]


def build():
    """Builds what every language's folder has to build; the folders whose build failed."""
    failed = []
    for language in sorted({peer.folder.split("/")[0] for peer in PEERS}):
        script = os.path.join(HERE, language, "build")
        if os.path.exists(script):
            print(f"building {language} peers", flush=True)
            done = subprocess.run([script], env={**os.environ, "INTEROP_BUILD": INTEROP_BUILD}, stdin=subprocess.DEVNULL, timeout=1500)
            if done.returncode != 0:
                failed.append(language)
    return failed

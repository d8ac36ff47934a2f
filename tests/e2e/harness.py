"""What the end-to-end tests share: real programs as processes, raw HTTP, and TAP output. Only Python's standard library.

A test is a function whose name begins with test_ and says what must be true; run(globals()) runs them all. Nothing here sleeps to "let
things settle": wait_for() waits on a condition, with a deadline."""

import http.client
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

SRC = os.environ.get("top_srcdir", os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.environ.get("top_builddir", os.path.join(SRC, "build"))
DUBBOC = os.path.join(BUILD, "tools", "dubboc")
ECHO = "com.dubboc.EchoService"
USERS = "com.ikurento.user.UserProvider"

_processes = []
_folders = []


def wait_for(condition, seconds=10.0, what="the condition"):
    """Waits until condition() is true, and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.005)


def connections(address):
    """The number of established connections to a provider on this machine, from /proc/net/tcp."""
    port = f":{int(address.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == "01" for row in rows)


def cpu_s(pid):
    """The CPU seconds that a process and its living children have used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                children = file.read().split()
        except OSError:
            continue  # the thread has ended
        used += sum(cpu_s(child) for child in children)
    return used


def folder():
    """A new empty folder for this test."""
    path = tempfile.mkdtemp(prefix="dubboc-e2e-")
    _folders.append(path)
    return path


def environment(**more):
    """The environment of a program under test: without settings of dubboc, except the given
    ones."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DUBBO") and k not in ("APP_CONF_FILE", "http_proxy", "https_proxy")}
    env.update({k: str(v) for k, v in more.items()})
    return env


def track(program):
    """Makes sure that a program is killed at the end of the test, and that its standard error is
    shown if the test failed."""
    _processes.append(program)


class Program:
    """A process whose output is read line by line."""

    def __init__(self, argv, stdin=subprocess.DEVNULL, **env):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(a) for a in argv], env=environment(**env), stdout=subprocess.PIPE, stderr=self.errors,
                                        stdin=stdin)
        self.pending = b""
        track(self)

    def line(self, seconds=20.0):
        """The next line of standard output; None at the end."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"{self.process.args} printed no line within {seconds} s; stderr: {self.stderr()}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                return None
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def has_line(self):
        """Whether a line has already arrived."""
        return b"\n" in self.pending or bool(select.select([self.process.stdout], [], [], 0)[0])

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=40.0):
        return self.process.wait(seconds)

    def stop(self, seconds=40.0):
        """Sends SIGTERM and returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(seconds)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


class Provider(Program):
    """One of the example providers, on a free port of 127.0.0.1."""

    def __init__(self, example="echo-provider", argv=(), **env):
        settings = {"DUBBOC_SERVER_IP": "127.0.0.1", "DUBBOC_SERVER_PORT": 0, "DUBBOC_SERVER_STOP_WATCH_WAIT": "200ms",
                    "DUBBOC_SERVER_STOP_QUIET": "200ms"}
        settings.update(env)
        super().__init__([os.path.join(BUILD, "examples", example), *argv], **settings)
        line = self.line()
        assert line and line.startswith("listening on "), f"{example} printed {line!r}; stderr: {self.stderr()}"
        self.address = line.split()[2]

    def url(self, interface=ECHO):
        return f"http://{self.address}/{interface}"


class Result:
    """The outcome of a run of the tool."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()

    def json(self):
        assert self.status == 0, self
        return json.loads(self.out)

    def __repr__(self):
        return f"status={self.status} out={self.out!r} err={self.err!r}"


def dubboc(*argv, stdin=b"", timeout=60, **env):
    """Runs the command line tool."""
    return Result(subprocess.run([DUBBOC, *map(str, argv)], input=stdin, capture_output=True, timeout=timeout, env=environment(**env)))


def call(provider, method, *params, interface=ECHO):
    """One call through the tool, directly to a provider."""
    return dubboc("call", "-u", provider.url(interface), interface, method, json.dumps(list(params)))


def post(address, path, body, headers=None, method="POST", timeout=10):
    """One HTTP exchange with Python's own client: status, headers, body."""
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request(method, path, body if isinstance(body, bytes) else body.encode(), headers or {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, dict((k.lower(), v) for k, v in reply.getheaders()), reply.read()
    finally:
        connection.close()


def raw(address, data, quiet=0.5):
    """Sends bytes as they are. Returns everything that arrives until the peer closes or sends
    nothing for a while, and whether it closed."""
    host, port = address.rsplit(":", 1)
    got = b""
    with socket.create_connection((host, int(port)), 10) as peer:
        try:
            peer.sendall(data)
        except OSError:
            pass  # it answered and closed before it had read everything
        peer.settimeout(quiet)
        try:
            while True:
                more = peer.recv(65536)
                if not more:
                    return got, True
                got += more
        except socket.timeout:
            return got, False
        except ConnectionResetError:
            return got, True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _clean_up():
    for program in _processes:
        program.kill()
    _processes.clear()
    for path in _folders:
        shutil.rmtree(path, ignore_errors=True)
    _folders.clear()


def run(names):
    tests = [(name, test) for name, test in names.items() if name.startswith("test_") and callable(test)]
    wanted = sys.argv[1:]
    tests = [(name, test) for name, test in tests if not wanted or any(part in name for part in wanted)]
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name[5:]}")
        except Exception:
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            for program in _processes:
                for line in program.stderr().splitlines()[-10:]:
                    print(f"# {os.path.basename(program.process.args[0])}: {line}")
            print(f"not ok {number} - {name[5:]}")
        finally:
            _clean_up()
            sys.stdout.flush()

"""What the tests of the command line share about registries: a node in a file: registry, and a running `dubboc watch`."""
import fcntl
import os
import select
import struct
import subprocess

from tap import DUBBOC, LIMIT_S, environment


class Node:
    """A provider's node in a file: registry, which is alive as long as this process holds its
    lock. A node that replaces another one takes over its name, so that a reader sees one
    change."""

    def __init__(self, folder, url, at=None):
        providers = os.path.join(folder.path, "dubbo", "com.example.A", "providers")
        os.makedirs(providers, exist_ok=True)
        host_port = url.split("/")[2].replace(":", "-")
        self.path = at.path if at else os.path.join(providers, "%s-%016x" % (host_port, hash(url) % 2**64))
        written = folder.file("new-node", url + "\n")
        self.fd = os.open(written, os.O_RDWR | os.O_CLOEXEC)
        fcntl.fcntl(self.fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        os.rename(written, self.path)

    def die(self):
        os.close(self.fd)


class Watch:
    """A running `dubboc watch`."""

    def __init__(self, address, interface):
        self.process = subprocess.Popen([DUBBOC, "watch", "-r", address, interface], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                        env=environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def line(self):
        """Waits a limited time for the next line, and returns it."""
        return self.line_of(self.process.stdout)

    def error(self):
        """The next line on standard error."""
        return self.line_of(self.process.stderr)

    @staticmethod
    def line_of(stream):
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([stream], [], [], LIMIT_S)
            byte = stream.read(1) if ready else b""
            if byte == b"":
                raise AssertionError("no further line from watch, only %r" % line)
            line += byte
        return line.decode().rstrip("\n")

    def end(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out.decode(), err.decode()

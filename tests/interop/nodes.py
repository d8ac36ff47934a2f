"""The small part of ZooKeeper's protocol that lists the names of the nodes below a path, exactly as
they are stored, and creates, changes or removes a node.

(The dubboc tool shows names decoded, and a test must not ask the code under test what a peer
wrote.)"""

import contextlib
import socket
import struct

CREATE, DELETE, SET_DATA, GET_CHILDREN, CLOSE = 1, 2, 5, 8, -11
NO_NODE, NODE_EXISTS = -101, -110


class Session:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.peer = socket.create_connection((host, int(port)), 10)
        self.number = 0
        self.send(struct.pack(">iqiqi16s", 0, 0, 10000, 0, 16, b"\0" * 16))
        self.receive()

    def send(self, data):
        self.peer.sendall(struct.pack(">i", len(data)) + data)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.peer.recv(count - len(data))
            if not piece:
                raise OSError("ZooKeeper closed the connection")
            data += piece
        return data

    def receive(self):
        return self.exactly(struct.unpack(">i", self.exactly(4))[0])

    def ask(self, kind, payload):
        """The error number and the payload of the answer."""
        self.number += 1
        self.send(struct.pack(">ii", self.number, kind) + payload)
        while True:
            answer = self.receive()
            number, _, error = struct.unpack(">iqi", answer[:16])
            if number == self.number:
                return error, answer[16:]

    def children(self, path):
        """The names below path, sorted; empty if path does not exist."""
        error, data = self.ask(GET_CHILDREN, text(path) + b"\0")
        if error == NO_NODE:
            return []
        if error:
            raise OSError(f"ZooKeeper answered {error} for {path}")
        names, at = [], 4
        for _ in range(struct.unpack(">i", data[:4])[0]):
            length = struct.unpack(">i", data[at:at + 4])[0]
            names.append(data[at + 4:at + 4 + length].decode())
            at += 4 + length
        return sorted(names)

    def create(self, path, data=b""):
        """Creates a persistent node, and its parents."""
        parent = path.rsplit("/", 1)[0]
        acl = struct.pack(">ii", 1, 31) + text("world") + text("anyone")
        payload = text(path) + struct.pack(">i", len(data)) + data + acl + struct.pack(">i", 0)
        error, _ = self.ask(CREATE, payload)
        if error == NO_NODE and parent:
            self.create(parent)
            error, _ = self.ask(CREATE, payload)
        if error not in (0, NODE_EXISTS):
            raise OSError(f"ZooKeeper answered {error} for {path}")

    def set(self, path, data):
        error, _ = self.ask(SET_DATA, text(path) + struct.pack(">i", len(data)) + data + struct.pack(">i", -1))
        if error:
            raise OSError(f"ZooKeeper answered {error} for {path}")

    def delete(self, path):
        self.ask(DELETE, text(path) + struct.pack(">i", -1))

    def close(self):
        try:
            self.ask(CLOSE, b"")
        except OSError:
            pass
        self.peer.close()


@contextlib.contextmanager
def opened(address):
    session = Session(address)
    try:
        yield session
    finally:
        session.close()


def text(value):
    data = value.encode()
    return struct.pack(">i", len(data)) + data


def providers(address, interface):
    """The names of an interface's provider nodes."""
    with opened(address) as session:
        return session.children(f"/dubbo/{interface}/providers")

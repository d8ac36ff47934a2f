"""A proxy on loopback that forwards HTTP exchanges unchanged and keeps them: what was sent, what
was answered, and whether the provider closed.

A consumer finds it by the port in the provider's node. It reads each message completely before
it forwards it, so an exchange is a pair of complete messages; how they were divided into
segments is not kept."""

import re
import select
import socket
import threading

WHOLE_HEAD = re.compile(rb"\r?\n\r?\n")
SECONDS = 60


class Exchange:
    def __init__(self, request):
        self.request = request
        self.reply = b""
        self.is_complete = False  # the reply is complete, or the provider closed by itself
        self.is_closed = False    # the provider closed after it


class Reader:
    """Reads messages from a socket; keeps the bytes of the next one."""

    def __init__(self, peer):
        self.peer, self.pending, self.is_ended, self.closed_by_peer = peer, b"", False, False

    def more(self):
        try:
            piece = self.peer.recv(65536)
        except TimeoutError:
            self.is_ended = True
            return False
        except OSError:
            piece = b""
        self.closed_by_peer = self.closed_by_peer or not piece
        self.is_ended = self.is_ended or not piece
        self.pending += piece
        return bool(piece)

    def notice_end(self, seconds):
        """Waits for a moment after an error, because some providers close without announcing it,
        and the next request must not be sent to a dead connection."""
        if select.select([self.peer], [], [], seconds)[0]:
            self.more()

    def take(self, count):
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def until(self, enough):
        """Reads until enough(pending) returns a length, and takes that many bytes; takes
        everything if the peer closes earlier."""
        while (length := enough(self.pending)) is None:
            if not self.more():
                return self.take(len(self.pending)), False
        return self.take(length), True

    def message(self, has_body=True):
        """One HTTP message, and whether it is complete."""
        head, is_whole = self.until(lambda data: (found := WHOLE_HEAD.search(data)) and found.end())
        if not is_whole:
            return head, False
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\n")[1:])}
        is_reply, status = head.startswith(b"HTTP/"), head.split()[1:2]
        if not has_body or is_reply and (status in ([b"204"], [b"304"]) or status[0][:1] == b"1"):
            return head, True
        if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
            body, is_whole = self.until(chunked_length)
        elif b"content-length" in fields:
            wanted = int(fields[b"content-length"])
            body, is_whole = self.until(lambda data: wanted if len(data) >= wanted else None)
        elif is_reply:
            body, _ = self.until(lambda data: None)
        else:
            body = b""
        return head + body, is_whole


def chunked_length(data):
    """The length of the chunked body at the start of data; None: it is not complete."""
    at = 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        size = int(data[at:end].split(b";")[0], 16)
        at = end + 2 + size + 2
        if len(data) < at:
            return None
        if size == 0:
            return at


class Recorder:
    """Listens on a free port of 127.0.0.1 and forwards to target, which may be set later."""

    def __init__(self, target=None, end_s=0.05):
        """end_s: how long to wait after an error for a provider that closes without announcing
        it."""
        self.end_s, self.target, self.exchanges, self.lock = end_s, target, [], threading.Lock()
        self.answer = lambda request: None  # returns an answer to send instead of that of the provider, or None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                consumer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(consumer,), daemon=True).start()

    def serve(self, consumer):
        consumer.settimeout(SECONDS)
        try:
            with consumer, socket.create_connection(("127.0.0.1", self.target), 10) as provider:
                provider.settimeout(SECONDS)
                requests, replies = Reader(consumer), Reader(provider)
                while self.exchange(requests, replies):
                    pass
        except (OSError, ValueError):
            pass  # the other side sees that the connection ends

    def exchange(self, requests, replies):
        if not requests.pending and requests.peer not in select.select([requests.peer, replies.peer], [], [], SECONDS)[0]:
            return False  # the provider closed an idle connection, or the client has closed it
        request, is_whole = requests.message()
        if not request:
            return False
        kept = Exchange(request)
        with self.lock:
            self.exchanges.append(kept)
        if (answer := self.answer(request)) is not None:
            requests.peer.sendall(answer)
            return True
        replies.peer.sendall(request)
        if not is_whole:
            return False
        kept.reply, _ = replies.message(not request.startswith(b"HEAD "))
        if b'"error"' in kept.reply:
            replies.notice_end(self.end_s)
        kept.is_closed = replies.is_ended or b"connection: close" in kept.reply.split(b"\r\n\r\n")[0].lower()
        kept.is_complete = True
        requests.peer.sendall(kept.reply)
        return not kept.is_closed

    def take(self):
        """Returns the exchanges that were kept so far, and forgets them."""
        with self.lock:
            taken, self.exchanges = self.exchanges, []
        return taken

    def close(self):
        self.listener.close()

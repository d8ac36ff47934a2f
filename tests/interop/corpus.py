"""Writes the exchanges of a run as cases of tests/wire: <peer>-<what>/ with request, reply, node
and expect.

Values that differ from run to run are replaced by fixed ones: ports, dates, ids (with
Content-Length and chunk sizes), process ids and times in nodes. So a new recording changes only
what a peer really does differently. "role" in expect distinguishes three kinds of cases:

  consumer   C called the peer: the client must send the same request and understand the reply in
             the same way
  provider   the peer called C: the server must send the same reply
  odd        a request of probes.py, answered by the peer: what the server answers to it, and
             what the client makes of the peer's reply

expect ends with the section [outcome], which the replay program writes from what the client
returns: check it when it changes."""

import json
import os
import re
import shutil
import subprocess

from harness import BUILD, ECHO, SRC, USERS, Provider, folder
from probes import COMPARED, PROBES, ask

WIRE = os.path.join(SRC, "tests", "wire")
PORT = 20880
BYTES_MAX = 48 * 1024
SAME_METHOD_MAX = 6  # the lists call some methods hundreds of times
OBJECT = re.compile(rb"((?:\w+\.)+[A-Z][\w$]+[@-])[0-9a-f]{5,8}\b")  # the hash of an object in Java's pages, which is different each time
# Calls that are not kept, because the reply is different each time, or because the call may end
# before or after the list.
CHANGING = re.compile(rb'"[Ww]hoami"|"[Ss]leep", ?"params": ?\[\d{4}')
DATE = b"Thu, 01 Jan 1970 00:00:00 GMT"
HEADERS = (
    (rb"(?im)^(date: )[^\r\n]*", rb"\g<1>" + DATE),
    (rb"(?im)^(host: )[^\r\n]*", rb"\g<1>127.0.0.1:%d" % PORT),
    (rb"(?im)^(timeout: )\d+(?=\r)", rb"\g<1>3000000000"),
    (rb"(?im)^(user-agent: dubboc)/[^\r\n]*", rb"\g<1>"),
    (rb"(?im)^(user-agent: Java/\d+)[^\r\n]*", rb"\g<1>"),
    (rb"(?im)^(user-agent: Python[^/\r\n]*)/[^\r\n]*", rb"\g<1>"),
)


def split(message):
    """The head with its empty line, and the body."""
    found = re.search(rb"\r?\n\r?\n", message)
    return (message[:found.end()], message[found.end():]) if found else (message, b"")


def frame(reply):
    """The status line and the names of the headers."""
    status, *headers = split(reply)[0].split(b"\r\n")
    return (status, *(header.partition(b":")[0] for header in headers))


def is_chunked(head):
    return re.search(rb"(?im)^transfer-encoding:.*chunked", head) is not None


def chunks(body):
    """The data of each chunk, without the last empty one."""
    pieces, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].split(b";")[0], 16)
        if size == 0:
            return pieces
        pieces.append(body[end + 2:end + 2 + size])
        at = end + 2 + size + 2


def content(message):
    head, body = split(message)
    try:
        return b"".join(chunks(body)) if is_chunked(head) else body
    except ValueError:
        return body


def id_token(request):
    """The text of the request's id; None: there is no id, or it is not a request."""
    try:
        made = json.loads(content(request))
    except ValueError:
        return None
    if not isinstance(made, dict) or not isinstance(made.get("id"), (int, str)) or isinstance(made["id"], bool):
        return None
    return json.dumps(made["id"]).encode()


def with_length(head, body, changed):
    """The message with another body and its Content-Length."""
    if changed != body:
        head = re.sub(rb"(?im)^(content-length:\s*)\d+", rb"\g<1>%d" % len(changed), head)
    return head, changed


def same_id(message, token):
    """The message with the id 1, or the string "1", instead of token; its lengths are adapted."""
    head, body = split(message)
    if token is None:
        return head, body
    pattern = re.compile(rb'("id"\s*:\s*)' + re.escape(token) + rb"(?=\s*[,}])")
    made = rb'\g<1>"1"' if token.startswith(b'"') else rb"\g<1>1"
    if is_chunked(head):
        pieces = [pattern.sub(made, piece) for piece in chunks(body)]
        return head, b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return with_length(head, body, pattern.sub(made, body))


def normal(message, token):
    head, body = same_id(message, token)
    if not is_chunked(head):
        head, body = with_length(head, body, OBJECT.sub(rb"\g<1>1a2b3c4d", body))
    for pattern, value in HEADERS:
        head = re.sub(pattern, value, head)
    return head + body


def normal_node(name):
    """The name of a node, with fixed values for the parts that change from run to run."""
    name = re.sub(r"(127\.0\.0\.1%3[Aa])\d+", rf"\g<1>{PORT}", name)
    name = re.sub(r"(pid%3[Dd])\d+", r"\g<1>1", name)
    return re.sub(r"(timestamp%3[Dd])\d{10}(\d*)", lambda found: found[1] + "1700000000" + "0" * len(found[2]), name)


class Writer:
    """Writes the cases of one peer, whose former folders are removed."""

    def __init__(self, peer, version):
        version = re.sub(r"\b(java-\d+|go\d+\.\d+|Python \d+\.\d+)[.\d]*", r"\1", version)  # a patch of the language changes no byte
        self.peer, self.version, self.seen, self.numbers, self.count = peer, version, set(), {}, 0
        for name in os.listdir(WIRE):
            if name.startswith(peer + "-"):
                shutil.rmtree(os.path.join(WIRE, name))

    def name(self, verb, request, variant):
        """The name of a case, made from the method: <peer>-<verb>-<method>-<number>."""
        try:
            method = str(json.loads(content(request))["method"])
        except (ValueError, KeyError, TypeError):
            method = "unreadable"
        stem = f"{self.peer}{variant}-{verb}-{re.sub('[^A-Za-z0-9]', '', method)}"
        self.numbers[stem] = self.numbers.get(stem, 0) + 1
        return f"{stem}-{self.numbers[stem]}"

    def write(self, name, role, request, reply, is_closed, node=None, more=()):
        path = os.path.join(WIRE, name)
        os.mkdir(path)
        files = {"request": request, "reply": reply, "node": (node + "\n").encode() if node else None}
        for file, data in files.items():
            if data is not None:
                with open(os.path.join(path, file), "wb") as out:
                    out.write(data)
        lines = ["[case]", f"peer = {self.peer}", f"framework = {self.version}", f"role = {role}", f"closed = {'yes' if is_closed else 'no'}", *more]
        expect = os.path.join(path, "expect")
        with open(expect, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        if role != "provider":
            done = subprocess.run([os.path.join(BUILD, "tests", "wire", "replay_test"), "--print", path], capture_output=True, timeout=60, check=True)
            with open(expect, "ab") as out:
                out.write(b"\n[outcome]\n" + done.stdout)
        self.count += 1

    def exchanges(self, role, exchanges, names=None, variant=""):
        """Writes each different exchange once. names: the node of each interface. variant: the
        server of the provider, if it is not the usual one."""
        verb = "answers" if role == "consumer" else "calls"
        for exchange in exchanges:
            if not exchange.is_complete or len(exchange.request) + len(exchange.reply) > BYTES_MAX or b"\0" in exchange.request + exchange.reply:
                continue
            token = id_token(exchange.request)
            request, reply = normal(exchange.request, token), normal(exchange.reply, token)
            if (role, variant, request) in self.seen or (role == "provider" and not reply):
                continue
            if CHANGING.search(request):
                continue
            self.seen.add((role, variant, request))
            node = (names or {}).get(ECHO if ECHO.encode() in request.split(b"\n")[0] else USERS)
            name = self.name(verb, request, variant)
            if self.numbers[name.rsplit("-", 1)[0]] <= SAME_METHOD_MAX:
                self.write(name, role, request, reply, exchange.is_closed, normal_node(node) if node else None)

    def probe(self, name, request, reply, is_closed, ours, variant=""):
        """Writes a probe. ours: HTTP status and body of C's answer to the same request. A server
        that is not the usual one sends the same JSON in another frame, so each frame is kept
        once."""
        request, reply = normal(request, None), normal(reply, None)
        if b"\0" in reply or len(reply) > BYTES_MAX or variant and (variant, frame(reply), is_closed) in self.seen:
            return
        self.seen.add((variant, frame(reply), is_closed))
        status, body = ours
        more = ["", "[ours]", f"http = {status}", f"body = {body.decode()}".rstrip("\n")]
        if not is_same(status, body, reply):
            more.append(f"why = {COMPARED[name]}")
        self.write(f"{self.peer}{variant}-odd-{name}", "odd", request, reply, is_closed, more=more)


def is_same(status, body, reply):
    """Whether C's answer means the same as that of the peer: same status and JSON, except the
    words of an error."""
    def meaning(data):
        try:
            tree = json.loads(data)
        except ValueError:
            return data
        if isinstance(tree, dict) and isinstance(tree.get("error"), dict):
            return tree.get("id"), tree["error"].get("code")
        return tree
    head, _ = split(reply)
    return head.split()[1:2] == [str(status).encode()] and meaning(content(reply)) == meaning(body)


def record_answers(writer, port, users_node, variant):
    """Records what the peer, and C beside it, answers to each probe."""
    c = Provider("user-provider", DUBBOC_REGISTRY_ADDRESS="file://" + folder())
    c_port = int(c.address.rsplit(":", 1)[1])
    path = re.search(r"127\.0\.0\.1%3[Aa]\d+%2[Ff]([^%]*)", users_node)[1] if users_node else USERS
    for name, (request, _) in PROBES.items():
        reply, is_closed = ask(port, request.replace(USERS.encode(), path.encode()))
        answer, _ = ask(c_port, request)
        head, _ = split(answer)
        writer.probe(name, request, reply, is_closed, (int(head.split()[1]) if head else 0, content(answer)), variant)
    c.stop()

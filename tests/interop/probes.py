"""Requests that no framework's consumer sends. Every provider gets them, to record its answer;
where another provider answers differently from C, the reason is given."""

import socket

from harness import USERS
from recorder import Reader

GOOD = b'{"jsonrpc":"2.0","method":"GetUser","params":["A003"],"id":1}\n'
UNKNOWN = b'{"jsonrpc":"2.0","method":"Nope","params":[],"id":1}\n'


def http(body, method="POST", path="/" + USERS, version="1.1", headers=("Content-Type: application/json",), length=True):
    lines = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1:20880", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def call(**members):
    """A call of GetUser with other members; None removes a member."""
    made = {"jsonrpc": '"2.0"', "method": '"GetUser"', "params": '["A003"]', "id": "1", **members}
    return http(("{" + ",".join(f'"{key}":{value}' for key, value in made.items() if value is not None) + "}\n").encode())


# name: the request, and why C differs
PROBES = {
    "not-json": (http(b"{bad"), "a parse error with id null, as JSON-RPC 2.0 section 5 has it; others close, give 500, or write strings for id and version"),
    "empty-body": (http(b""), "a parse error as for any text that is not JSON, so that the caller learns what was wrong"),
    "json-string": (http(b'"x"'), "an invalid request with id null, as JSON-RPC 2.0 section 5 has it"),
    "no-method": (http(b'{"jsonrpc":"2.0","id":1}\n'), "an invalid request, answered under the id that it carries"),
    "method-is-a-number": (call(method="5"), "an invalid request, answered under the id that it carries"),
    "notification": (call(id=None), "a notification gets no JSON, as JSON-RPC 2.0 section 4.1 has it"),
    "id-null": (call(id="null"), "an id of null is an id and is given back; a notification is a request without one"),
    "id-string": (call(id='"6442450944"'), "the id comes back byte for byte"),
    "id-beyond-64-bits": (call(id="99999999999999999999"), "the id comes back byte for byte; Java cuts it to 32 bits"),
    "id-fraction": (call(id="1.5"), "the id comes back byte for byte"),
    "id-true": (call(id="true"), "an invalid request: an id is a string, a number or null"),
    "params-null": (call(params="null"), "null stands for no parameters, and GetUser wants one"),
    "params-absent": (call(params=None), "GetUser wants one parameter"),
    "params-object": (call(params='{"id":"A003"}'), "the example's methods take their parameters by place"),
    "params-scalar": (call(params='"A003"'), "params must be an array or an object, JSON-RPC 2.0 section 4.2"),
    "one-too-many": (call(params='["A003","x"]'), "the number of parameters must fit"),
    "wrong-type": (call(params="[[1]]"), "a parameter of another type is an error of the parameters"),
    "jsonrpc-absent": (call(jsonrpc=None), "old clients leave the version out; C serves them"),
    "jsonrpc-1": (call(jsonrpc='"1.0"'), "only version 2.0 is spoken"),
    "extra-member": (call(meta='{"a":1}'), "members that are not known are passed over"),
    "member-twice": (call(params='["A003"],"params":["A001"]'), "duplicate members of the envelope are ambiguous"),
    "escaped-method": (call(method='"\\u0047etUser"'), "names are compared after unescaping"),
    "raw-control-byte": (call(params='["A\x01"]'), "control bytes in strings are no JSON, RFC 8259 section 7"),
    "bad-utf8": (http(b'{"jsonrpc":"2.0","method":"GetUser","params":["\xff\xfe"],"id":1}\n'), "text that is not UTF-8 is no JSON, RFC 8259 section 8.1"),
    "after-the-object": (http(GOOD + b"x"), "anything after the object is a parse error"),
    "unknown-method": (http(UNKNOWN), "-32601 for a method that is not there, with HTTP 200, which every consumer reads"),
    "unknown-path": (http(GOOD, path="/com.example.Nobody"), "-32601 for a service that is not there, with HTTP 200, which every consumer reads"),
    "batch": (http(b"[" + GOOD + b"," + GOOD.replace(b'"id":1', b'"id":2') + b"]"), "a batch is answered in the order of its requests; Go has none"),
    "batch-with-unknown": (http(b"[" + UNKNOWN + b"," + GOOD.replace(b'"id":1', b'"id":2') + b"]"),
                           "one bad element never loses the others; jsonrpc4j stops there and leaves out the ]"),
    "batch-with-notification": (http(b"[" + GOOD + b"," + GOOD.replace(b',"id":1', b"") + b"]"), "a notification leaves no trace in the answer; jsonrpc4j leaves a comma"),
    "batch-empty": (http(b"[]"), "an empty batch is an invalid request, JSON-RPC 2.0 section 6"),
    "get": (http(b"", "GET", length=False), "405 says what was wrong and names POST"),
    "put": (http(GOOD, "PUT"), "405 says what was wrong and names POST"),
    "type-with-charset": (http(GOOD, headers=("Content-Type: application/json; charset=utf-8",)), "a charset is no other type"),
    "type-json-rpc": (http(GOOD, headers=("Content-Type: application/json-rpc",)), "Java's type"),
    "type-absent": (http(GOOD, headers=()), "old clients send none"),
    "type-text": (http(GOOD, headers=("Content-Type: text/plain",)), "415 says what was wrong"),
    "chunked": (http(b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD), headers=("Content-Type: application/json", "Transfer-Encoding: chunked"), length=False),
                "chunked requests are HTTP/1.1"),
    "http-1.0": (http(GOOD, version="1.0"), "HTTP/1.0 is served"),
}
COMPARED = {name: why for name, (_, why) in PROBES.items()}


def ask(port, request, quiet_s=1.5, settle_s=0.2):
    """Sends a request on a new connection. Returns the reply, and whether the provider closed
    the connection within settle_s after it."""
    with socket.create_connection(("127.0.0.1", port), 10) as peer:
        peer.sendall(request)
        peer.settimeout(quiet_s)
        reader = Reader(peer)
        reply, is_whole = reader.message()
        peer.settimeout(settle_s)
        while is_whole and settle_s and not reader.is_ended and reader.more():
            pass
        return reply, reader.closed_by_peer or b"connection: close" in reply.split(b"\r\n\r\n")[0].lower()

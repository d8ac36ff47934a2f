"""A TLS peer for http_tls_test: answers POST /echo with the body it got, /close with "ok" and then
closes, /reset with a reset, /garbage with bytes that are no TLS, /flood with far more than anybody
wants, /crumbs with a body in TLS records of one byte each.

Prints its port, ends when its standard input does. The key beside it is for this test only and guards nothing."""
import os
import socket
import ssl
import struct
import sys
import threading

folder = os.path.dirname(os.path.abspath(__file__))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem"))
context.set_alpn_protocols(["h2", "http/1.1"])

FLOOD_PIECE = bytes(65536)
FLOOD_BYTES = 512 << 20  # it must end some day, or a client without the mending would hang
CRUMBS = 2000


def read_request(stream):
    line = stream.readline()
    length = 0
    while True:
        header = stream.readline()
        if header in (b"\r\n", b""):
            break
        if header.lower().startswith(b"content-length:"):
            length = int(header.split(b":")[1])
    return (line.split()[1], stream.read(length)) if line else (None, b"")


def serve(plain):
    try:
        connection = context.wrap_socket(plain, server_side=True)
        stream = connection.makefile("rb")
        while connection.selected_alpn_protocol() != "h2":
            path, body = read_request(stream)
            if path is None:
                break
            if path == b"/reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                stream.close()
                break
            if path == b"/garbage":
                os.write(connection.fileno(), b"no TLS at all\r\n" * 8)
                continue
            if path == b"/flood":
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(FLOOD_BYTES // len(FLOOD_PIECE)):
                    connection.sendall(FLOOD_PIECE)
                break
            if path == b"/crumbs":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % CRUMBS)
                for _ in range(CRUMBS):
                    connection.sendall(b"x")
                continue
            answer = b"ok" if path == b"/close" else body
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
            if path == b"/close":
                stream.close()
                connection.unwrap()
                break
        connection.close()
    except (OSError, ValueError):
        plain.close()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
sys.stdin.read()

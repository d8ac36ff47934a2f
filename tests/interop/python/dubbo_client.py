"""A consumer that finds providers and calls them as dubbo-client-py does, in plain Python with kazoo.

It takes the providers whose node says jsonrpc and has exactly the wanted interface, version and group, picks one of them at random, and sends
one request on a connection of its own: the headers of urllib2, an id that is a UUID in a string, blanks after commas and colons. A call is
made once; nothing is tried again.
"""

import http.client
import json
import os
import random
import socket
import threading
import time
import urllib.parse
import uuid

from kazoo.client import KazooClient


class DubboClientError(Exception):
    """The provider answered with an error. code, message and data are the error object's."""

    def __init__(self, code, message, data=None):
        super().__init__("%s %s %s" % (code, message, json.dumps(data, ensure_ascii=False)))
        self.code = code
        self.message = message
        self.data = data


class MethodNotFound(DubboClientError):
    pass


class InvalidParams(DubboClientError):
    pass


class InternalError(DubboClientError):
    pass


class InvalidRequest(DubboClientError):
    pass


class ConnectionFail(DubboClientError):
    """The HTTP status is 400 or above."""


class NoProvider(DubboClientError):
    pass


ERRORS = {-32600: InvalidRequest, -32601: MethodNotFound, -32602: InvalidParams, -32603: InternalError}


class Registry:
    """The providers that ZooKeeper has, watched."""

    def __init__(self, address, application):
        self._application = application
        self._providers = {}
        self._zookeeper = KazooClient(hosts=address)
        self._zookeeper.start(timeout=10)

    def close(self):
        self._zookeeper.stop()
        self._zookeeper.close()

    def subscribe(self, interface):
        self._register(interface)
        path = "/dubbo/%s/providers" % interface
        self._zookeeper.ensure_path(path)
        self._zookeeper.ChildrenWatch(path, lambda nodes: self._providers.__setitem__(interface, nodes))

    def providers(self, interface, version, group):
        """The addresses and paths of those that match."""
        found = []
        for node in self._providers[interface]:
            url = urllib.parse.urlsplit(urllib.parse.unquote(node))
            query = dict(urllib.parse.parse_qsl(url.query))
            key = (query.get("interface", url.path.strip("/")), query.get("version", ""), query.get("group", ""))
            if url.scheme.startswith("jsonrpc") and key == (interface, version, group):
                found.append((url.netloc, url.path))
        return found

    def _register(self, interface):
        query = {
            "application": self._application, "category": "consumers", "dubbo": "dubbo-client-py-1.0.0", "interface": interface,
            "method": "", "pid": os.getpid(), "side": "consumer", "timestamp": int(time.time() * 1000),
        }
        url = "consumer://%s/%s?%s" % (self._own_address(), interface, urllib.parse.urlencode(query))
        path = "/dubbo/%s/consumers" % interface
        self._zookeeper.ensure_path(path)
        self._zookeeper.create(path + "/" + urllib.parse.quote(url, safe=""), ephemeral=True)

    def _own_address(self):
        """The address from which ZooKeeper is reached. Nothing is sent for that."""
        host, port = self._zookeeper.hosts[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, int(port)))
            return probe.getsockname()[0]


class DubboClient:
    """One interface: client.call("method", arguments...), or with named ones."""

    def __init__(self, registry, interface, version="", group="", timeout=5.0):
        self._registry = registry
        self._interface = interface
        self._key = (version, group)
        self._timeout = timeout
        self._lock = threading.Lock()
        registry.subscribe(interface)

    def call(self, method, *arguments, **named):
        with self._lock:
            providers = self._registry.providers(self._interface, *self._key)
        if not providers:
            raise NoProvider(5050, "no provider of %s" % self._interface)
        address, path = random.choice(providers)
        request = {"jsonrpc": "2.0", "method": method, "params": named or list(arguments), "id": str(uuid.uuid4())}
        status, body = self._exchange(address, path, json.dumps(request).encode())
        if status >= 400:
            raise ConnectionFail(504, "HTTP status %d: %s" % (status, body[:200]))
        return self._result(json.loads(body.decode("utf-8")), request["id"])

    def _exchange(self, address, path, body):
        connection = http.client.HTTPConnection(address, timeout=self._timeout)
        try:
            connection.request("POST", path, body, {
                "Content-Type": "application/json", "Connection": "close", "User-Agent": "Python-urllib/2.7",
            })
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    @staticmethod
    def _result(reply, wanted_id):
        error = reply.get("error")
        if error is not None:
            raise ERRORS.get(error["code"], DubboClientError)(error["code"], error.get("message"), error.get("data"))
        if reply.get("id") != wanted_id:
            raise DubboClientError(0, "the reply's id is %r" % reply.get("id"))
        return reply["result"]

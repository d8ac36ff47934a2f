"""What others see of C in ZooKeeper, and what C reports about nodes of others: the consumer's
node, a provider under two schemes, and nodes of real providers that no C consumer can call."""

import re
import urllib.parse

import nodes
from configurators import APPLICATION, Steady
from harness import ECHO, USERS, Provider, dubboc, wait_for
from stage import ZooKeeper, ended, listed, provided

# The values that dubbo-admin and the peers' own tools read (wire.md 5.4), with a pattern for each.
CONSUMER = {
    "application": re.escape(APPLICATION), "category": "consumers", "check": "false", "dubbo": r"\d+\.\d+\.\d+", "interface": re.escape(USERS),
    "pid": r"\d+", "side": "consumer", "timestamp": r"\d{13}",
}
# For each real provider: how it is started, and what C reports about it.
UNUSABLE = {
    "j273": (("http", {"protocol": "http"}, "http of release 2.7.3 is Java serialization"),),
    "j27": (("dubbo", {"protocol": "dubbo"}, "protocol dubbo"),),
    "j3": (("tri", {"protocol": "tri"}, "protocol tri"),
           ("application level only", {"register_mode": "instance"}, "offered at application level only, by java-provider")),
}


def consumers(zookeeper):
    with nodes.opened(zookeeper.address) as session:
        return session.children(f"/dubbo/{USERS}/consumers")


def check_name(name):
    """A node of ours as it is in ZooKeeper; it holds nothing that Dubbo 2.7.23 and 3 cannot read
    (wire.md 12.5)."""
    assert re.sub(r"%[0-9A-F]{2}", "", name).isascii() and not re.search(r"%[0-9A-F]?[a-f]", name), f"not upper-case hex: {name}"
    read = by_python(name)
    assert all(read.values()), f"something is empty: {name}"
    assert re.fullmatch(r"\d{13}", read["timestamp"]), f"no milliseconds: {name}"
    release = tuple(map(int, read.get("release", "2.7.4").split(".")))
    assert read["url.protocol"] != "http" or "release" in read and release >= (2, 7, 4), f"Java serialization to others: {name}"


def check_consumer(read):
    """read: the parts and parameters of the node, as a framework parses it."""
    assert read["url.protocol"] == "consumer" and read["url.path"].lstrip("/") == USERS, read
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", read["url.host"]), read
    for key, pattern in CONSUMER.items():
        assert re.fullmatch(pattern, read.get(key, "")), f"{key}={read.get(key)!r}: {read}"


def by_python(name):
    url = urllib.parse.urlsplit(urllib.parse.unquote_plus(name))
    return {"url.protocol": url.scheme, "url.host": url.netloc, "url.path": url.path, **dict(pair.split("=", 1) for pair in url.query.split("&"))}


def consumer_node(peer, zookeeper):
    """A C consumer's node as Python parses it, and as the framework parses it if it is a Java
    one, as dubbo-admin is."""
    before, call = set(consumers(zookeeper)), (zookeeper, USERS, "GetUser", '["A003"]')
    # the consumer without a node has made a call before the other one begins
    with Steady(*call, DUBBOC_CLIENT_REGISTER="false"), Steady(*call) as shown:
        name, = wait_for(lambda: set(consumers(zookeeper)) - before, 10, "the consumer's node")
        assert by_python(name)["pid"] == str(shown.program.process.pid), f"not of the one that has a node: {name}"
        check_name(name)
        assert "version" not in by_python(name) and "group" not in by_python(name), name
        check_consumer(by_python(name))
        if peer.name.startswith("j"):
            check_consumer(peer.read(urllib.parse.unquote_plus(name)))
        assert set(consumers(zookeeper)) - before == {name}, consumers(zookeeper)
    wait_for(lambda: name not in consumers(zookeeper), 10, "the end of the consumer's node")


def counted_once():
    """Two C providers with a node for each scheme, which every framework can read, count as two
    providers, not four."""
    settings = {"DUBBOC_SERVER_PROTOCOLS": "jsonrpc,http"}
    with ZooKeeper() as zookeeper:
        two = [Provider("user-provider", DUBBOC_REGISTRY_ADDRESS=zookeeper.url, **settings) for _ in range(2)]
        with ended(two[0]), ended(two[1]):
            listed(zookeeper, 4)
            for name in nodes.providers(zookeeper.address, USERS):
                check_name(name)
            shown = dubboc("ls", "--urls", "-r", zookeeper.url, USERS).out.splitlines()
            assert len(shown) == 2 and all(line.startswith("jsonrpc://") for line in shown), shown
            doubles = dubboc("ls", "--all", "-r", zookeeper.url, USERS).out.count("the same provider as another node")
            assert doubles == 2, f"{doubles} nodes are named as doubles"
            argv = ("-r", zookeeper.url, "--lb", "roundrobin", "-c", "1", "-n", "100", "--json", USERS, "GetUser", '["A003"]')
            counts = sorted(dubboc("bench", *argv).json()["providers"].values())
            assert counts == [50, 50], counts


def idempotence_is_announced(zookeeper):
    """The nodes of C's echo provider say which methods may run twice. No other framework knows
    this key; the list of checks shows that each of them still finds and calls these methods."""
    found = nodes.providers(zookeeper.address, ECHO)
    assert found, "no provider node"
    for name in found:
        params = urllib.parse.unquote(name).partition("?")[2].split("&")
        declared = sorted(param for param in params if ".idempotent=" in param)
        assert declared == ["add.idempotent=true", "echo.idempotent=true", "echoRaw.idempotent=true"], name


def not_usable(outcome, peer):
    """Providers of the peer that use other protocols, and what the tool reports about them."""
    for name, options, why in UNUSABLE.get(peer.name, ()):
        outcome.attempt(peer.name, "provider, more", f"a node that cannot be called is named with the reason: {name}", is_named, peer, options, why)


def is_named(peer, options, why):
    with ZooKeeper() as zookeeper, provided(peer, zookeeper, **options):
        every = dubboc("ls", "--all", "-r", zookeeper.url, USERS)
        assert every.status == 0 and why in every.out + every.err, every
        usable = dubboc("ls", "-r", zookeeper.url, USERS)
        assert usable.status == 0 and usable.out == "", usable
        nobody = dubboc("call", "-r", zookeeper.url, USERS, "GetUser", '["A003"]')
        assert nobody.status == 2 and why in nobody.err and "not executed" in nobody.err, nobody

"""The tests of file_registry.py with a real ZooKeeper, and tests of what only ZooKeeper can do:
not being started yet, being lost and coming back."""

import itertools
import urllib.parse

import registry_cases
from harness import *
from registry_cases import *

sys.path.insert(0, os.path.join(SRC, "tests", "interop"))
import nodes  # noqa: E402

_groups = itertools.count()
_server = None


class ZooKeeper:
    """A real server on a free port, with its data in its own folder."""

    SCRIPT = os.path.join(SRC, "tests", "support", "zookeeper-server.sh")

    def __init__(self, port=0):
        self.home = tempfile.mkdtemp(prefix="dubboc-zk-")
        self.port = int(self.run("start", self.home, port or free_port()))

    def run(self, *argv):
        done = subprocess.run(["sh", self.SCRIPT, *map(str, argv)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, done
        return done.stdout.decode().strip() or 0

    def stop(self):
        self.run("stop", self.home)

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def shared_registry():
    """A separate group on one server, which all tests share that do not stop the server."""
    return f"zookeeper://127.0.0.1:{_server.port}/?group=test{next(_groups)}"


registry_cases.REGISTRY = shared_registry


def test_a_provider_serves_without_zookeeper_and_registers_when_it_starts():
    port = free_port()
    provider = Provider(DUBBOC_REGISTRY_ADDRESS=f"zookeeper://127.0.0.1:{port}")
    assert call(provider, "echo", 1).json() == 1
    server = ZooKeeper(port)
    try:
        wait_for(lambda: provider.address in dubboc("ls", "-r", f"127.0.0.1:{port}", ECHO).out, 30, "the provider in ls")
    finally:
        server.remove()


def test_at_an_overridden_address_no_node_of_another_process_is_removed():
    where = shared_registry()
    killed = start(where, DUBBOC_REGISTRY_TIMEOUT="60s")[0]
    wait_for(lambda: nodes_of(where, killed), what="the first provider's node")
    killed.kill()
    port = killed.address.rsplit(":", 1)[1]
    successor = start(where, DUBBO_PORT_TO_REGISTRY=port)[0]
    both = sorted([killed.process.pid, successor.process.pid])
    wait_for(lambda: nodes_of(where, killed) == both, what="the nodes of both")
    assert successor.stop() == 0
    assert nodes_of(where, killed) == [killed.process.pid]


RULE = """configVersion: v2.7
scope: service
key: com.example.A:1.0
enabled: true
configs:
- side: consumer
  parameters: {weight: 7}
"""


def test_describe_shows_the_rules_of_the_config_centre():
    where = shared_registry()
    root = "/" + where.split("group=")[1]
    url = "jsonrpc://127.0.0.1:1/com.example.A?interface=com.example.A&version=1.0"
    with nodes.opened(f"127.0.0.1:{_server.port}") as admin:
        admin.create(f"{root}/com.example.A/providers/" + urllib.parse.quote(url, safe=""))
        admin.create(f"{root}/config/dubbo/com.example.A:1.0:.configurators", RULE.encode())
        admin.create(f"{root}/config/dubbo/com.example.A:1.0:.condition-router", b"conditions: []")
        admin.create(f"{root}/config/dubbo/shop.configurators", b"configs: [broken")
    end = dubboc("describe", "--json", "-V", "1.0", "-r", where, "com.example.A", DUBBOC_APPLICATION_NAME="shop")
    assert end.status == 0, end
    found = end.json()
    assert found["providers"][0]["changed"] == "weight=7 by the service's rule 0.0.0.0", found
    rules = {rule["source"].rsplit("/", 1)[1]: (rule["in_force"], rule["effect"].split(":")[0]) for rule in found["rules"]}
    assert rules == {"com.example.A:1.0:.configurators": (True, "in force"),
                     "com.example.A:1.0:.condition-router": (False, "no effect"),
                     "shop.configurators": (False, "broken, without effect")}, rules


def test_an_interface_offered_at_application_level_only_is_reported_as_such():
    where = shared_registry()
    root = "/" + where.split("group=")[1]
    with nodes.opened(f"127.0.0.1:{_server.port}") as admin:
        admin.create(f"{root}/mapping/com.example.A", b"shop,depot")
    for command in ("ls", "describe"):
        end = dubboc(command, "-r", where, "com.example.A")
        assert end.status == 0, end
        assert "com.example.A is offered at application level only, by shop,depot" in end.err, end
        end = dubboc(command, "-r", where, "com.example.B")
        assert end.status == 2, end
        assert "com.example.B is not known at" in end.err, end


def test_ls_counts_the_providers_of_many_interfaces():
    where = shared_registry()
    root = "/" + where.split("group=")[1]
    with nodes.opened(f"127.0.0.1:{_server.port}") as admin:
        for i in range(200):
            for port in range(i % 3):
                url = f"jsonrpc://127.0.0.1:{port + 1}/com.example.A{i}?interface=com.example.A{i}"
                admin.create(f"{root}/com.example.A{i}/providers/" + urllib.parse.quote(url, safe=""))
            admin.create(f"{root}/com.example.A{i}/providers")
    end = dubboc("ls", "-t", "20s", "-r", where)
    assert end.status == 0, end
    shown = {line.split()[0]: line.split()[1:] for line in end.out.splitlines()}
    assert shown == {f"com.example.A{i}": [str(i % 3), "0"] for i in range(200)}, shown


def test_calls_go_on_while_zookeeper_is_away_and_the_provider_is_back_afterwards():
    server = ZooKeeper()
    try:
        where = f"zookeeper://127.0.0.1:{server.port}"
        provider = Provider(DUBBOC_REGISTRY_ADDRESS=where)
        listed(where, 1)
        bench = Program([DUBBOC, "bench", "-r", where, "-c", "2", "-d", "6s", "--json", ECHO, "echo", "[1]"])
        wait_for(lambda: connections(provider.address) > 0, what="a call of the run")
        server.stop()
        outcome = json.loads(bench.line())
        assert outcome["ok"] == outcome["calls"] > 100, outcome
        server.run("start", server.home, server.port)
        wait_for(lambda: provider.address in dubboc("ls", "-r", where, ECHO).out, 60, "the provider in ls")
    finally:
        server.remove()


if __name__ == "__main__":
    _server = ZooKeeper()
    try:
        run(globals())
    finally:
        _server.remove()

"""`dubboc ls` and `dubboc watch`: what a registry holds, and what changes in it."""
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from registry import Node, Watch  # noqa: E402
from tap import DUBBOC, Folder, LIMIT_S, dubboc, environment, equal, holds, run  # noqa: E402

ONE = "jsonrpc://127.0.0.1:1/com.example.A?interface=com.example.A&group=g"
TWO = "jsonrpc://127.0.0.1:2/com.example.A?interface=com.example.A&version=1.0"
OTHER = "dubbo://127.0.0.1:3/com.example.A?interface=com.example.A"
ELSEWHERE = "jsonrpc://127.0.0.1:4/com.example.B?interface=com.example.B"
STATIC = "static:" + ",".join([ONE, TWO, OTHER, ELSEWHERE])


def rows(end):
    """The table as a list of rows, each a list of words."""
    return [line.split() for line in end.out.splitlines()]


def ls_lists_interfaces_with_their_providers():
    end = dubboc("ls", "-r", STATIC)
    equal((end.status, rows(end), end.err), (0, [["com.example.A", "2", "1"], ["com.example.B", "1", "0"]], ""), end)
    end = dubboc("ls", "--urls", "-r", STATIC)
    equal((end.status, end.out, end.err), (0, "com.example.A\ncom.example.B\n", ""), end)
    end = dubboc("ls", "--json", env={"DUBBOC_REGISTRY_ADDRESS": STATIC})
    equal((end.status, json.loads(end.out)), (0, ["com.example.A", "com.example.B"]), end)


def ls_distinguishes_a_service_from_an_empty_directory():
    with Folder() as folder:
        held = [Node(folder, ONE), Node(folder, TWO)]
        os.makedirs(os.path.join(folder.path, "dubbo", "com.example.Empty", "providers"))
        os.makedirs(os.path.join(folder.path, "dubbo", "com.example.Bare"))
        end = dubboc("ls", "-r", "file://" + folder.path)
        for each in held:
            each.die()
    expected = [["com.example.A", "2", "0"], ["com.example.Bare", "0", "0"], ["com.example.Empty", "0", "0"]]
    equal((end.status, rows(end), end.err), (0, expected, ""), end)


def ls_of_an_empty_registry_says_so():
    with Folder() as folder:
        end = dubboc("ls", "-r", "file://" + folder.path)
        equal((end.status, end.out, end.err), (0, "", "dubboc: no interfaces at file://%s\n" % folder.path), end)


def ls_applies_overrides_when_it_counts():
    override = "override://127.0.0.1:1/com.example.A?category=configurators&disabled=true&group=g"
    end = dubboc("ls", "-r", STATIC + "," + override)
    equal((end.status, rows(end)[0]), (0, ["com.example.A", "1", "2"]), end)


def ls_shows_the_providers_of_every_group_and_version_that_can_be_called():
    full = ONE + "&weight=7&application=shop"
    end = dubboc("ls", "-r", STATIC.replace(ONE, full), "com.example.A")
    expected = ["127.0.0.1:1  jsonrpc  -    g  7    shop  callable", "127.0.0.1:2  jsonrpc  1.0  -  100  -     callable"]
    equal((end.status, end.out.splitlines()), (0, expected), end)
    equal(end.err, "dubboc: 1 of 3 nodes left out, --all tells why\n", end)
    end = dubboc("ls", "--urls", "-r", STATIC, "com.example.A")
    equal((end.status, sorted(end.out.splitlines())), (0, [ONE, TWO]), end)


def ls_shows_what_an_override_changes():
    override = "override://0.0.0.0/com.example.A?category=configurators&weight=5&version=1.0"
    end = dubboc("ls", "-r", STATIC + "," + override, "com.example.A")
    equal(rows(end)[1][4:7], ["5", "-", "callable,"], end)
    holds(end.out, "callable, weight=5 by override 0.0.0.0\n")


def ls_names_the_columns_only_on_a_terminal():
    shown = on_a_terminal("ls", "-r", STATIC, "com.example.A")
    equal(shown[0].split(), ["ADDRESS", "PROTOCOL", "VERSION", "GROUP", "WEIGHT", "APPLICATION", "STATE"], shown)
    equal(shown[1].split()[0], "127.0.0.1:1", shown)
    shown = on_a_terminal("ls", "-r", STATIC)
    equal([line.split()[0] for line in shown], ["INTERFACE", "com.example.A", "com.example.B"], shown)


def on_a_terminal(*arguments):
    """The lines that a command writes to a terminal."""
    master, terminal = pty.openpty()
    process = subprocess.Popen([DUBBOC, *arguments], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL,
                               env=environment())
    os.close(terminal)
    out = b""
    try:
        while True:
            out += os.read(master, 65536)
    except OSError:  # EIO: the other side has closed
        pass
    os.close(master)
    process.wait(LIMIT_S)
    return out.decode().splitlines()


def an_overlong_cell_makes_only_its_own_line_long():
    end = dubboc("ls", "-r", STATIC + ",jsonrpc://127.0.0.1:5/com.example.A?interface=com.example.A&version=" + 5000 * "v", "com.example.A")
    lengths = sorted(len(line) for line in end.out.splitlines())
    equal((end.status, lengths[0] < 200, lengths[1] < 200, lengths[2] > 5000), (0, True, True, True), lengths)


def a_cell_of_the_table_is_one_word():
    """A group with a blank would shift the columns, and an escape sequence would be interpreted
    by the terminal."""
    with Folder() as folder:
        held = [Node(folder, ONE.replace("group=g", "group=two%20words")), Node(folder, TWO + "&application=x\x1b[31m\u009b31m")]
        end = dubboc("ls", "--all", "-r", "file://" + folder.path, "com.example.A")
        for each in held:
            each.die()
    equal(rows(end)[0], ["127.0.0.1:1", "jsonrpc", "-", "two_words", "100", "-", "callable"], end)
    equal(("\x1b" in end.out, "\u009b" in end.out, len(rows(end))), (False, False, 2), end)


def ls_all_lists_nodes_that_cannot_be_called_with_the_reason():
    end = dubboc("ls", "--all", "-r", STATIC, "com.example.A")
    equal((end.status, end.err), (0, ""), end)
    equal([row[0] for row in rows(end)], ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], end)
    equal(rows(end)[2][1:], ["dubbo", "-", "-", "100", "-", "protocol", "dubbo"], end)
    end = dubboc("ls", "--all", "--urls", "-r", STATIC, "com.example.A")
    equal(sorted(end.out.splitlines()), [OTHER + " (protocol dubbo)", ONE, TWO], end)
    end = dubboc("ls", "--all", "--json", "-r", STATIC, "com.example.A")
    found = {item["url"]: item for item in json.loads(end.out)}
    equal(found[ONE], {"url": ONE, "callable": True})
    equal(found[OTHER], {"url": OTHER, "callable": False, "reason": "protocol dubbo"})


def ls_shows_a_provider_of_two_schemes_once():
    """Nodes as a server with protocols = jsonrpc,http registers them; a client takes them for
    one provider."""
    query = "dubbo=2.0.2&interface=com.example.A&version="
    twice = {scheme: f"{scheme}://127.0.0.1:1/com.example.A?{query}1&release=2.7.23" for scheme in ("http", "jsonrpc")}
    other_version = f"http://127.0.0.1:1/com.example.A?{query}2&release=2.7.23"
    where = "static:" + ",".join([twice["http"], twice["jsonrpc"], other_version])
    end = dubboc("ls", "--urls", "-r", where, "com.example.A")
    equal((end.status, sorted(end.out.splitlines())), (0, [other_version, twice["jsonrpc"]]), end)
    equal(rows(dubboc("ls", "-r", where)), [["com.example.A", "2", "1"]])
    end = dubboc("ls", "--urls", "--all", "-r", where, "com.example.A")
    holds(end.out, twice["http"] + " (the same provider as another node)\n")


def ls_all_applies_overrides():
    override = "override://127.0.0.1:1/com.example.A?category=configurators&disabled=true&group=g"
    end = dubboc("ls", "--all", "--urls", "-r", STATIC + "," + override, "com.example.A")
    equal((end.status, end.err), (0, ""), end)
    holds(end.out, ONE + " (disabled by override 127.0.0.1:1)")
    holds(end.out, TWO + "\n")


def ls_all_names_each_kind_of_node_that_cannot_be_called():
    """Nodes of every kind of peer that is not a JSON-RPC provider for us."""
    nodes = {
        "dubbo://10.0.0.1:20880/com.example.A?dubbo=2.6.2&interface=com.example.A&side=provider": "protocol dubbo",
        "tri://10.0.0.1:50052/com.example.A?dubbo=2.0.2&interface=com.example.A&release=3.3.0-beta.1": "protocol tri",
        "rest://10.0.0.1:8080/com.example.A?interface=com.example.A": "protocol rest",
        "http://10.0.0.1:8080/com.example.A?dubbo=2.0.2&interface=com.example.A&release=2.7.3": "http of release 2.7.3 is Java serialization",
        "http://10.0.0.1:8081/com.example.A?dubbo=2.6.2&interface=com.example.A": "http without a release is Java serialization; write jsonrpc:// for JSON-RPC",
        "jsonrpc://10.0.0.1:8080/com.example.A?interface=com.example.A&disabled=true": "disabled=true",
        "jsonrpc://10.0.0.2:8080/com.example.A?interface=com.example.Z": "interface com.example.Z, wanted com.example.A",
        "http://10.0.0.1:8082/com.example.A?dubbo=2.0.2&interface=com.example.A&release=3.2.0": None,
        "jsonrpc://10.0.0.3:8080/com.example.A?IDL-mode=&interface=com.example.A&release=dubbo-golang-3.3.2&timestamp=1700000000&weight=0": None,
    }
    with Folder() as folder:
        held = [Node(folder, url) for url in nodes]
        end = dubboc("ls", "--all", "--urls", "-r", "file://" + folder.path, "com.example.A")
        for each in held:
            each.die()
    equal((end.status, end.err), (0, ""), end)
    equal(sorted(end.out.splitlines()), sorted(url if why is None else "%s (%s)" % (url, why) for url, why in nodes.items()), end)
    for url, why in nodes.items():
        if why is not None and not why.startswith("interface"):  # a static: registry knows it because of another service
            told = dubboc("call", "-r", "static:" + url, "com.example.A", "m")
            equal(told.status, 2, told)
            holds(told.err, why)


def ls_of_an_interface_that_is_not_known_says_so():
    end = dubboc("ls", "-r", STATIC, "com.example.Xyzzy")
    equal((end.status, end.out), (2, ""), end)
    equal(end.err, "dubboc: com.example.Xyzzy is not known at %s\n" % STATIC, end)
    end = dubboc("ls", "--json", "-r", STATIC, "com.example.Xyzzy")
    equal((end.status, end.out), (2, "[]\n"), end)


def ls_of_a_mistyped_name_suggests_the_nearest():
    where = "static:jsonrpc://127.0.0.1:1/com.example.orders.OrderService"
    for name in ("com.example.orders.OrderServce", "com.exmple.orders.OrderService", "com.example.shop.OrderServices"):
        end = dubboc("ls", "-r", where, name)
        equal((end.status, end.out), (2, ""), end)
        holds(end.err, "did you mean com.example.orders.OrderService?")


def ls_of_a_known_interface_without_providers_says_so():
    with Folder() as folder:
        os.makedirs(os.path.join(folder.path, "dubbo", "com.example.A", "providers"))
        for option in ((), ("--all",), ("--urls",)):
            end = dubboc("ls", *option, "-r", "file://" + folder.path, "com.example.A")
            equal((end.status, end.out), (0, ""), end)
            equal(end.err, "dubboc: com.example.A has no providers at file://%s\n" % folder.path, end)


def an_unreachable_registry_is_reported_in_one_line_with_the_reason():
    """Nothing listens on port 1. The log of ZooKeeper's C client is not shown."""
    for command in (["ls"], ["ls", "com.example.A"], ["watch", "com.example.A"]):
        begin = time.monotonic()
        end = dubboc(*command, "-t", "1500ms", "-r", "zookeeper://127.0.0.1:1")
        equal((end.status, end.out), (2, ""), end)
        equal(end.err, "dubboc: zookeeper://127.0.0.1:1: not connected: connection refused by 127.0.0.1:1\n", command)
        if time.monotonic() - begin < 1.4:
            raise AssertionError("%s gave up before the time that it was given" % command)
    end = dubboc("ls", "-v", "-t", "1500ms", "-r", "zookeeper://127.0.0.1:1")
    holds(end.err, "zookeeper client message")


def commands_wait_for_a_silent_registry_until_their_timeout_only():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = "zookeeper://127.0.0.1:%d" % silent.getsockname()[1]
        end = dubboc("ls", "-t", "1500ms", "-r", where)
    equal((end.status, end.out, end.err.count("\n")), (2, "", 1), end)
    holds(end.err, "dubboc: %s: not connected: " % where)


def watch_of_a_mistyped_name_says_so_and_waits():
    with Folder() as folder:
        os.makedirs(os.path.join(folder.path, "dubbo", "com.example.A", "providers"))
        with Watch("file://" + folder.path, "com.example.a") as watch:
            equal(watch.error(), "dubboc: com.example.a is not known at file://%s, did you mean com.example.A?" % folder.path)
            equal(watch.end(signal.SIGINT), (0, "", ""))


def a_registry_path_that_is_a_file_is_reported():
    with Folder() as folder:
        path = folder.file("registry", "")
        for command in (["ls"], ["watch", "com.example.A"], ["call", "com.example.A", "m"]):
            end = dubboc(*command, "-r", "file://" + path)
            equal((end.status, end.out), (2, ""), end)
            holds(end.err, path + " is not a folder")


def commands_that_read_create_no_registry():
    with Folder() as folder:
        missing = os.path.join(folder.path, "mistyped", "registry")
        for command in (["ls"], ["ls", "com.example.A"], ["watch", "com.example.A"], ["call", "com.example.A", "m"],
                        ["bench", "-n", "1", "com.example.A", "m"]):
            for end in (dubboc(*command, "-r", "file://" + missing), dubboc(*command, env={"DUBBOC_REGISTRY_ADDRESS": "file:" + missing})):
                equal((end.status, end.out), (2, ""), end)
                holds(end.err, "folder %s does not exist" % missing)
        end = dubboc("call", "-u", "http://127.0.0.1:1/x", "com.example.A", "m", env={"DUBBOC_REGISTRY_ADDRESS": "file:" + missing})
        equal(end.status, 2, end)
        holds(end.err, "127.0.0.1:1")
        equal(os.listdir(folder.path), [])


def watch_shows_the_present_nodes_and_ends_with_0_when_interrupted():
    for number in (signal.SIGINT, signal.SIGTERM):
        with Watch(STATIC, "com.example.A") as watch:
            equal(sorted(watch.line() for _ in range(3)), sorted(["+ " + ONE, "+ " + TWO, "+ " + OTHER]))
            equal(watch.end(number), (0, "", ""))


def commands_that_read_leave_no_node_behind():
    """Reading must not create the directory of a mistyped name, which would be listed as a
    service from then on; and a tool does not register itself as a consumer."""
    with Folder() as folder:
        where = "file://" + folder.path
        for env in ({}, {"DUBBOC_CLIENT_REGISTER": "true"}, {"DUBBOC_CLIENT_REGISTER": "false"}):
            for command in (["ls"], ["call"], ["bench", "-n", "1", "-c", "1"]):
                names = [] if command == ["ls"] else ["m"]
                dubboc(*command, "-r", where, "com.example.Mistyped", *names, env=env)
                equal(os.listdir(folder.path), [], command)
        with Watch(where, "com.example.A") as watch:
            node = Node(folder, ONE)
            equal(watch.line(), "+ " + ONE)
        dubboc("call", "-r", where, "com.example.A", "m", "-t", "200ms", env={"DUBBOC_CLIENT_REGISTER": "true"})
        equal(os.listdir(os.path.join(folder.path, "dubbo")), ["com.example.A"])
        equal(os.listdir(os.path.join(folder.path, "dubbo", "com.example.A")), ["providers"])
        node.die()


def watch_shows_added_changed_and_removed_nodes():
    changed = ONE + "&weight=5"
    with Folder() as folder, Watch("file://" + folder.path, "com.example.A") as watch:
        first = Node(folder, ONE)
        equal(watch.line(), "+ " + ONE)
        second = Node(folder, TWO)
        equal(watch.line(), "+ " + TWO)
        third = Node(folder, changed, at=first)
        equal(watch.line(), "~ " + changed)
        second.die()
        equal(watch.line(), "- " + TWO)
        third.die()
        equal(watch.line(), "- " + changed)
        equal(watch.end(signal.SIGINT)[:2], (0, ""))


def a_node_at_another_address_is_another_provider():
    other = ONE.replace(":1/", ":5/")
    with Folder() as folder, Watch("file://" + folder.path, "com.example.A") as watch:
        first = Node(folder, ONE)
        equal(watch.line(), "+ " + ONE)
        Node(folder, other, at=first)
        equal(sorted([watch.line(), watch.line()]), ["+ " + other, "- " + ONE])


def a_node_that_is_not_utf_8_is_listed_with_its_bytes_escaped():
    with Folder() as folder:
        good, bad = Node(folder, ONE), Node(folder, ONE.replace(":1/", ":2/"))
        os.pwrite(bad.fd, b"\xff\xc3", len("jsonrpc://127.0.0.1:2/com.example.A?interface=com.example.A&group="))
        shown = ONE.replace(":1/", ":2/").replace("group=g", "group=%FF%C3")
        for command in (["ls", "--json", "--all"], ["ls", "--all", "--urls"]):
            end = dubboc(*command, "-r", "file://" + folder.path, "com.example.A")
            equal(end.status, 0, end)
            holds(end.out, ONE)
            holds(end.out, shown)
        good.die()
        bad.die()


def nodes_that_are_not_urls_are_shown_as_they_are():
    with Folder() as folder, Watch("file://" + folder.path, "com.example.A") as watch:
        Node(folder, "jsonrpc://127.0.0.1:70000/com.example.A")
        equal(watch.line(), "+ jsonrpc://127.0.0.1:70000/com.example.A")
        end = dubboc("ls", "--all", "--urls", "-r", "file://" + folder.path, "com.example.A")
        equal(end.status, 0, end)
        holds(end.out, "jsonrpc://127.0.0.1:70000/com.example.A (")
        end = dubboc("ls", "--all", "-r", "file://" + folder.path, "com.example.A")
        equal((end.status, rows(end)[0][:6]), (0, ["jsonrpc://127.0.0.1:70000/com.example.A"] + 5 * ["-"]), end)
        holds(end.out, "port 70000 is over 65535")


run([
    commands_that_read_leave_no_node_behind,
    ls_lists_interfaces_with_their_providers,
    ls_distinguishes_a_service_from_an_empty_directory,
    ls_of_an_empty_registry_says_so,
    ls_applies_overrides_when_it_counts,
    ls_shows_the_providers_of_every_group_and_version_that_can_be_called,
    ls_shows_what_an_override_changes,
    ls_names_the_columns_only_on_a_terminal,
    an_overlong_cell_makes_only_its_own_line_long,
    a_cell_of_the_table_is_one_word,
    ls_all_lists_nodes_that_cannot_be_called_with_the_reason,
    ls_shows_a_provider_of_two_schemes_once,
    ls_all_applies_overrides,
    ls_all_names_each_kind_of_node_that_cannot_be_called,
    ls_of_an_interface_that_is_not_known_says_so,
    ls_of_a_mistyped_name_suggests_the_nearest,
    ls_of_a_known_interface_without_providers_says_so,
    an_unreachable_registry_is_reported_in_one_line_with_the_reason,
    commands_wait_for_a_silent_registry_until_their_timeout_only,
    watch_of_a_mistyped_name_says_so_and_waits,
    a_registry_path_that_is_a_file_is_reported,
    commands_that_read_create_no_registry,
    watch_shows_the_present_nodes_and_ends_with_0_when_interrupted,
    watch_shows_added_changed_and_removed_nodes,
    a_node_at_another_address_is_another_provider,
    nodes_that_are_not_urls_are_shown_as_they_are,
    a_node_that_is_not_utf_8_is_listed_with_its_bytes_escaped,
])

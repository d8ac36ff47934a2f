"""`dubboc describe`: what is known of one interface, and what a call would use."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from registry import Node  # noqa: E402
from tap import Folder, dubboc, equal, holds, run  # noqa: E402

INTERFACE = "com.example.A"
FIRST = "jsonrpc://127.0.0.1:1/com.example.A?interface=com.example.A&version=1.0&methods=add,sum&application=shop"
SECOND = "jsonrpc://127.0.0.1:2/com.example.A?interface=com.example.A&version=1.0&methods=add"
OTHER_VERSION = "jsonrpc://127.0.0.1:3/com.example.A?interface=com.example.A&version=2.0&group=g&methods=add"
DUBBO = "dubbo://127.0.0.1:4/com.example.A?interface=com.example.A&version=1.0"
BROKEN = "jsonrpc://127.0.0.1:99999/com.example.A"
OVERRIDE = "override://127.0.0.1:2/com.example.A?category=configurators&version=1.0&weight=5"
DISABLING = "override://127.0.0.1:1/com.example.A?category=configurators&version=1.0&disabled=true"
FOREIGN = "override://10.1.2.3/com.example.A?category=configurators&version=9&weight=7"
ROUTE = "route://0.0.0.0/com.example.A?category=routers&rule=x"


def static(*urls):
    return "static:" + ",".join(urls)


def described(*arguments, env=None):
    end = dubboc("describe", "--json", *arguments, INTERFACE, env=env)
    equal((end.status, end.err), (0, ""), end)
    return json.loads(end.out)


def methods_versions_and_groups_come_from_the_nodes():
    found = described("-r", static(FIRST, SECOND, OTHER_VERSION, DUBBO))
    equal(found["methods"], [{"name": "add", "nodes": 3}, {"name": "sum", "nodes": 1}])
    equal(found["versions"], [{"version": "1.0", "nodes": 3}, {"version": "2.0", "nodes": 1}])
    equal(found["groups"], [{"group": "", "nodes": 3}, {"group": "g", "nodes": 1}])
    end = dubboc("describe", "-r", static(FIRST, SECOND, OTHER_VERSION, DUBBO), INTERFACE)
    equal((end.status, end.err), (0, ""), end)
    for line in ("interface com.example.A", "versions  1.0 (3), 2.0 (1)", "groups    none (3), g (1)", "  add  3 of 4 nodes",
                 "  sum  1 of 4 nodes", "rules\n  none"):
        holds(end.out, line + "\n")


def describe_shows_the_call_that_options_and_configuration_lead_to():
    where = static(FIRST, SECOND, OTHER_VERSION, DUBBO)
    for arguments, env, version, group, callable_ones in (
            ((), {}, "", "", 0),
            (("-V", "1.0"), {}, "1.0", "", 2),
            (("-V", "2.0", "-g", "g"), {}, "2.0", "g", 1),
            (("-V", "*", "-g", "*"), {}, "*", "*", 3),
            ((), {"DUBBOC_REFERENCE_COM_EXAMPLE_A_VERSION": "1.0"}, "1.0", "", 2)):
        with Folder() as folder:
            path = folder.file("app.ini", "[reference com.example.A]\ngroup =\n")
            call = described("-r", where, *arguments, env=dict(env, DUBBOC_CONF_FILE=path))["call"]
        equal(call, {"version": version, "group": group, "callable": callable_ones, "nodes": 4}, arguments)
    end = dubboc("describe", "-r", where, "-V", "1.0", INTERFACE)
    holds(end.out, "a call    asks for version 1.0, group none and may use 2 of 4 nodes\n")


def describe_names_the_options_by_which_a_left_out_provider_would_be_called():
    """The hint below the providers, about the first one that the call leaves out because of its
    version or group."""
    def told(*arguments):
        out = dubboc("describe", "-r", static(DUBBO, FIRST, OTHER_VERSION), *arguments, INTERFACE).out
        return re.findall("^  .* offers .*$", out, re.MULTILINE)
    equal(told(), ["  127.0.0.1:1 offers version 1.0: try -V 1.0"])
    equal(told("-V", "1.0"), ["  127.0.0.1:3 offers version 2.0, group g: try -V 2.0 -g g"])
    equal(told("-V", "*"), ["  127.0.0.1:3 offers group g: try -g g"])
    equal(told("-V", "*", "-g", "*"), [])
    out = dubboc("describe", "-V", "2", "-r", static(FIRST.replace("1.0", "%24%28reboot%29")), INTERFACE).out
    equal("offers" in out, False, out)  # no text that a shell would execute


def describe_gives_for_each_node_the_reason_that_a_call_gives():
    """Compares with the library: `call -v` lists the candidates, and the others with the reason."""
    disabled = "jsonrpc://127.0.0.1:5/com.example.A?interface=com.example.A&version=1.0&disabled=true"
    idle = "jsonrpc://127.0.0.1:6/com.example.A?interface=com.example.A&version=1.0&weight=0"
    twin = "http://127.0.0.1:2/com.example.A?dubbo=2.0.2&interface=com.example.A&release=2.7.23&version=1.0"
    with Folder() as folder:
        held = [Node(folder, url) for url in (FIRST, SECOND, OTHER_VERSION, DUBBO, BROKEN, disabled, idle, twin)]
        where = "file://" + folder.path
        for version in ("1.0", "2.0", "*"):
            told = dubboc("call", "-v", "-r", where, "-V", version, "-t", "2s", INTERFACE, "m").err
            known = {url: None for url in re.findall("dubboc: candidate: (.*)", told)}
            known.update(re.findall("dubboc: left out: (.*?): (.*)", told.replace("://", ":\\\\")))
            known = {url.replace(":\\\\", "://"): reason for url, reason in known.items()}
            found = {item["url"]: item.get("reason") for item in described("-r", where, "-V", version)["providers"]}
            equal(found, known, told)
        for each in held:
            each.die()


def describe_shows_whether_a_rule_is_in_force():
    found = described("-V", "1.0", "-r", static(FIRST, SECOND, OVERRIDE, DISABLING, FOREIGN, ROUTE))
    rules = {rule["url"]: (rule["source"], rule["in_force"]) for rule in found["rules"]}
    equal(rules, {OVERRIDE: ("configurators", True), DISABLING: ("configurators", True), FOREIGN: ("configurators", False),
                  ROUTE: ("routers", False)})
    providers = {item["address"]: item for item in found["providers"]}
    equal(providers["127.0.0.1:1"]["reason"], "disabled by override 127.0.0.1:1")
    second = providers["127.0.0.1:2"]
    equal((second["callable"], second["weight"], second["changed"]), (True, 5, "weight=5 by override 127.0.0.1:2"))
    end = dubboc("describe", "-V", "1.0", "-r", static(FIRST, SECOND, OVERRIDE, ROUTE), INTERFACE)
    holds(end.out, "  %s: in force (configurators)\n" % OVERRIDE)
    holds(end.out, "  %s: no effect: dubboc has no routers yet (routers)\n" % ROUTE)


def describe_shows_a_url_of_the_configuration():
    with Folder() as folder:
        path = folder.file("app.ini", "[reference com.example.A]\nurl = http://127.0.0.1:9/x\n")
        end = dubboc("describe", "-r", static(FIRST), INTERFACE, env={"DUBBOC_CONF_FILE": path})
    holds(end.out, "but [reference] url sends it to http://127.0.0.1:9/x\n")


def describe_reports_missing_services_as_ls_does():
    end = dubboc("describe", "-r", static(FIRST), "com.exmple.A")
    equal((end.status, end.out), (2, ""), end)
    holds(end.err, "did you mean com.example.A?")
    with Folder() as folder:
        os.makedirs(os.path.join(folder.path, "dubbo", "com.example.A", "providers"))
        end = dubboc("describe", "-r", "file://" + folder.path, INTERFACE)
    equal((end.status, end.err), (0, "dubboc: com.example.A has no providers at file://%s\n" % folder.path), end)
    holds(end.out, "may use 0 of 0 nodes")
    end = dubboc("describe", "-t", "1500ms", "-r", "zookeeper://127.0.0.1:1", INTERFACE)
    equal((end.status, end.out), (2, ""), end)
    equal(end.err, "dubboc: zookeeper://127.0.0.1:1: not connected: connection refused by 127.0.0.1:1\n")


def node_data_reaches_the_terminal_escaped_and_masked():
    with Folder() as folder:
        held = [Node(folder, FIRST.replace("methods=add,sum", "methods=a\x1b[31md\u009b31md,x")),
                Node(folder, "jsonrpc://u:Zq4@127.0.0.1:7/com.example.A?interface=com.example.A")]
        for option in ((), ("--json",)):
            end = dubboc("describe", *option, "-r", "file://" + folder.path, INTERFACE)
            equal((end.status, "\x1b" in end.out, "Zq4" in end.out), (0, False, False), end)
            equal("\u009b" in end.out, option == ("--json",), end)
        for each in held:
            each.die()


run([
    methods_versions_and_groups_come_from_the_nodes,
    describe_shows_the_call_that_options_and_configuration_lead_to,
    describe_names_the_options_by_which_a_left_out_provider_would_be_called,
    describe_gives_for_each_node_the_reason_that_a_call_gives,
    describe_shows_whether_a_rule_is_in_force,
    describe_shows_a_url_of_the_configuration,
    describe_reports_missing_services_as_ls_does,
    node_data_reaches_the_terminal_escaped_and_masked,
])

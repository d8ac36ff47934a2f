"""No command prints a secret, for any form of an address: neither on standard output nor on
standard error, with all events logged."""
import json
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from registry import Node, Watch  # noqa: E402
from tap import BUILD, Folder, LIMIT_S, dubboc, environment, equal, holds, run  # noqa: E402

SECRET = "Zq4"
# tests/base/mask_test.c tests the other forms
PASSWORDS = [SECRET, "Zq4/Zq4", "12/Zq4", "Zq4?Zq4", "Zq4@Zq4", "Zq4&x=Zq4"]
NOBODY = "127.0.0.1:1"
REGISTRIES = ["zookeeper://u:%s@" + NOBODY, "u:%s@" + NOBODY, "zookeeper://" + NOBODY + "?backup=u:%s@h", "etcd://u:%s@h:1",
              "zookeper://u:%s@h:1", "zookeeper://u:%s@h:99999", "static:jsonrpc://u:%s@" + NOBODY + "/com.example.A"]
PARAMS = ["zookeeper://" + NOBODY + "?password=%s", "zookeeper://" + NOBODY + "?username=u&password=%s&group=g"]
URLS = ["http://u:%s@" + NOBODY + "/x", "https://u:%s@" + NOBODY + "/x", "ftp://u:%s@" + NOBODY + "/x", "http://u:%s@h:99999/x"]
LOG = {"DUBBOC_LOG_LEVEL": "debug", "DUBBOC_REGISTRY_TIMEOUT": "200ms", "DUBBOC_CLIENT_REQUEST_TIMEOUT": "200ms"}


def silent(*command, env=None):
    end = dubboc(*command, env=dict(LOG, **(env or {})))
    shown = end.out + end.err
    if SECRET in shown:
        raise AssertionError("%r with %r shows the secret: %r" % (command, env, end))
    return end


def registries():
    return [form % password for form in REGISTRIES for password in PASSWORDS] + [form % SECRET for form in PARAMS]


def registries_given_to_a_command_are_masked():
    for address in registries():
        silent("call", "-v", "-r", address, "com.example.A", "m")


def registries_given_by_the_environment_are_masked():
    for address in registries():
        env = {"DUBBOC_REGISTRY_ADDRESS": address}
        silent("config", "show", env=env)
    for form in REGISTRIES:
        silent("ls", "com.example.A", env={"DUBBOC_REGISTRY_ADDRESS": form % SECRET})


def registries_given_by_a_file_are_masked():
    with Folder() as folder:
        for address in registries():
            path = folder.file("app.ini", "[registry]\naddress = %s\nusername = u\npassword = Zq4Zq4\n" % address)
            silent("config", "check", path)
            silent("config", "show", path)
        silent("ls", env={"DUBBOC_CONF_FILE": path})


def a_long_password_of_a_broken_node_is_masked():
    """The table cuts such a node, and the cut is inside the password."""
    with Folder() as folder:
        node = Node(folder, "jsonrpc://u:%s@h:x/com.example.A" % (SECRET * 30))
        for option in ((), ("--json",), ("--urls",)):
            silent("ls", "--all", *option, "-r", "file://" + folder.path, "com.example.A")
        for option in ((), ("--json",)):
            silent("describe", *option, "-r", "file://" + folder.path, "com.example.A")
        node.die()


def misplaced_text_in_a_file_is_masked():
    address = REGISTRIES[0] % SECRET
    bare = REGISTRIES[1] % SECRET
    lines = ["[%s]" % address, "[registry %s]" % address, "[service %s]" % bare, "[service %s]\nx = y" % bare,
             "[registry]\n%s = x" % bare, "[client]\nregister = %s" % bare, "[client]\nrequest_timeout = " + bare]
    with Folder() as folder:
        for line in lines:
            path = folder.file("app.ini", line + "\n")
            end = silent("config", "check", path)
            equal((line, end.status), (line, 78), end)
            silent("config", "show", path)


def addresses_to_call_are_masked():
    for form in URLS:
        for password in PASSWORDS:
            silent("call", "-v", "-u", form % password, "com.example.A", "m")
            silent("bench", "-n", "1", "-c", "1", "-u", form % password, "com.example.A", "m")
            silent("call", "com.example.A", "m", env={"DUBBOC_REFERENCE_COM_EXAMPLE_A_URL": form % password})


def proxies_are_masked():
    for form in ["http://u:%s@" + NOBODY, "u:%s@" + NOBODY, "socks5://u:%s@" + NOBODY, "http://u:%s@h:x", "gopher://u:%s@h"]:
        for password in PASSWORDS:
            env = {"DUBBOC_CLIENT_PROXY": form % password}
            silent("config", "show", env=env)
        silent("call", "-v", "-u", "http://h.invalid/x", "com.example.A", "m", env=env)


def misplaced_arguments_are_masked():
    address = REGISTRIES[0] % SECRET
    for command in (["ls", address], ["ls", "a", address], ["watch", address], ["call", "a", "m", "[]", address], ["config", address],
                    ["config", "show", "a", address], [address], ["bench", "-c", address, "a", "m"], ["bench", "-d", address, "a", "m"], ["call", "-H", "Authorization Basic " + SECRET, "a", "m"]):
        silent(*command)


def nodes_are_shown_without_user_information():
    nodes = ["jsonrpc://u:%s@127.0.0.1:1/com.example.A?interface=com.example.A", "dubbo://u:%s@127.0.0.1:1/com.example.A",
             "jsonrpc://u:%s@127.0.0.1:99999/com.example.A", "jsonrpc://127.0.0.1:2/com.example.A?password=%s"]
    for password in (SECRET, "Zq4/Zq4", "Zq4?Zq4"):
        with Folder() as folder:
            where = "file://" + folder.path
            held = [Node(folder, node % password) for node in nodes]
            for command in (["ls"], ["ls", "--all"], ["ls", "--urls", "--all"], ["ls", "--json", "--all"], ["describe"], ["describe", "--json"]):
                silent(*command, "-r", where, "com.example.A")
            silent("call", "-v", "-r", where, "com.example.A", "m")
            with Watch(where, "com.example.A") as watch:
                lines = [watch.line() for _ in held]
                equal([line for line in lines if SECRET in line], [])
            for node in held:
                node.die()


def a_path_that_holds_a_password_is_masked_in_labels_and_reasons():
    """A node made from "http://u:Zq4@h" by a program that took the user information for host and
    port."""
    nodes = ["jsonrpc://127.0.0.1:3/u:Zq4@h:80/com.example.A?disabled=true&interface=com.example.A",
             "jsonrpc://127.0.0.1:4/u:Zq4@h:80/com.example.A", "jsonrpc://127.0.0.1:5/u:Zq4/Zq4@h:80/com.example.A"]
    with Folder() as folder:
        held = [Node(folder, node) for node in nodes]
        for command in (["ls"], ["ls", "--all"], ["ls", "--urls", "--all"], ["ls", "--json", "--all"], ["describe"]):
            silent(*command, "-r", "file://" + folder.path, "com.example.A")
        end = silent("call", "-r", "file://" + folder.path, "com.example.A", "m")
        holds(end.err, "no provider: 3 nodes seen")
        for node in held:
            node.die()


def ls_json_prints_the_url_without_secrets():
    with Folder() as folder:
        node = Node(folder, "jsonrpc://u:Zq4@127.0.0.1:1/com.example.A")
        end = dubboc("ls", "--json", "-r", "file://" + folder.path, "com.example.A")
        equal(json.loads(end.out), [{"url": "jsonrpc://********@127.0.0.1:1/com.example.A", "callable": True}], end)
        node.die()


def a_provider_does_not_log_secrets():
    for address in (REGISTRIES[0] % SECRET, REGISTRIES[0] % "Zq4/Zq4", REGISTRIES[4] % SECRET, PARAMS[0] % SECRET):
        env = environment(dict(LOG, DUBBOC_REGISTRY_ADDRESS=address, DUBBOC_SERVER_IP="127.0.0.1", DUBBOC_SERVER_PORT="0",
                               DUBBOC_SERVER_STOP_WATCH_WAIT="0ms"))
        process = subprocess.Popen([os.path.join(BUILD, "examples", "echo-provider")], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=env)
        process.stdout.readline()  # it listens, or has ended
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=LIMIT_S)
        if SECRET.encode() in out + err:
            raise AssertionError("%s: %r" % (address, out + err))


def text_that_holds_no_secret_is_shown():
    holds(silent("call", "-r", "zookeeper://u:Zq4/Zq4@%s" % NOBODY, "com.example.A", "m").err, "zookeeper://********@" + NOBODY)
    holds(silent("ls", "-r", "zookeeper://u:Zq4?Zq4@%s" % NOBODY).err, "%3F is ?")


run([
    registries_given_to_a_command_are_masked,
    registries_given_by_the_environment_are_masked,
    registries_given_by_a_file_are_masked,
    a_long_password_of_a_broken_node_is_masked,
    misplaced_text_in_a_file_is_masked,
    addresses_to_call_are_masked,
    proxies_are_masked,
    misplaced_arguments_are_masked,
    nodes_are_shown_without_user_information,
    a_path_that_holds_a_password_is_masked_in_labels_and_reasons,
    ls_json_prints_the_url_without_secrets,
    a_provider_does_not_log_secrets,
    text_that_holds_no_secret_is_shown,
])

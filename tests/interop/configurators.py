"""Rules that administrators write into ZooKeeper, as dubbo-admin does, while a C consumer calls two
providers of a real framework. Each rule must take effect within a second of the write, and so
must its removal.

There are two forms. The first is override:// and absent:// nodes below
/dubbo/<interface>/configurators. Java's providers read these, too, and then register again with
the values of the rule in their nodes. Dubbo 3 does so only seconds later, so the second counts
from the last change in ZooKeeper. The second form, since Dubbo 2.7, is rules in YAML at
/dubbo/config/dubbo/<key>."""

import collections
import os
import threading
import time
import urllib.parse

import nodes
from harness import BUILD, ECHO, USERS, Program, wait_for

ROLE = "provider, administered"
WITHIN_MS = 1000
SOON_S = 20     # after which it is not waited for any more
WATCH_S = 0.02
ROUND = 24      # calls that must all be as wanted
SLEEP_MS = 180  # of the method that is timed out
TIMEOUT_MS = 80
APPLICATION = "interop-shop"
TIMED_OUT_APPLICATION = "interop-clock"  # a rule of the one application must not be felt by the other's calls
# Peers that also apply rules of the config centre to their providers, and apply an entry that is
# switched off as long as the rule is on: the provider disables itself.
HEEDS_ENTRIES_SWITCHED_OFF = ("j273",)
ENTRY_OFF = "rule, one entry switched off"
ENTRY_OFF_HEEDED = "rule, its entry switched off, which the provider heeds all the same"


class Steady:
    """Runs the program steady, a client that makes one call after the other, and collects its
    output."""

    def __init__(self, zookeeper, interface, method, params, **env):
        env = {"DUBBOC_REGISTRY_ADDRESS": zookeeper.url, "DUBBOC_APPLICATION_NAME": APPLICATION, "DUBBOC_CLIENT_LOAD_BALANCE": "roundrobin", **env}
        self.program = Program([os.path.join(BUILD, "tests", "interop", "c", "steady"), interface, method, params], **env)
        self.calls = []    # (begun_ms, port, status)
        self.changes = []  # when the providers' nodes were seen to have changed
        for reader in (self.read, self.watch):
            threading.Thread(target=reader, args=(zookeeper.address, interface), daemon=True).start()

    def watch(self, address, interface):
        before = None
        with nodes.opened(address) as session:
            while self.program.process.poll() is None:
                now = session.children(f"/dubbo/{interface}/providers")
                if now != before:
                    self.changes.append(now_ms())
                before = now
                time.sleep(WATCH_S)

    def read(self, *_):
        for line in self.program.process.stdout:
            begun_ms, _, provider, status = line.decode().split()
            port = provider.split("/")[0].rpartition(":")[2]
            self.calls.append((int(begun_ms), int(port) if port.isdigit() else None, status))

    def first_and_last_ms(self, written_ms, is_so, count):
        """The begin of the first and of the last of count calls in a row that fulfil is_so and
        all begin after written_ms. None: there are none yet."""
        calls = [call for call in list(self.calls) if call[0] > written_ms]
        for at in range(len(calls) - count + 1):
            if is_so(calls[at:at + count]):
                return calls[at][0], calls[at + count - 1][0]
        return None

    def felt_ms(self, write, is_so, count, what):
        """The time from the end of write() until calls fulfil is_so, and the time from the last
        change in ZooKeeper that it caused."""
        write()
        written_ms = now_ms()
        try:
            felt_ms, until_ms = wait_for(lambda: self.first_and_last_ms(written_ms, is_so, count), SOON_S, what)
            # a change that is seen during these calls came before them, because is_so allows one
            # stray call: C may see it sooner than watch()
            last_ms = max((change for change in self.changes if written_ms < change < until_ms), default=written_ms)
            return felt_ms - written_ms, max(0, felt_ms - last_ms)
        except AssertionError as late:
            raise AssertionError(f"{late}; the last calls: {collections.Counter(call[1:] for call in self.calls[-count:])}") from None

    def __enter__(self):
        wait_for(lambda: any(call[2] == "OK" for call in self.calls), 60, "the first reply")
        return self

    def __exit__(self, *_):
        self.program.stop(20)


def now_ms():
    return int(time.monotonic() * 1000)


# --- what is written ------------------------------------------------------------------------------------------------------------------------------


class Override:
    """A persistent node below configurators, in the form that dubbo-admin's Override.toUrl
    writes."""

    def __init__(self, address, interface, where, kind="override", **params):
        params = {"category": "configurators", "dynamic": "false", "enabled": "true", **params}
        url = f"{kind}://{where}/{interface}?" + "&".join(f"{key}={value}" for key, value in sorted(params.items()))
        self.address, self.path = address, f"/dubbo/{interface}/configurators/{urllib.parse.quote(url, safe='')}"

    def write(self):
        with nodes.opened(self.address) as admin:
            admin.create(self.path, b"127.0.0.1")

    def undo(self):
        with nodes.opened(self.address) as admin:
            admin.delete(self.path)


class Rule:
    """A rule of the config centre. entries: one dictionary per entry, with its differences from
    an entry that is switched on for providers."""

    def __init__(self, address, key, *entries, scope="service"):
        self.address, self.entries, self.scope, self.key = address, entries, scope, key
        self.path = f"/dubbo/config/dubbo/{key}{'::' if scope == 'service' else ''}.configurators"

    def text(self, enabled="true"):
        lines = ["configVersion: v2.7", "configs:"]
        for entry in self.entries:
            lines += ["- addresses:"] + [f"  - {address}" for address in entry.get("addresses", ["0.0.0.0"])]
            if "applications" in entry:
                lines += ["  applications:"] + [f"  - {application}" for application in entry["applications"]]
            lines += [f"  enabled: {entry.get('enabled', 'true')}", "  parameters:"]
            lines += [f"    {name}: {value}" for name, value in entry["parameters"].items()]
            lines += [f"  side: {entry.get('side', 'provider')}"]
        return "\n".join([*lines, f"enabled: {enabled}", f"key: {self.key}", f"scope: {self.scope}", ""]).encode()

    def write(self):
        with nodes.opened(self.address) as admin:
            admin.create(self.path, self.text())

    def switch_off(self):
        with nodes.opened(self.address) as admin:
            admin.set(self.path, self.text(enabled="false"))

    def undo(self):
        with nodes.opened(self.address) as admin:
            admin.delete(self.path)


# --- what must be felt ----------------------------------------------------------------------------------------------------------------------------


def all_at(port):
    return lambda calls: all(call[1] == port and call[2] == "OK" for call in calls)


def shares(one, two, parts):
    """Calls are distributed to the two providers in these parts; the change may cut one round."""
    def is_so(calls):
        wanted = [len(calls) * part / sum(parts) for part in parts]
        counted = [sum(call[1] == port and call[2] == "OK" for call in calls) for port in (one, two)]
        return sum(counted) == len(calls) and all(abs(is_ - should) <= 1 for is_, should in zip(counted, wanted))
    return is_so


def all_end(status):
    return lambda calls: all(call[2] == status for call in calls)


def user_rules(address, one, two, heeds_entries_switched_off):
    """Rows of: name, the rules that are written one after the other and then removed, and how
    calls must be distributed meanwhile."""
    at_one, at_two = f"127.0.0.1:{one}", f"127.0.0.1:{two}"
    disable = {"addresses": [at_one], "parameters": {"disabled": "true"}}
    return (
        ("override disabled", [Override(address, USERS, at_one, disabled="true")], all_at(two)),
        ("override weight", [Override(address, USERS, at_one, weight=300), Override(address, USERS, at_two, weight=100)], shares(one, two, (3, 1))),
        ("absent disabled", [Override(address, USERS, at_one, kind="absent", disabled="true")], all_at(two)),
        ("rule disabled", [Rule(address, USERS, disable)], all_at(two)),
        ("rule weight", [Rule(address, USERS, {"addresses": [at_one], "parameters": {"weight": 100}},
                              {"addresses": [at_two], "parameters": {"weight": 300}})], shares(one, two, (1, 3))),
        (ENTRY_OFF_HEEDED, [Rule(address, USERS, {**disable, "enabled": "false"})], all_at(two)) if heeds_entries_switched_off else
        (ENTRY_OFF, [Rule(address, USERS, {**disable, "enabled": "false"}, {**disable, "addresses": [at_two]})], all_at(one)),
    )


def echo_rules(address):
    """Rows as above for a method that takes longer than the time-out of the rule, and ends in
    time without the rule. A time-out for the provider side is not among them, because the
    provider itself puts it into its node (wire.md 5.9)."""
    timeout = {"parameters": {"timeout": TIMEOUT_MS}}
    ours = {**timeout, "side": "consumer", "applications": [TIMED_OUT_APPLICATION]}
    return (
        ("override timeout", [Override(address, ECHO, "0.0.0.0", timeout=TIMEOUT_MS)]),
        ("absent timeout", [Override(address, ECHO, "0.0.0.0", kind="absent", timeout=TIMEOUT_MS)]),
        ("rule timeout, consumer side", [Rule(address, ECHO, ours)]),
        ("rule timeout, of the application", [Rule(address, TIMED_OUT_APPLICATION, {**timeout, "side": "consumer"}, scope="application")]),
    )


# --- the case -------------------------------------------------------------------------------------------------------------------------------------


class Felt:
    """Makes each write a result, and keeps the longest time."""

    def __init__(self, outcome, peer):
        self.outcome, self.peer, self.slowest_ms, self.slowest_whole_ms = outcome, peer, 0, 0

    def check(self, name, calls, write, is_so, count):
        def tried():
            whole_ms, ms = calls.felt_ms(write, is_so, count, name)
            self.slowest_ms, self.slowest_whole_ms = max(self.slowest_ms, ms), max(self.slowest_whole_ms, whole_ms)
            assert ms <= WITHIN_MS, f"felt {whole_ms} ms after the write, {ms} ms after the last change of a node"
        self.outcome.attempt(self.peer.name, ROLE, name, tried)


def each(rules, what):
    def write():
        for rule in rules:
            getattr(rule, what)()
    return write


def felt_by_c(outcome, peer, zookeeper, ports):
    """ports: the ports of two providers of the peer, which offer both services."""
    felt = Felt(outcome, peer)
    both = [threading.Thread(target=outcome.guard, args=(peer.name, ROLE, "the run itself", step, felt, zookeeper, *more))
            for step, *more in ((users, *ports), (timeouts,))]
    for step in both:
        step.start()
    for step in both:
        step.join()
    outcome.measured[peer.name, "a rule is felt after, ms at most"] = str(felt.slowest_ms)
    outcome.measured[peer.name, "a rule is felt after, ms at most, with the provider's change of its own node"] = str(felt.slowest_whole_ms)


def timeouts(felt, zookeeper):
    sleep = "Sleep" if felt.peer.name == "dubbogo02" else "sleep"
    with Steady(zookeeper, ECHO, sleep, f"[{SLEEP_MS}]", DUBBOC_APPLICATION_NAME=TIMED_OUT_APPLICATION) as calls:
        for name, rules in echo_rules(zookeeper.address):
            felt.check(name, calls, each(rules, "write"), all_end("E_TIMEOUT"), 2)
            felt.check(name + ", undone", calls, each(rules, "undo"), all_end("OK"), 2)


def users(felt, zookeeper, one, two):
    even = shares(one, two, (1, 1))
    with Steady(zookeeper, USERS, "GetUser", '["A003"]') as calls:
        for name, rules, is_so in user_rules(zookeeper.address, one, two, felt.peer.name in HEEDS_ENTRIES_SWITCHED_OFF):
            felt.check(name, calls, each(rules, "write"), is_so, ROUND)
            if name == "rule disabled":
                felt.check("rule switched off", calls, rules[0].switch_off, even, ROUND)
            felt.check(name + ", undone", calls, each(rules, "undo"), even, ROUND)
    lost = [call for call in calls.calls if call[2] != "OK"]
    kinds = ", ".join(sorted({call[2] for call in lost}))
    felt.outcome.add(felt.peer.name, ROLE, "no call is lost while rules change", f"{len(lost)} of {len(calls.calls)}: {kinds}" if lost else None)

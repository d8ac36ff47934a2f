#!/usr/bin/env python3
"""Measures how many calls dubboc, Java and Go frameworks make, and answer, for a second of CPU time, and prints the table.

    python3 bench/peers.py BUILD_FOLDER [--quick] [--only j273,j3,go3] [--server jetty9|tomcat] [--json FILE] [--no-build]

The idea: one call for all, GetUser("A003") of com.ikurento.user.UserProvider, found through a real ZooKeeper, 16 callers at the same time.
As providers, all are called by `dubboc bench`; as consumers, all call the same dubboc provider and check every answer. A figure is calls in a
window of time / CPU seconds, user and system, that the process under test has used in it (from the kernel's accounting, all threads).

All programs of a role are up all the time, and are given short windows first until they get no faster: a virtual machine compiles what it runs
often. Then they are measured in turn, so that a change of the machine's speed reaches all alike; medians. Only the ratios mean anything on a
shared machine."""

import argparse
import dataclasses
import json
import os
import statistics
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
sys.path[:0] = [os.path.join(TESTS, "interop"), os.path.join(TESTS, "e2e")]
import leftovers  # noqa: E402

CALLERS = 16
USUAL = "j273,j3,go3"
METHOD, PARAMS, ANSWER = "GetUser", '["A003"]', {"id": "A003", "name": "Joe", "age": 48, "time": 1469071830258, "sex": "MAN"}
WARM_S, WARM_WINDOWS_MAX, FASTER = 2, 45, 1.05
WARM_CALLS_JAVA = 300_000  # HotSpot runs code that counts its own calls, which is slow, for some 10,000 of each method, and until it finds time


@dataclasses.dataclass
class Window:
    calls: int
    seconds: float
    cpu_s: float
    p50_us: float = None
    p99_us: float = None

    def rate(self):
        """Calls for a CPU second."""
        return self.calls / max(self.cpu_s, 1 / os.sysconf("SC_CLK_TCK"))


def title(peer):
    return "dubboc" if peer.name == "c" else peer.name


def is_java(peer):
    return peer.folder.startswith("java/")


def cpu_s(program):
    import harness  # which reads the environment that main() sets
    return harness.cpu_s(program.process.pid)


class Provider:
    """A framework that answers. Each has a group of its own, so that all may be registered at the same time."""

    def __init__(self, peer, server, zookeeper):
        self.name = title(peer) + (f", {server}" if is_java(peer) else "")
        self.where = ["-r", zookeeper.url, "-g", peer.name]
        self.program = peer.provide(zookeeper.address, group=peer.name, **({"server": server} if is_java(peer) else {}))

    def window(self, seconds):
        import harness
        before = cpu_s(self.program)
        ran = harness.dubboc("bench", *self.where, "-c", CALLERS, "-d", f"{seconds}s", "--json", harness.USERS, METHOD, PARAMS, timeout=seconds + 30)
        used = cpu_s(self.program) - before
        outcome, answer = ran.json(), harness.dubboc("call", *self.where, harness.USERS, METHOD, PARAMS).json()
        assert outcome["ok"] == outcome["calls"] > 0, f"of {outcome['calls']} calls, {outcome['ok']} were answered: {ran.err}"
        assert answer == ANSWER, f"expected {ANSWER}, came {answer}"
        latency = outcome["latency_us"]
        return Window(outcome["calls"], outcome["seconds"], used, latency["p50"], latency["p99"])

    def stop(self):
        status = self.program.stop(20)
        assert status == 0, f"it ended with status {status}"


class Consumer:
    """A framework that calls."""

    def __init__(self, peer, _, zookeeper):
        from cases import SERIALIZE_TO_HTTP
        self.name = title(peer)
        more = ["--timeout", "10000"] if is_java(peer) else []  # the first call has to load its classes
        if peer.name in SERIALIZE_TO_HTTP:
            more.append("--without-spring-web")  # or it would try the node of the other kind, too
        self.program = peer.load(zookeeper.address, CALLERS, *more)

    def window(self, seconds):
        process, before = self.program.process, cpu_s(self.program)
        process.stdin.write(f"{seconds}\n".encode())
        process.stdin.flush()
        line = self.program.line(seconds + 30)
        used = cpu_s(self.program) - before
        assert line and line.endswith(" calls"), f"it said {line!r}; {self.program.stderr()[-600:]}"
        return Window(int(line.split()[0]), seconds, used)

    def stop(self):
        self.program.process.stdin.close()
        status = self.program.wait(20)
        assert status == 0, f"it ended with status {status}"


class Row:
    """The measurements of one framework in one role, or why it could not be measured."""

    def __init__(self, role, peer):
        self.role, self.peer, self.name = role, peer.name, title(peer)
        self.subject, self.windows, self.why = None, [], None
        self.warm_calls = WARM_CALLS_JAVA if is_java(peer) else 0

    def guard(self, step, *argv):
        """Runs a step, unless one has failed already; a failure ends nothing but this row."""
        if self.why is not None:
            return
        try:
            step(*argv)
        except Exception as error:  # noqa: BLE001 after any error the other rows must still run
            self.fail(error)

    def fail(self, error):
        self.why = self.why or f"{type(error).__name__}: {error}"
        print(f"{self.name} as a {self.role}: {error}", file=sys.stderr, flush=True)

    def start(self, kind, *argv):
        self.subject = kind(*argv)
        self.name = self.subject.name

    def warm_up(self, windows_max):
        """Runs windows until three in a row are no faster than the best one before them."""
        rates, calls = [], 0
        while len(rates) < windows_max and (len(rates) < 4 or calls < self.warm_calls or max(rates[-3:]) > max(rates[:-3]) * FASTER):
            window = self.subject.window(WARM_S)
            rates.append(window.rate())
            calls += window.calls
        print(f"  {self.name} as a {self.role}, warming up: {' '.join(f'{rate:.0f}' for rate in rates)}", file=sys.stderr, flush=True)

    def measure(self, seconds):
        self.windows.append(self.subject.window(seconds))

    def stop(self):
        """Stops the program in its usual way, even after a failure, because it may have to end child processes."""
        try:
            if self.subject is not None:
                self.subject.stop()
        except Exception as error:  # noqa: BLE001 the other programs must be stopped, too
            self.fail(error)

    def rate(self):
        return statistics.median(window.rate() for window in self.windows)

    def median(self, field):
        values = [getattr(window, field) for window in self.windows]
        return None if None in values else statistics.median(values)


def measure_role(role, kind, wanted, given, zookeeper):
    rows = [Row(role, peer) for peer in wanted]
    try:
        for row, peer in zip(rows, wanted):
            row.guard(row.start, kind, peer, given.server, zookeeper)
        for row in rows:
            row.guard(row.warm_up, 4 if given.quick else WARM_WINDOWS_MAX)
        for number in range(given.rounds):
            print(f"  {role}s, round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
            for row in rows:
                row.guard(row.measure, given.seconds)
    finally:
        for row in rows:
            row.stop()
    return rows


def as_records(rows, versions):
    """One record for each row; the row of dubboc in the same role is the yardstick."""
    ours = {row.role: row.rate() for row in rows if row.peer == "c" and row.why is None}
    records = []
    for row in rows:
        record = {"role": row.role, "framework": row.name, "version": versions[row.peer], "failed": row.why}
        if row.why is None:
            rate = row.rate()
            record.update({
                "calls_per_cpu_s": rate, "cpu_us_per_call": 1e6 / rate, "ours_to_this": ours[row.role] / rate if row.role in ours else None,
                "spread": (max(w.rate() for w in row.windows) - min(w.rate() for w in row.windows)) / rate if len(row.windows) > 1 else None,
                "calls_per_s": statistics.median(w.calls / w.seconds for w in row.windows),
                "p50_us": row.median("p50_us"), "p99_us": row.median("p99_us"),
            })
        records.append(record)
    return records


def show(records):
    def number(value, form):
        return format(value, form) if value is not None else "-"
    print(f"{'role':9} {'framework':14} {'calls/CPU s':>11} {'spread':>7} {'CPU us/call':>11} {'dubboc is':>9} {'calls/s':>8} {'p50 us':>7} {'p99 us':>7}")
    for r in records:
        if r["failed"] is not None:
            print(f"{r['role']:9} {r['framework']:14} FAILED: {r['failed']}")
            continue
        times = number(r["ours_to_this"], ".1f") + ("x" if r["ours_to_this"] is not None else "")
        print(f"{r['role']:9} {r['framework']:14} {r['calls_per_cpu_s']:11.0f} {number(r['spread'], '.0%'):>7} {r['cpu_us_per_call']:11.1f} {times:>9} "
              f"{r['calls_per_s']:8.0f} {number(r['p50_us'], '.0f'):>7} {number(r['p99_us'], '.0f'):>7}")
    for framework, version in dict.fromkeys((r["framework"].split(",")[0], r["version"]) for r in records):
        print(f"{framework}: {version}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="the folder in which dubboc was built, for speed")
    parser.add_argument("--quick", action="store_true", help="one short round, before the virtual machines are warm: only to see it run")
    parser.add_argument("--only", default=USUAL, help=f"these frameworks, with commas between ({USUAL}); dubboc is always there")
    parser.add_argument("--server", choices=("jetty9", "tomcat"), default="jetty9", help="what the Java providers serve with (jetty9)")
    parser.add_argument("--json", metavar="FILE", help="also write the table to this file")
    parser.add_argument("--no-build", action="store_true", help="take the peers as they are")
    given = parser.parse_args()
    given.rounds, given.seconds = (1, 2) if given.quick else (3, 6)
    return given


def main():
    given = arguments()
    os.environ["top_builddir"] = os.path.abspath(given.build)
    leftovers.are_swept()
    import harness
    import peers
    from cases import ZooKeeper, provided
    known = {peer.name: peer for peer in peers.PEERS if peer.registry and peer.providers}
    names = given.only.split(",")
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"peers.py: not to be measured: {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = [peers.C, *(known[name] for name in names)]
    if not given.no_build:
        peers.build(wanted)
    versions = {peer.name: peer.version() for peer in wanted}
    if missing := [name for name, version in versions.items() if version is None]:
        sys.exit(f"peers.py: not built: {', '.join(missing)}; --only leaves frameworks out")
    rows = []
    try:
        with ZooKeeper() as zookeeper:
            rows += measure_role("provider", Provider, wanted, given, zookeeper)
        with ZooKeeper() as zookeeper, provided(peers.C, zookeeper):
            rows += measure_role("consumer", Consumer, wanted, given, zookeeper)
    finally:
        harness._clean_up()
    records = as_records(rows, versions)
    show(records)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(records, file, indent=1)
    return 1 if any(record["failed"] for record in records) else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Tests C with other frameworks in both roles, through a real ZooKeeper, and prints what worked.

    run.py BUILD [--peers a,b] [--allow-missing] [--record] [--write-docs] [--json FILE] [--no-build]

For each peer: the C consumer calls its provider, its consumer calls the C providers, then the
tests of cases.py follow. Every pair has its own ZooKeeper server, so that it sees nothing of an
earlier one. Everything is on loopback, every wait has a deadline, and every started process is
ended by its id (leftovers.py). The last line is "N passed, M failed". A peer that is not built
is a failure unless --allow-missing is given. A check that docs/interop.md names and that was not
made is a failure, too. --record writes tests/wire again (corpus.py), --write-docs writes
docs/interop.md (report.py)."""

import argparse
import json
import os
import sys
import threading
import time
import traceback

import leftovers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", metavar="BUILD", help="the folder in which dubboc was built")
    parser.add_argument("--peers", help="only these, with commas between")
    parser.add_argument("--allow-missing", action="store_true", help="a peer that is not built is no failure")
    parser.add_argument("--record", action="store_true", help="write the corpus anew")
    parser.add_argument("--write-docs", action="store_true", help="write docs/interop.md anew")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    parser.add_argument("--no-build", action="store_true", help="take the peers as they are")
    given = parser.parse_args()
    if given.write_docs and given.peers:
        parser.error("--write-docs is of all peers: without --peers")
    return given


class Outcome:
    """All results of a run, in the order in which they arrived."""

    def __init__(self):
        self.versions = {}   # peer -> its line
        self.missing = []    # peers that are not built
        self.results = []    # (peer, role, name, None or why it failed)
        self.measured = {}   # (peer, what) -> text
        self.writer = None   # the writer of cases, while recording

    def add(self, peer, role, name, why=None):
        self.results.append((peer, role, name, why))
        if why is not None:
            print(f"  FAIL {peer} {role} {name}: {why}", flush=True)

    def add_checks(self, peer, role, checks):
        for name in checks.passed:
            self.add(peer, role, name)
        for name, why in checks.failed.items():
            self.add(peer, role, name, why)
        print(f"  {peer} {role}: {checks.tally()}", flush=True)

    def guard(self, peer, role, name, step, *argv):
        """Runs a step whose failure is a result and does not end the run. Returns whether it
        completed."""
        try:
            step(*argv)
            return True
        except Exception as error:  # noqa: BLE001 whatever it is, the next peer must have its turn
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.add(peer, role, name, f"{type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})")
            return False

    def attempt(self, peer, role, name, step, *argv):
        """Runs a step for which completing is the result."""
        if self.guard(peer, role, name, step, *argv):
            self.add(peer, role, name)

    def tally(self, peer=None, role=None):
        picked = [why for p, r, _, why in self.results if peer in (None, p) and role in (None, r)]
        return picked.count(None), len(picked) - picked.count(None)


def run_steps(outcome, peer, steps):
    for role, step in steps:
        outcome.guard(peer.name, role, "the run itself", step, outcome, peer)


def run_pair(outcome, peer, given):
    """Tests one peer, in both roles at the same time; one after the other while recording,
    because a recording has one order. Returns the threads that still wait for idle
    connections."""
    import cases
    import corpus
    import peers
    begun, resting = time.monotonic(), []
    if given.record and peer is not peers.C:
        outcome.writer = corpus.Writer(peer.name, outcome.versions[peer.name])
    for server in peer.servers if peer.providers else ():
        label, list_made = "provider" if server is None else f"provider, {server}", threading.Event()
        resting.append(threading.Thread(target=outcome.guard, args=(
            peer.name, label, "the run itself", cases.c_calls_peer, outcome, peer, label, server, server is peer.servers[0], list_made)))
        resting[-1].start()
        list_made.wait()
    steps = [("consumer", cases.peer_calls_c), ("consumer, more", cases.more_of_consumer)]
    if peer.providers:
        steps.append(("provider, more", cases.more_of_provider))
    consumer = threading.Thread(target=run_steps, args=(outcome, peer, steps[:2]))
    consumer.start()
    if outcome.writer:
        consumer.join()
    run_steps(outcome, peer, steps[2:])
    consumer.join()
    if outcome.writer:
        outcome.measured[peer.name, "cases recorded"] = str(outcome.writer.count)
    print(f"  {peer.name} took {time.monotonic() - begun:.0f} s", flush=True)
    return resting


def chosen(names):
    """The peers with these names, separated by commas; None: all."""
    import peers
    every = {peer.name: peer for peer in [peers.C, *peers.PEERS]}
    wanted = list(every) if names is None else names.split(",")
    if unknown := [name for name in wanted if name not in every]:
        sys.exit(f"run.py: no such peer: {', '.join(unknown)}; there are {', '.join(every)}")
    return [peer for name, peer in every.items() if name in wanted]


def main():
    given = arguments()
    os.environ["top_builddir"] = os.path.abspath(given.build)
    home = leftovers.are_swept()
    import harness
    import peers
    import report
    wanted, outcome, resting = chosen(given.peers), Outcome(), []
    if not given.no_build:
        peers.build(wanted)
    for peer in wanted:
        version = peer.version()
        if version is None:
            outcome.missing.append(peer.name)
            if not given.allow_missing:
                outcome.add(peer.name, "build", "the peer is there", "it is not built")
            continue
        outcome.versions[peer.name] = version
        print(f"{peer.name}: {version}", flush=True)
        resting += run_pair(outcome, peer, given)
    for rest in resting:
        rest.join()
    harness._clean_up()
    for pid, command in leftovers.of(home).items():
        outcome.add("all", "end", "nothing is left running", f"process {pid}: {command}")
    if not given.write_docs:
        report.compare(outcome)
    report.show(outcome)
    passed, failed = outcome.tally()
    if given.write_docs and failed == 0:
        report.write(outcome)
    elif given.write_docs:
        print("docs/interop.md is left as it was: something failed")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"versions": outcome.versions, "missing": outcome.missing, "results": outcome.results,
                       "measured": [[*key, value] for key, value in outcome.measured.items()]}, file, indent=1)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

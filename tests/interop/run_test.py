"""Checks that a run with other frameworks notices its own failures: a consumer that ends early,
crashes, hangs or prints nothing, a list that became shorter, an unknown peer, and programs
that outlive the run. No framework is needed, because shell scripts act as the consumers."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), HERE]
import leftovers  # noqa: E402
import report  # noqa: E402
from harness import *  # noqa: E402,F403
from corpus import WIRE  # noqa: E402
from peers import PEERS, Checks  # noqa: E402
from run import Outcome  # noqa: E402

RUN = os.path.join(HERE, "run.py")


def consumer(script, seconds=20):
    return Checks(["/bin/sh", "-c", script], {}, seconds)


def test_the_results_that_a_consumer_prints_are_counted():
    checks = consumer("echo ok a.b; echo ok c; echo 2 passed, 0 failed")
    assert (checks.passed, checks.failed) == (["a.b", "c"], {}), (checks.passed, checks.failed)
    checks = consumer("echo ok a; echo FAIL b: expected 1: came 2; echo 1 passed, 1 failed; exit 1")
    assert (checks.passed, checks.failed) == (["a"], {"b": "expected 1: came 2"}), (checks.passed, checks.failed)


def test_a_consumer_with_a_wrong_end_or_summary_has_failed():
    for script in ("echo ok a", "echo ok a; echo 2 passed, 0 failed", "echo ok a; echo 1 passed, 0 failed; exit 1", "echo ok a; kill -9 $$", "exit 0",
                   "echo 0 passed, 0 failed; exit 1", "echo FAIL a: b; echo 0 passed, 1 failed", "echo FAIL a: b; echo FAIL a: b; echo 0 passed, 2 failed; exit 1"):
        checks = consumer(script)
        assert "the run itself" in checks.failed, (script, checks.passed, checks.failed)


def test_a_consumer_that_hangs_is_ended_and_has_failed():
    checks = consumer("echo ok a; exec sleep 1000", seconds=3)
    assert checks.passed == ["a"] and "not ended" in checks.failed["the run itself"], (checks.passed, checks.failed)


def outcome_of(lists, without=()):
    made = Outcome()
    for (peer, role), names in lists.items():
        made.versions[peer] = "1"
        for name in names:
            if (peer, role, name) not in without:
                made.add(peer, role, name)
    return made


def test_a_check_that_is_no_longer_made_is_a_failure():
    lists = report.read_lists()
    assert len(lists) > 40 and "user.GetUser.known" in lists["j26", "provider, tomcat"], lists.keys()
    whole = outcome_of(lists)
    report.compare(whole)
    assert whole.tally()[1] == 0, [result for result in whole.results if result[3]]
    some = outcome_of(lists, [("go3", "consumer", "echo.null")])
    with contextlib.redirect_stdout(io.StringIO()):
        report.compare(some)
    failed = [result for result in some.results if result[3]]
    assert failed == [("go3", "consumer", "the list is complete", "not made: echo.null")], failed


def test_lists_are_read_as_they_are_written():
    lists = {("a", "consumer"): {"x.y", "what: it is"}, ("b", "provider, more"): {"x.y", "what: it is"}, ("b", "provider, rested"): {"jetty9, 3 s: no call"}}
    home = folder()
    usual, report.DOCS = report.DOCS, os.path.join(home, "interop.md")
    try:
        report.write(outcome_of(lists))
        assert report.read_lists() == lists, report.read_lists()
    finally:
        report.DOCS = usual


def test_the_corpus_has_every_peer_in_both_roles():
    found = set()
    for case in os.listdir(WIRE):
        try:
            with open(os.path.join(WIRE, case, "expect"), encoding="utf-8") as file:
                found.add(tuple(re.findall(r"^(?:peer|role) = (.*)$", file.read(), re.M)))
        except OSError:
            pass  # no case
    wanted = {(peer.name, role) for peer in PEERS for role in (("provider", "consumer", "odd") if peer.providers else ("provider",))}
    assert wanted <= found, sorted(wanted - found)


def test_an_unknown_peer_is_named():
    done = subprocess.run([sys.executable, RUN, BUILD, "--no-build", "--peers", "c,j62"], capture_output=True, timeout=60)
    assert done.returncode != 0 and b"j62" in done.stderr, done


def test_a_peer_that_is_not_built_is_a_failure_unless_that_is_allowed():
    for argv, failed in (((), 2), (("--allow-missing",), 0)):
        done = subprocess.run([sys.executable, RUN, BUILD, "--no-build", "--peers", "go1,j3", *argv], capture_output=True, timeout=60,
                              env={**os.environ, "INTEROP_BUILD": folder()})
        last = f"\n0 passed, {failed} failed\n".encode()
        assert done.returncode == 1 and done.stdout.count(b"MISSING") == 2 and done.stdout.endswith(last), done  # 1: nothing passed


SURVIVOR = f"""
import signal, subprocess, sys
sys.path.insert(0, {HERE!r})
import leftovers
print(leftovers.are_swept(), flush=True)
subprocess.run(["sh", "-c", "trap '' INT TERM; TMPDIR=$TMPDIR/below sleep 1000 & exec sleep 1000 &"])
print("started", flush=True)
signal.pause()
"""


def test_no_process_outlives_a_terminated_run():
    """Neither a process with a folder below that of the run, as a run within this one has, nor
    one of a run without standard input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        run = Program(["/bin/sh", "-c", 'exec "$0" -c "$1" <&-', sys.executable, SURVIVOR])
        home = run.line()
        assert run.line() == "started"
        wait_for(lambda: len(leftovers.of(home)) == 2, 10, "both programs")
        run.signal(number)
        assert run.wait(10) == -number
        wait_for(lambda: not leftovers.of(home) and not os.path.exists(home), 10, f"the end of all after signal {number}")


if __name__ == "__main__":
    run(globals())

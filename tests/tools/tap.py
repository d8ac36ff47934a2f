"""What the tests of the command line share: running the built `dubboc`, and printing TAP. Each
test is a function whose name is a sentence."""
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

BUILD = os.environ.get("top_builddir", ".")
SOURCE = os.environ.get("top_srcdir", ".")
DUBBOC = os.path.join(BUILD, "tools", "dubboc")
LIMIT_S = 20


class Outcome:
    """The outcome of a command: status, out, err."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return "status %s\nout: %s\nerr: %s" % (self.status, self.out, self.err)


def environment(more=None):
    """The environment of the test, without the variables that configure dubboc."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DUBBO") and k != "APP_CONF_FILE"}
    kept.update(more or {})
    return kept


def dubboc(*arguments, env=None, stdin=b""):
    done = subprocess.run([DUBBOC, *arguments], input=stdin, capture_output=True, env=environment(env), timeout=LIMIT_S, check=False)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


class Folder:
    """A temporary folder for one test."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="dubboc-test-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        return path


def equal(found, expected, context=""):
    if found != expected:
        raise AssertionError("found %r, expected %r\n%s" % (found, expected, context))


def holds(text, part):
    if part not in text:
        raise AssertionError("%r is not in:\n%s" % (part, text))


def run(tests):
    print("1..%d" % len(tests), flush=True)
    for number, test in enumerate(tests, 1):
        name = test.__name__
        try:
            test()
            print("ok %d - %s" % (number, name), flush=True)
        except Exception:  # pylint: disable=broad-except
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print("not ok %d - %s" % (number, name), flush=True)
    sys.exit(0)

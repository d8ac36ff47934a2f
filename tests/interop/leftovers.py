"""No process outlives a run, however it ends: by itself, by Ctrl-C, or killed.

Temporary files are in one folder, and every program that is started inherits its name as TMPDIR.
The processes of a run are recognised by this variable, even if their parents have ended. A
process that is forked at the beginning waits for the end of the run, kills the remaining
processes by their ids, and removes the folder."""

import fcntl
import os
import shutil
import signal
import tempfile
import time

SWEEP_S = 10  # the time for killing the remaining processes; processes that do not die are left
QUIET_LOOKS = 3  # searches in a row without a result, because a program that is just being started still has the environment of its parent


def of(home):
    """The living processes that were started with this TMPDIR, or with one below it, as those of
    a run within this one: {process id: command line}. Empty on systems without /proc."""
    mark, found = b"TMPDIR=" + os.fsencode(home), {}
    for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc/self") else ()):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if not any(entry == mark or entry.startswith(mark + b"/") for entry in file.read().split(b"\0")):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            pass  # it has ended, or belongs to another user
    return found


def sweep(home):
    """Kills until no process is left, because a program may have started another one before it
    was killed."""
    end_s, quiet_looks = time.monotonic() + SWEEP_S, 0
    while quiet_looks < QUIET_LOOKS and time.monotonic() < end_s:
        left = of(home)
        quiet_looks = 0 if left else quiet_looks + 1
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass  # it has just ended, or its number belongs to another user by now
        time.sleep(0.05)
    shutil.rmtree(home, ignore_errors=True)


def watch(home, end_of_run):
    """Runs in its own session, which Ctrl-C does not reach, and without the descriptors of the
    run, because others may wait until these are closed."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_of_run = fcntl.fcntl(end_of_run, fcntl.F_DUPFD, 3)  # the run may have been started without standard input, output or error
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, end_of_run)
    os.closerange(end_of_run + 1, os.sysconf("SC_OPEN_MAX"))
    os.read(end_of_run, 1)
    sweep(home)


def are_swept():
    """Starts the watch, before there are other threads or programs, and returns the folder of
    the run. A signal then ends the run at once, without waiting for its threads."""
    home = tempfile.mkdtemp(prefix="dubboc-run-")
    end_of_run, run_lives = os.pipe()  # Python's children inherit neither
    if os.fork() == 0:
        os.close(run_lives)
        try:
            watch(home, end_of_run)
        finally:
            os._exit(0)
    os.close(end_of_run)
    os.environ["TMPDIR"] = tempfile.tempdir = home
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return home

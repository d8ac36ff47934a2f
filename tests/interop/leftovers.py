"""Nothing outlives a run, however it ends: by itself, by Ctrl-C, or killed.

Temporary files go into one folder, and every program that is started inherits its name as TMPDIR: by that, programs are known as the run's own,
also those whose parents have gone. A process that is forked off at first waits for the run to be gone, kills what it has left, by process id, and
removes the folder."""

import fcntl
import os
import shutil
import signal
import tempfile
import time

SWEEP_S = 10  # of trying to kill what is left; what will not die then is left alone
QUIET_LOOKS = 3  # in which none was found: a program that is only being started still shows its parent's environment


def of(home):
    """The processes, other than ended ones, that were started with that TMPDIR, or with one below it, as a run within this one has: {process id: command
    line}. Without /proc nobody is known."""
    mark, found = b"TMPDIR=" + os.fsencode(home), {}
    for pid in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc/self") else ()):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if not any(entry == mark or entry.startswith(mark + b"/") for entry in file.read().split(b"\0")):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            pass  # it has ended, or is another user's
    return found


def sweep(home):
    """Until none is left: a program that is killed last may have started another."""
    end_s, quiet_looks = time.monotonic() + SWEEP_S, 0
    while quiet_looks < QUIET_LOOKS and time.monotonic() < end_s:
        left = of(home)
        quiet_looks = 0 if left else quiet_looks + 1
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass  # it has just ended, or is another user's by now
        time.sleep(0.05)
    shutil.rmtree(home, ignore_errors=True)


def watch(home, end_of_run):
    """In a session of its own, where Ctrl-C does not reach it, and without the run's descriptors, for whose end others may wait."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_of_run = fcntl.fcntl(end_of_run, fcntl.F_DUPFD, 3)  # the run may have been started without some of the first three
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, end_of_run)
    os.closerange(end_of_run + 1, os.sysconf("SC_OPEN_MAX"))
    os.read(end_of_run, 1)
    sweep(home)


def are_swept():
    """From here on; to be called before there are other threads or programs. The folder. A signal ends the run at once: its threads hold up nothing."""
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

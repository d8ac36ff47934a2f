"""`./dev` on a machine without the packages, for a user who may not install them: it says what
to install, and as which user. Also its arguments."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import Folder, LIMIT_S, SOURCE, environment, equal, holds, run  # noqa: E402

REPLACED = {"sudo", "id", "dpkg-query", "apt-get"}
HOW = "Run as root, then run this command again:\n  apt-get update && apt-get install --no-install-recommends gcc libc6-dev make "


def demo(**replacements):
    """`./dev demo` as user 1000 with no package installed, and with these programs instead of
    those of the system."""
    programs = {"id": "echo 1000", "dpkg-query": "exit 1", "apt-get": "echo apt-get was run; exit 100", **replacements}
    with Folder() as folder:
        for place in ("/bin", "/usr/bin"):
            for name in set(os.listdir(place)) - REPLACED:
                if not os.path.lexists(os.path.join(folder.path, name)):
                    os.symlink(os.path.join(place, name), os.path.join(folder.path, name))
        for name, text in programs.items():
            os.chmod(folder.file(name, "#!/bin/sh\n%s\n" % text), 0o755)
        done = subprocess.run([os.path.join(SOURCE, "dev"), "demo"], capture_output=True, stdin=subprocess.DEVNULL,
                              env=environment({"PATH": folder.path}), timeout=LIMIT_S, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def without_sudo_the_demo_says_what_to_install_and_as_whom():
    status, out, err = demo()
    equal((status, out), (1, ""), err)
    holds(err, "these packages are missing, and there is no sudo to install them with.\n" + HOW)


def a_sudo_that_refuses_is_not_reported_as_a_failure_of_apt():
    status, out, err = demo(sudo='echo "sudo: a password is required" >&2; exit 1')
    equal((status, out), (1, ""), err)
    holds(err, "these packages are missing, and sudo does not let you install them.\n" + HOW)


def a_failing_apt_get_is_reported_with_the_packages_it_was_run_for():
    status, out, err = demo(sudo='exec "$@"')
    equal(status, 1, out + err)
    holds(err, "dev: apt-get update failed; it is needed to install gcc libc6-dev make")


def dev(*args):
    """./dev on a machine where it must not run apt-get."""
    with Folder() as folder:
        for name in ("apt-get", "dpkg-query"):
            os.chmod(folder.file(name, "#!/bin/sh\necho %s was run >&2; exit 100\n" % name), 0o755)
        done = subprocess.run([os.path.join(SOURCE, "dev"), *args], capture_output=True, stdin=subprocess.DEVNULL,
                              env=environment({"PATH": folder.path + ":" + os.environ["PATH"]}), timeout=LIMIT_S, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def a_command_explains_itself_without_doing_anything():
    wanted = dev("help")
    holds(wanted[1], "./dev test ")
    for command in ("deps", "build", "demo", "check", "test", "stress", "ci", "portability", "fuzz", "lint", "clean"):
        for option in ("--help", "-h"):
            equal(dev(command, option), wanted, command)


def an_argument_that_a_command_does_not_take_is_refused():
    for command in ("deps", "build", "demo", "check", "test", "portability", "lint", "clean"):
        status, out, err = dev(command, "--quick")
        equal((status, out), (1, ""), command)
        holds(err, "dev: %s takes no arguments; ./dev help lists what each command takes" % command)


run([
    without_sudo_the_demo_says_what_to_install_and_as_whom,
    a_sudo_that_refuses_is_not_reported_as_a_failure_of_apt,
    a_failing_apt_get_is_reported_with_the_packages_it_was_run_for,
    a_command_explains_itself_without_doing_anything,
    an_argument_that_a_command_does_not_take_is_refused,
])

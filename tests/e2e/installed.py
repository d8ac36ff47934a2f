"""What a user gets from configure and make install: one message for everything that is missing,
and an installed copy with which pkg-config, CMake and the Makefile of the examples build
programs."""

import re

from harness import *

IS_PLAIN_BUILD = not os.environ.get("SANITIZER") and os.path.exists(os.path.join(BUILD, ".libs", "libdubboc.so"))


def make_variable(name):
    with open(os.path.join(BUILD, "Makefile"), encoding="utf-8") as makefile:
        return re.search(rf"^{name} = (.*)$", makefile.read(), re.M).group(1)


class Installed:
    """Installs the build below a new folder."""

    def __init__(self):
        root = folder()
        succeed("make", "-s", "-C", BUILD, "install", f"DESTDIR={root}")
        self.prefix = root + make_variable("prefix")
        self.env = dict(os.environ, PKG_CONFIG_PATH=self.prefix + "/lib/pkgconfig",
                        LD_LIBRARY_PATH=self.prefix + "/lib")
        self.doc = self.prefix + "/share/doc/dubboc"

    def flags(self, *more):
        return succeed("pkg-config", f"--define-variable=prefix={self.prefix}", "--cflags", "--libs", *more, "dubboc",
                       env=self.env).split()


def succeed(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def greets(program, env):
    """Checks that the hello-provider that was built serves, which needs every library that it is
    linked with."""
    provider = Program([program], DUBBOC_SERVER_PORT=0, DUBBOC_SERVER_IP="127.0.0.1",
                       LD_LIBRARY_PATH=env["LD_LIBRARY_PATH"])
    return provider.line().startswith("listening on 127.0.0.1:")


def test_pkg_config_builds_a_program_with_the_installed_copy():
    if not IS_PLAIN_BUILD:
        return  # only the plain build is installed
    installed = Installed()
    program = os.path.join(folder(), "hello")
    succeed("cc", os.path.join(SRC, "examples", "hello-provider.c"), "-o", program, *installed.flags(), env=installed.env)
    assert greets(program, installed.env)


CMAKE_PROJECT = """cmake_minimum_required(VERSION 3.13)
project(hello C)
find_package(dubboc %s REQUIRED CONFIG)
add_executable(hello hello-provider.c)
target_link_libraries(hello dubboc::dubboc)
"""


def cmake(installed, wanted_version):
    """Configures a CMake project that uses the installed copy; None if CMake refuses to
    configure it."""
    project = folder()
    shutil.copy(os.path.join(SRC, "examples", "hello-provider.c"), project)
    with open(os.path.join(project, "CMakeLists.txt"), "w", encoding="utf-8") as lists:
        lists.write(CMAKE_PROJECT % wanted_version)
    configured = subprocess.run(["cmake", "-S", project, "-B", project, f"-DCMAKE_PREFIX_PATH={installed.prefix}"],
                                capture_output=True, text=True, check=False)
    return project if configured.returncode == 0 else None


def remove_libraries(installed, suffix):
    for name in os.listdir(installed.prefix + "/lib"):
        if name.startswith("libdubboc." + suffix):
            os.remove(os.path.join(installed.prefix, "lib", name))


def test_cmake_builds_a_program_with_the_installed_copy_shared_or_static():
    if not IS_PLAIN_BUILD:
        return
    installed = Installed()
    version = make_variable("PACKAGE_VERSION")
    for kind in ("shared", "static"):
        if kind == "static":
            if not os.path.exists(installed.prefix + "/lib/libdubboc.a"):
                return
            remove_libraries(installed, "so")
        project = cmake(installed, version)
        assert project, f"find_package(dubboc {version}) failed with the {kind} library"
        succeed("cmake", "--build", project)
        assert greets(os.path.join(project, "hello"), installed.env), kind


def test_cmake_refuses_a_version_that_does_not_fit():
    if not IS_PLAIN_BUILD:
        return
    installed = Installed()
    major, minor, _ = make_variable("PACKAGE_VERSION").split(".")
    assert cmake(installed, f"{major}.{minor}") is not None
    for other in (f"{major}.{int(minor) + 1}", f"{major}.{minor}.999", f"{int(major) + 1}.0"):
        assert cmake(installed, other) is None, other


def test_documents_and_examples_are_installed_and_the_examples_build_there():
    if not IS_PLAIN_BUILD:
        return
    installed = Installed()
    for name in ("README.md", "LICENSE", "docs/wire.md", "docs/sample.ini", "examples/Makefile"):
        assert os.path.exists(os.path.join(installed.doc, name)), name
    assert os.path.exists(installed.prefix + "/share/man/man1/dubboc.1")
    for built, page in (("man3", "share/man/man3/dubboc_call.3"), ("html", "share/doc/dubboc/html/index.html")):
        if os.path.exists(os.path.join(BUILD, "docs", built + ".stamp")):
            assert os.path.exists(os.path.join(installed.prefix, page)), page
    copy = os.path.join(folder(), "examples")
    shutil.copytree(os.path.join(installed.doc, "examples"), copy)
    flags = " ".join(installed.flags())
    succeed("make", "-s", "-C", copy, f"DUBBOC_FLAGS={flags}", env=dict(installed.env, MAKEFLAGS=""))
    written = {name[:-2] for name in os.listdir(copy) if name.endswith(".c")} - {"program"}
    built = {name for name in os.listdir(copy) if os.access(os.path.join(copy, name), os.X_OK)}
    assert written == built and len(built) >= 7, written ^ built
    assert greets(os.path.join(copy, "hello-provider"), installed.env)


def test_links_of_the_installed_documents_lead_to_files():
    if not IS_PLAIN_BUILD:
        return
    installed = Installed()
    links = 0
    documents = [f"docs/{each}" for each in os.listdir(installed.doc + "/docs") if each.endswith(".md")]
    for name in ("README.md", "CHANGELOG.md", *documents):
        with open(os.path.join(installed.doc, name), encoding="utf-8") as document:
            targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read())
        for target in targets:
            assert os.path.exists(os.path.join(installed.doc, os.path.dirname(name), target)), (name, target)
        links += len(targets)
    assert links > 10


def configure(where, **env):
    return subprocess.run([os.path.join(os.path.abspath(SRC), "configure"), *CONFIGURE_FLAGS], cwd=where, check=False,
                          capture_output=True, text=True, env=dict(os.environ, **env))


# Makes configure as fast as possible, by leaving out everything that is not tested here.
CONFIGURE_FLAGS = ["--disable-static", "-C"]


def test_configure_names_everything_that_is_missing_in_one_message():
    done = configure(folder(), PKG_CONFIG_LIBDIR="/nowhere", PKG_CONFIG_PATH="")
    assert done.returncode != 0
    for line in ("apt-get install libmicrohttpd-dev libcurl4-openssl-dev libcjson-dev libyaml-dev\n",
                 "dnf install libmicrohttpd-devel libcurl-devel cjson-devel libyaml-devel\n"):
        assert line in done.stderr, done.stderr


def test_make_check_without_cmocka_says_so_before_anything_is_compiled():
    where, tools = folder(), folder()
    wrapper = os.path.join(tools, "pkg-config")
    with open(wrapper, "w", encoding="utf-8") as script:
        script.write('#!/bin/sh\ncase "$*" in *cmocka*) exit 1;; esac\nexec pkg-config "$@"\n')
    os.chmod(wrapper, 0o755)
    done = configure(where, PKG_CONFIG=wrapper)
    assert done.returncode == 0, done.stderr
    made = subprocess.run(["make", "-C", where, "check"], capture_output=True, text=True, check=False,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})
    assert made.returncode != 0
    assert "apt-get install libcmocka-dev" in made.stderr, made.stderr
    assert "  CC " not in made.stdout, made.stdout


if __name__ == "__main__":
    run(globals())

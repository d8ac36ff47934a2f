"""What must hold of the sources and of what is built: who may include whom, what is exported, headers for C99 and C++11, and that the
README shows the programs that are tested."""

import re

from harness import *

# Each folder, and the folders whose headers it may include besides its own.
ALLOWED = {
    "base": set(),
    "codec": {"base"},
    "transport": {"base"},
    "registry": {"base"},
    "selector": {"base", "registry", "transport"},
    "client": {"base", "codec", "registry", "selector", "transport"},
    "server": {"base", "codec", "registry", "transport"},
    "tools": {"base", "client", "codec", "registry", "selector", "transport"},
    "examples": set(),
    "bench": set(),
}
# The one program that measures what no public header shows.
MAY_LOOK_INSIDE = {"bench/pick.c"}
# Third-party headers, and the only places that may include them; cJSON is the value type of the public headers.
ONLY_IN = {
    "curl/": ("transport/", "bench/bare_curl.c"),
    "openssl/": ("transport/",),
    "microhttpd.h": ("transport/", "bench/bare_mhd.c"),
    "zookeeper/": ("registry/zookeeper/",),
    "cjson/": ("codec/", "include/dubboc/", "bench/bare_mhd.c"),
}


def sources(*folders):
    for top in folders:
        for path, _, names in os.walk(os.path.join(SRC, top)):
            for name in names:
                if name.endswith((".c", ".h")):
                    full = os.path.join(path, name)
                    yield os.path.relpath(full, SRC), open(full, encoding="utf-8").read()


def includes(text):
    return re.findall(r'^\s*#\s*include\s+([<"][^>"]+[>"])', text, re.M)


def test_folders_include_only_in_their_direction():
    wrong, seen = [], 0
    for path, text in sources(*ALLOWED):
        folder = path.split("/")[0]
        if path in MAY_LOOK_INSIDE:
            continue
        for name in includes(text):
            inner = name.strip('<>"')
            target = inner.split("/")[0]
            if name.startswith('"') and target in ALLOWED:
                seen += 1
                if target != folder and target not in ALLOWED[folder]:
                    wrong.append(f"{path} includes {inner}")
            for third, places in ONLY_IN.items():
                if inner.startswith(third) and not path.startswith(places):
                    wrong.append(f"{path} includes {inner}")
    assert seen > 50, seen
    assert not wrong, wrong


def test_lines_have_100_columns_at_most():
    wide, seen = [], 0
    for path, text in sources(*ALLOWED, "include"):
        for number, line in enumerate(text.splitlines(), 1):
            seen += 1
            if len(line) > 100:
                wide.append(f"{path}:{number}: {len(line)}")
    assert seen > 10000, seen
    assert not wide, wide


def test_public_headers_include_nothing_internal():
    for path, text in sources("include"):
        for name in includes(text):
            assert name.startswith(("<dubboc/", "<std", "<cjson/")), (path, name)


def exported(*command):
    out = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return {line.split()[-1].split("@")[0] for line in out.splitlines() if re.match(r"[0-9a-f]+ [TDBRVWi] ", line)}


def declared():
    names = set()
    for path, text in sources("include"):
        names |= set(re.findall(r"DUBBOC_API[^;]*?\b(dubboc_\w+)\s*\(", text))
    return names


def test_the_shared_library_exports_exactly_what_the_headers_declare():
    library = os.path.join(BUILD, ".libs", "libdubboc.so")
    if not os.path.exists(library):  # a build without shared libraries: the archive's test below speaks for it
        assert os.path.exists(os.path.join(BUILD, ".libs", "libdubboc.a"))
        return
    symbols = exported("nm", "-D", "--defined-only", library)
    assert symbols == declared(), symbols ^ declared()
    assert len(symbols) > 50


def configured(name):
    return re.search(rf"^{name} = (.*)$", open(os.path.join(BUILD, "Makefile")).read(), re.M).group(1)


def test_the_version_is_the_same_wherever_it_is_told():
    version = configured("PACKAGE_VERSION")
    places = {
        "include/dubboc/defs.h": f'#define DUBBOC_VERSION "{version}"',
        "docs/dubboc.1": f'"dubboc {version}"',
        "docs/dubboc.conf.5": f'"dubboc {version}"',
        "docs/abi.md": f"* The release, `{version}`",
    }
    for path, text in places.items():
        assert text in open(os.path.join(SRC, path), encoding="utf-8").read(), f"{path} does not say {text}"


def test_abi_md_names_the_library_of_this_release():
    current, _, age = configured("DUBBOC_LT_VERSION").split(":")
    minor = configured("PACKAGE_VERSION").rpartition(".")[0]
    row = f"| {minor} | `libdubboc.so.{int(current) - int(age)}` |"
    assert row in open(os.path.join(SRC, "docs/abi.md"), encoding="utf-8").read(), row


def test_headers_are_good_for_c99_and_cxx11():
    for compiler, standard in (("cc", "-std=c99"), ("c++", "-std=c++11")):
        language = "c" if compiler == "cc" else "c++"
        for header in sorted(os.listdir(os.path.join(SRC, "include", "dubboc"))):
            if header.endswith(".h"):
                subprocess.run([compiler, standard, "-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                                "-I", os.path.join(SRC, "include"), "-"], input=f"#include <dubboc/{header}>\n".encode(), check=True)


def test_a_method_is_initialised_by_one_macro_in_c99_and_cxx11():
    program = """#include <dubboc/server.h>
        extern dubboc_status add(dubboc_request *, const cJSON *, cJSON **, void *);
        extern dubboc_status raw(dubboc_request *, dubboc_slice, dubboc_text *, void *);
        extern const dubboc_method methods[];
        const dubboc_method methods[] = {DUBBOC_METHOD("add", add), DUBBOC_RAW_METHOD("raw", raw),
        #ifndef __cplusplus
            DUBBOC_METHOD("once", add, .flags = DUBBOC_ONCE, .timeout_ms = 800),
        #endif
        };"""
    for compiler, standard in (("cc", "-std=c99"), ("c++", "-std=c++11")):
        subprocess.run([compiler, standard, "-x", "c" if compiler == "cc" else "c++", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                        "-fsyntax-only", "-I", os.path.join(SRC, "include"), "-"], input=program.encode(), check=True)


def test_the_readme_shows_the_examples_as_they_are():
    readme = open(os.path.join(SRC, "README.md"), encoding="utf-8").read()
    for name in ("hello-provider.c", "hello-consumer.c"):
        text = open(os.path.join(SRC, "examples", name), encoding="utf-8").read()
        assert f"```c\n{text}```" in readme, f"README.md does not show examples/{name} as it is"


def test_the_installed_archive_exports_exactly_what_the_headers_declare():
    if os.environ.get("SANITIZER") or not os.path.exists(os.path.join(BUILD, ".libs", "libdubboc.a")):
        return
    root = folder()
    subprocess.run(["make", "-s", "-C", BUILD, "install", f"DESTDIR={root}"], check=True, capture_output=True)
    archives = [os.path.join(path, name) for path, _, names in os.walk(root) for name in names if name == "libdubboc.a"]
    assert len(archives) == 1, archives
    symbols = exported("nm", "--defined-only", archives[0])
    assert symbols == declared(), symbols ^ declared()


if __name__ == "__main__":
    run(globals())

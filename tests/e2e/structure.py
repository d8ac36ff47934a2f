"""Checks the structure of the sources and of the build: which folder may include which, what is
exported, and that the headers are valid C99 and C++11."""

import collections
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
# The only program that measures functions without a public header.
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


def test_folders_include_only_headers_of_the_folders_they_may_use():
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


# The parts of the library and its command. A module is a file without its extension.
LAYERED = ("base", "codec", "transport", "registry", "selector", "client", "server", "tools")


def circles(graph):
    """The groups of nodes that can reach each other (Tarjan), each as a sorted list."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in number:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in list(graph):
        if node not in number:
            visit(node)
    return found


def folder_of(module):
    return module.split("/")[0]


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"d"}, "e": {"a", "f"}, "f": {"e"}}
    assert sorted(circles(graph)) == [["b", "c"], ["e", "f"]], circles(graph)
    assert circles({"a": {"b"}, "b": {"c"}, "c": {}}) == []


def test_no_files_of_a_folder_include_each_other_in_a_circle():
    graph = collections.defaultdict(set)
    for path, text in sources(*LAYERED):
        module = os.path.splitext(path)[0]
        for name in includes(text):
            other = os.path.splitext(name.strip('<>"'))[0]
            if name.startswith('"') and other != module and folder_of(other) == folder_of(module):
                graph[module].add(other)
    assert sum(len(others) for others in graph.values()) > 100
    assert not circles(graph), circles(graph)


def objects():
    """The object file of each module in the build folder. libtool puts the name of the library
    in front of that of the file."""
    for top in LAYERED:
        for path, _, names in os.walk(os.path.join(BUILD, top)):
            for name in names:
                source = re.sub(r"^\w+-", "", name[:-2])
                module = os.path.join(os.path.relpath(path, BUILD).removesuffix("/.libs"), source)
                if name.endswith(".o") and os.path.exists(os.path.join(SRC, module + ".c")):
                    yield module, os.path.join(path, name)


def test_no_files_of_a_folder_call_each_other_in_a_circle():
    defined, wanted, graph = {}, collections.defaultdict(set), collections.defaultdict(set)
    for module, path in objects():
        for line in subprocess.run(["nm", path], capture_output=True, check=True).stdout.decode().splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                wanted[module].add(name)
            elif kind in "TDBRC":
                defined[name] = module
    assert len(wanted) > 100, len(wanted)
    for module, names in wanted.items():
        for name in names & defined.keys():
            if defined[name] != module and folder_of(defined[name]) == folder_of(module):
                graph[module].add(defined[name])
    assert sum(len(others) for others in graph.values()) > 100
    assert not circles(graph), circles(graph)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), text, flags=re.S)


def names_of_its_own(path, text):
    """The static functions and the types that a file defines."""
    if path.endswith(".c"):
        for line in re.findall(r"^static\s[^;={]*?\)\s*\{", text, re.M):
            yield re.search(r"(\w+)\s*\(", re.sub(r"_Atomic\([^)]*\)|DUBBOC_PRINTF\([^)]*\)", "", line)).group(1)
    yield from re.findall(r"^typedef (?:struct|enum|union)[^;{]*\{.*?^\} (\w+);", text, re.M | re.S)
    yield from re.findall(r"^(?:struct|enum|union) (\w+) \{", text, re.M)


def test_the_static_names_of_a_file_are_found():
    text = without_comments("""/* static int not_me(void) { */
static const char *first(int a)
{
}
static _Atomic(int) no_function = 1;
static dubboc_status second(
    const char *text, int (*each)(void))
{
}
static int declared(void);
typedef struct third {
    int a;
} third;
struct fourth {
    int b;
};
static const int table[] = {1};
""")
    assert list(names_of_its_own("a.c", text)) == ["first", "second", "third", "fourth"]
    assert list(names_of_its_own("a.h", text)) == ["third", "fourth"]


def test_no_two_files_define_a_static_function_or_type_of_the_same_name():
    owners = collections.defaultdict(set)
    for path, text in sources(*LAYERED):
        for name in names_of_its_own(path, without_comments(text)):
            owners[name].add(path)
    assert len(owners) > 1000, len(owners)
    shared = {name: sorted(paths) for name, paths in owners.items() if len(paths) > 1}
    assert not shared, shared


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
    if not os.path.exists(library):  # a build without shared libraries: the test of the archive below checks the same names
        assert os.path.exists(os.path.join(BUILD, ".libs", "libdubboc.a"))
        return
    symbols = exported("nm", "-D", "--defined-only", library)
    assert symbols == declared(), symbols ^ declared()
    assert len(symbols) > 50


def configured(name):
    return re.search(rf"^{name} = (.*)$", open(os.path.join(BUILD, "Makefile")).read(), re.M).group(1)


def test_the_version_is_the_same_everywhere():
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

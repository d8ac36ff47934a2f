"""Checks the documents: every public name is described, man pages are well formed, links and
references lead to something that exists, and pictures are as new as their sources."""

import glob
import re

from harness import *

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SRC, "docs", "api"))
import headers
import manpages

sys.path.insert(0, os.path.join(SRC, "docs"))
import pictures

IS_BUILT = {name: os.path.exists(os.path.join(BUILD, "docs", name + ".stamp")) for name in ("man3", "html")}
FOLDERS = ("base", "bench", "client", "codec", "docs", "examples", "fuzz", "include", "registry", "selector", "server", "tests",
           "tools", "transport")
# Documents that are not only about this tree: CHANGELOG.md names files that no longer exist,
# wire.md and interop.md name files of other projects.
ABOUT_OTHER_TREES = {"CHANGELOG.md", "docs/wire.md", "docs/interop.md"}
# Functions of libraries, which documents may name although our code does not use them.
LIBRARY_FUNCTION = re.compile(r"(curl|CURL|MHD|cJSON|zoo|zookeeper|pthread|epoll|SSL|X509)_?\w*$")


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as file:
        return file.read()


def files(*endings):
    for top in FOLDERS:
        for path, folders, names in os.walk(os.path.join(SRC, top)):
            folders[:] = [name for name in folders if not name.startswith("__")]
            yield from (os.path.relpath(os.path.join(path, name), SRC) for name in names if name.endswith(endings))


def documents():
    """Each document in Markdown and its text."""
    here = [name for name in os.listdir(SRC) if name.endswith(".md")]
    return {path: read(path) for path in sorted([*here, *files(".md")])}


def public_headers():
    return headers.headers_in(os.path.join(SRC, "include", "dubboc"))


# --- the API reference

def header_of(text):
    path = os.path.join(folder(), "sample.h")
    with open(path, "w", encoding="utf-8") as file:
        file.write("/* A sample. */\n\n" + text)
    return headers.Header(path)


def test_names_without_a_description_are_found():
    header = header_of("""typedef struct dubboc_a {
    int b; /* what b is */
    int c;
    /* what d is,
     * on two lines */
    int d[DUBBOC_E];
} dubboc_a;

/* Does f. */
DUBBOC_API int dubboc_f(void);
DUBBOC_API int dubboc_g(int (*with)(void));

DUBBOC_API int dubboc_h(int x,
    int y);
#define DUBBOC_INNER_ 1
/* --- private: not for programs --- */

DUBBOC_API int dubboc_i(void);
/* --- public again --- */

enum {
    DUBBOC_J = 1,
    DUBBOC_K = 2 /* what K is */
};
""")
    assert header.names() == ["dubboc_a", "dubboc_f", "dubboc_g", "dubboc_h", "DUBBOC_J", "DUBBOC_K"], header.names()
    assert list(headers.undescribed(header)) == ["dubboc_a", "dubboc_a.c", "dubboc_h", "DUBBOC_J", "DUBBOC_J.DUBBOC_J"]


def test_every_public_name_is_described():
    missing = [f"{header.name}: {name}" for header in public_headers() for name in headers.undescribed(header)]
    assert not missing, missing


def test_the_reference_has_every_declared_function():
    names = headers.names_in(public_headers())
    declared = {name for path in files(".h") if path.startswith("include/")
                for name in re.findall(r"DUBBOC_API[^;]*?\b(dubboc_\w+)\s*\(", read(path))}
    assert len(declared) > 50
    assert declared <= names, declared - names


def test_comments_of_the_headers_mention_only_names_that_exist():
    names = headers.names_in(public_headers())
    texts = {path: read(path) for path in files(".h") if path.startswith("include/")}
    everything = "\n".join(texts.values())
    private = set(re.findall(r"#define (DUBBOC_\w+)", everything)) | set(re.findall(r"\b(DUBBOC_\w+_) =", everything))
    for path, text in texts.items():
        for comment in re.findall(r"/\*.*?\*/", text, re.S):
            # DUBBOC_CLIENT_... and similar names are variables of the environment, as the text
            # says.
            for name in re.findall(r"\bdubboc_\w+|\bDUBBOC_(?:E_)?[A-Z]\w+(?![\w<*])", comment):
                known = name in names or name in private or name.startswith(("DUBBOC_CONF_", "DUBBOC_CLIENT_", "DUBBOC_SERVICE_"))
                assert known, f"{path} mentions {name}, which does not exist"


def complaints_about(page):
    """The warnings of man and, if it is installed, mandoc about a page."""
    page = os.path.abspath(page)
    man = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True, text=True, check=False,
                         cwd=os.path.join(BUILD, "docs") if IS_BUILT["man3"] else None)
    said = man.stderr.splitlines()
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True, check=False)
        # The pages have no date, so that they are the same on every day on which they are built.
        said += [line for line in lint.stdout.splitlines() if "missing date" not in line]
    return said


def test_a_malformed_man_page_is_noticed():
    page = os.path.join(folder(), "bad.3")
    with open(page, "w", encoding="utf-8") as file:
        file.write('.TH BAD 3\n.SH NAME\nbad \\- a page\n.NO_SUCH_MACRO\n\\fZtext\n')
    assert complaints_about(page)


def test_man_pages_are_well_formed():
    pages = [os.path.join(SRC, "docs", name) for name in ("dubboc.1", "dubboc.conf.5")]
    if IS_BUILT["man3"]:
        built = glob.glob(os.path.join(BUILD, "docs", "man3", "*.3"))
        assert len(built) > 100, built
        # One page of each kind: a header, a function, a structure, values, a macro with an example.
        kinds = ("dubboc", "dubboc_json.h", "dubboc_call", "dubboc_call_options", "dubboc_status", "DUBBOC_METHOD", "dubboc_server_stop")
        pages += [os.path.join(BUILD, "docs", "man3", kind + ".3") for kind in kinds]
    complaints = [line for page in pages for line in complaints_about(page)]
    assert not complaints, complaints


def test_each_public_name_has_a_man_page():
    pages = dict(manpages.pages(public_headers(), "0"))
    for name in headers.names_in(public_headers()):
        text = pages[name]
        target = re.match(r"\.so man3/(.*)\.3", text)
        shown = pages[target.group(1)] if target else text
        assert name in shown and ".SH DESCRIPTION" in shown, name


# --- links and references

def slug(heading):
    """The anchor of a heading, in the form that GitHub gives it."""
    heading = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", lambda found: found.group(1) or "", heading.strip())
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(text):
    seen, out = {}, set()
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        name = slug(heading)
        seen[name] = seen.get(name, -1) + 1
        out.add(name if seen[name] == 0 else f"{name}-{seen[name]}")
    return out | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def dead_links(path, texts):
    """The dead links of a document. texts: all documents."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", texts[path], flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not (other in texts or os.path.exists(os.path.join(SRC, other))):
            yield f"{path}: {target} does not exist"
        elif anchor and anchor not in anchors(texts.get(other, "")):
            yield f"{path}: {target} names no heading of {other}"


def test_dead_links_are_found():
    texts = {"a.md": "# The `x`, and y\n## Two\n## Two\n[1](#the-x-and-y) [2](#two-1) [3](#two-2) [4](docs/b.md#c)\n`[5](none)`",
             "docs/b.md": "# C\n[6](../a.md#two) [7](none.md) [8](https://example.com/none) [9](../a.md#c)"}
    assert list(dead_links("a.md", texts)) == ["a.md: #two-2 names no heading of a.md"]
    assert list(dead_links("docs/b.md", texts)) == ["docs/b.md: none.md does not exist", "docs/b.md: ../a.md#c names no heading of a.md"]


def test_links_and_anchors_of_the_documents_exist():
    texts = documents()
    assert len(texts) > 5
    dead = [link for path in texts for link in dead_links(path, texts)]
    assert not dead, dead


def unknown_names(text, known_files, code):
    """The paths and functions in backticks that do not exist in this tree."""
    basenames = {os.path.basename(path) for path in known_files}
    for quoted in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        if re.fullmatch(r"[\w.-]+(/[\w.*{},<>-]+)*/?", quoted) and quoted.split("/")[0] in FOLDERS and "/" in quoted:
            # {a,b}, <name> and NAME stand for others.
            if not glob.glob(os.path.join(SRC, re.sub(r"\{[^}]*\}|<\w+>|[A-Z]{4,}", "*", quoted))):
                yield quoted
        elif re.fullmatch(r"[\w-]+\.(c|h|py|mk|sh)", quoted):
            if quoted not in basenames:
                yield quoted
        elif re.fullmatch(r"\w+\(\)", quoted) and not LIBRARY_FUNCTION.match(quoted[:-2]):
            if not re.search(rf"\b{quoted[:-2]}\b", code):
                yield quoted


def test_unknown_names_are_found():
    text = "`base/slice.c` `base/none.c` `tests/e2e/*.py` `tests/e2e/*.c` `harness.py` `none.c` `f()` `g()` `curl_none()` `build/x`" \
        " `tests/<name>/harness.py` `tests/FOLDER/NAME_test.c` `base/<name>/none.c`"
    unknown = ["base/none.c", "tests/e2e/*.c", "none.c", "g()", "base/<name>/none.c"]
    assert list(unknown_names(text, ["tests/e2e/harness.py"], "int f(void)")) == unknown


def test_documents_name_only_files_and_functions_that_exist():
    code_files = [path for path in files(".c", ".h", ".py", ".mk", ".sh")]
    code = "\n".join(read(path) for path in code_files) + read("dev")
    unknown = [f"{path}: {name}" for path, text in documents().items() if path not in ABOUT_OTHER_TREES
               for name in unknown_names(text, code_files, code)]
    assert not unknown, unknown


REFERENCE = r"(?:\d+(?:\.\d+)*|[A-Z]\d+)"


def cited(text, document):
    """The sections of a document that a text cites: "wire.md 5.2, P27 and 9.2" cites three."""
    text = re.sub(r"\s*\n[ \t]*(?:\*|#|//)?[ \t]*", " ", text)
    for found in re.findall(rf"{re.escape(document)} ({REFERENCE}(?:(?:,| and| to|, and) {REFERENCE})*)(?![\w%-])", text):
        yield from re.findall(REFERENCE, found)


def test_citations_are_found():
    text = "/* see wire.md 5.2,\n * P27 and 9.2; libraries.md C5. */ wire.md 12"
    assert list(cited(text, "wire.md")) == ["5.2", "P27", "9.2", "12"]
    assert list(cited(text, "libraries.md")) == ["C5"]


def test_sections_of_documents_that_are_cited_exist():
    wire, libraries = read("docs/wire.md"), read("docs/libraries.md")
    known = {
        "wire.md": set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", wire, re.M)) | set(re.findall(r"^(?:\| |\* |\*\*|### )?\**([A-Z]\d+)\b", wire, re.M)),
        "libraries.md": set(re.findall(r"^\| ([A-Z]\d+) \|", libraries, re.M)),
    }
    seen, unknown = 0, []
    for path in [*files(".c", ".h", ".py", ".1", ".5", ".md"), *documents(), "dev", "configure.ac", "Makefile.am"]:
        if path == "tests/e2e/docs_integrity.py":
            continue
        for document, numbers in known.items():
            for number in cited(read(path), document):
                seen += 1
                if number not in numbers:
                    unknown.append(f"{path} cites {document} {number}")
    assert seen > 100, seen
    assert not unknown, unknown


# --- pictures

def test_pictures_are_made_from_their_sources_as_they_are():
    stale = pictures.stale(os.path.join(SRC, "docs", "pictures"))
    assert not stale, f"run ./dev docs and commit what it changes: {stale}"


def test_a_picture_that_is_older_than_its_source_is_noticed():
    where = folder()
    with open(os.path.join(where, "a.dot"), "w", encoding="utf-8") as file:
        file.write("digraph { a -> b }\n")
    assert pictures.stale(where) == ["a.dot"]
    with open(os.path.join(where, "a.svg"), "w", encoding="utf-8") as file:
        file.write(pictures.marked("<svg>\n</svg>\n", os.path.join(where, "a.dot")))
    assert pictures.stale(where) == []
    with open(os.path.join(where, "a.dot"), "a", encoding="utf-8") as file:
        file.write("// more\n")
    assert pictures.stale(where) == ["a.dot"]


if __name__ == "__main__":
    run(globals())

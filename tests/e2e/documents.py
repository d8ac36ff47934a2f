"""Checks the documents that users read: the programs in them are the examples, the commands work
and print what the document shows, the settings are valid, and no status and no warning is
missing."""

import re
import threading

from harness import *

# Commands with these words are not run: they install packages, build, or need something that a test
# does not have.
NOT_RUN = re.compile(r"(?:^|[\s;&])(apt-get|dnf|sudo|make|cc|\./dev)\s")


def read(name):
    with open(os.path.join(SRC, name), encoding="utf-8") as file:
        return file.read()


def blocks(name):
    """The fenced code blocks of a document, each with its language and text."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", read(name), re.M | re.S)


def example_sources():
    folder_of_examples = os.path.join(SRC, "examples")
    return {name: read(f"examples/{name}") for name in os.listdir(folder_of_examples) if name.endswith((".c", ".ini"))}


def test_every_document_says_for_whom_it_is():
    documents = ["README.md", "CHANGELOG.md"] + [f"docs/{name}" for name in os.listdir(os.path.join(SRC, "docs")) if name.endswith(".md")]
    for name in documents:
        begin = "\n\n".join(read(name).split("\n\n")[:3])
        assert re.search(r"\bFor (?!example)|\b(is|are) for\b", begin), f"{name} does not say at its top for whom it is"


# --- programs


def shows_only_what_is_in_the_examples(name, language):
    """Checks that each code block of this language is a whole example or some lines of one.
    Returns the number of blocks."""
    shown = [text for kind, text in blocks(name) if kind == language]
    examples = example_sources()
    for text in shown:
        assert any(f"\n{text}" in f"\n{source}" for source in examples.values()), f"{name} shows what is in no example:\n{text}"
    return len(shown)


def test_the_readme_shows_whole_examples():
    assert shows_only_what_is_in_the_examples("README.md", "c") >= 2
    for name in ("hello-provider.c", "hello-consumer.c"):
        assert f"```c\n{read('examples/' + name)}```" in read("README.md"), f"README.md does not show examples/{name} as it is"


def test_getting_started_shows_the_examples_as_they_are():
    assert shows_only_what_is_in_the_examples("docs/getting-started.md", "c") >= 5
    assert shows_only_what_is_in_the_examples("docs/getting-started.md", "ini") == 1


def test_async_shows_the_examples_as_they_are():
    assert shows_only_what_is_in_the_examples("docs/async.md", "c") >= 2


# --- commands


class Shell:
    """A shell that runs commands one after the other, in a folder where build/ and examples/ are
    as in a clone. It replaces /tmp in the commands by this folder."""

    def __init__(self):
        self.home = folder()
        os.symlink(os.path.abspath(BUILD), os.path.join(self.home, "build"))
        os.symlink(os.path.abspath(os.path.join(SRC, "examples")), os.path.join(self.home, "examples"))
        env = environment(DUBBOC_SERVER_IP="127.0.0.1", DUBBOC_SERVER_PORT=0, DUBBOC_SERVER_STOP_WATCH_WAIT="200ms",
                          DUBBOC_SERVER_STOP_QUIET="200ms", DUBBOC_REGISTRY_ADDRESS=f"file://{self.home}/orders-registry")
        self.process = subprocess.Popen(["bash"], cwd=self.home, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        self.process.stdin.write(b"trap 'kill $(jobs -p) 2>/dev/null' EXIT\n")
        self.lines = []
        self.reader = threading.Thread(target=self.read_lines, daemon=True)
        self.reader.start()
        track(self)

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    def run(self, commands, expected):
        """Runs the commands and waits until their output is as expected; a program in the
        background may print a part of it later."""
        self.lines.clear()
        self.process.stdin.write(f"{commands.replace('/tmp/', self.home + '/')}\necho 'commands done'\n".encode())
        self.process.stdin.flush()
        wait_for(lambda: "commands done" in self.lines, 60, f"the end of {commands}")
        try:
            wait_for(lambda: self.printed() == plain(expected), 60, commands)
        except AssertionError:
            raise AssertionError(f"{commands}printed\n" + "\n".join(self.printed()) + "\nexpected\n" + "\n".join(plain(expected))) from None

    def printed(self):
        return [line for line in plain("\n".join(self.lines).replace(self.home + "/", "/tmp/")) if line != "commands done"]

    def kill(self):
        """Ends the shell and the programs that it has left in the background."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(20)

    @staticmethod
    def stderr():
        return ""  # run() reports the missing output


def plain(text):
    """The lines of an output without the parts that differ from run to run: addresses."""
    text = re.sub(r"(\d+\.\d+\.\d+\.\d+|\[::\]):\d+", "ADDRESS", text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def run_document(name):
    """Runs the sh blocks of a document in order; a text block after one is its expected output.
    Returns the number of blocks."""
    shell, ran = Shell(), 0
    steps = blocks(name)
    for (kind, commands), (next_kind, output) in zip(steps, steps[1:] + [("", "")]):
        if kind == "sh" and not NOT_RUN.search(commands):
            shell.run(commands, output if next_kind == "text" else "")
            ran += 1
    shell.kill()
    return ran


def test_the_commands_of_the_readme_print_what_it_says():
    assert run_document("README.md") >= 3


def test_the_commands_of_getting_started_print_what_it_says():
    assert run_document("docs/getting-started.md") >= 8


def test_the_commands_of_async_print_what_it_says():
    assert run_document("docs/async.md") >= 3


# --- settings


def test_the_settings_that_documents_show_are_valid():
    documents = ["README.md"] + [f"docs/{name}" for name in os.listdir(os.path.join(SRC, "docs")) if name.endswith(".md")]
    shown = [(name, text) for name in documents for kind, text in blocks(name) if kind == "ini"]
    assert len(shown) > 10, shown
    for name, text in shown:
        path = os.path.join(folder(), "shown.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        checked = dubboc("config", "check", path)
        assert checked.status == 0, f"{name} shows settings that are not valid: {checked}\n{text}"


# --- troubleshooting

LIBRARY = ("base", "client", "codec", "registry", "selector", "server", "transport")
# Texts of the operating system and of libcurl that the library passes on.
FOREIGN = {"Connection refused", "Could not resolve proxy"}
STRINGS = r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*'


def joined(literal):
    """Adjacent string literals joined as the compiler joins them."""
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)).replace('\\"', '"').replace("\\\\", "\\")


def library_sources():
    for top in LIBRARY:
        for path, _, names in os.walk(os.path.join(SRC, top)):
            for name in names:
                if name.endswith(".c"):
                    yield read(os.path.relpath(os.path.join(path, name), SRC))


def problems_logged():
    """The fixed words of each event of level WARN or ERROR; two texts where the code chooses
    between two."""
    found = set()
    for text in library_sources():
        for event in re.finditer(r'LOG_(?:WARN|ERROR),\s*"\w+",', text):
            for literal in re.finditer(STRINGS, text[event.end():event.end() + 400]):
                message = joined(literal.group())
                if "%" in message or "=" in message:
                    break  # the fields
                found.add(message)
    return found


def test_every_warning_of_the_log_is_in_troubleshooting():
    logged, document = problems_logged(), read("docs/troubleshooting.md")
    assert len(logged) > 50, logged
    missing = sorted(message for message in logged if f"`{message}`" not in document)
    assert not missing, f"docs/troubleshooting.md does not tell what to do about {missing}"


def test_the_log_lines_in_concepts_are_those_of_the_library():
    shown = re.findall(r"^WARN \w+: (.*?) \w+=", read("docs/concepts.md"), re.M)
    assert len(shown) >= 3 and set(shown) <= problems_logged(), set(shown) - problems_logged()


def test_every_status_is_in_troubleshooting():
    header, document = read("include/dubboc/error.h"), read("docs/troubleshooting.md")
    statuses = re.findall(r"^    (DUBBOC_\w+) = \d+,?", re.search(r"enum dubboc_status \{(.*?)\}", header, re.S).group(1), re.M)
    assert len(statuses) > 20 and statuses[0] == "DUBBOC_OK", statuses
    sections = re.findall(r"^### (\w+)\n\n(.+)", document, re.M)
    assert statuses == [name for name, _ in sections if name.startswith("DUBBOC_")]
    texts = dict(re.findall(r'\[(DUBBOC_\w+)\] = \{"\w+", "(.*?)"\}', read("base/error.c")))
    for name, begin in sections:
        if name.startswith("DUBBOC_E_"):
            assert begin.startswith(f'"{texts[name]}". '), f"{name} is not \"{texts[name]}\" but: {begin}"


def is_printed(text, printed):
    """Whether the fixed parts of a text occur in the strings of the library; a conversion of
    printf stands for a variable part."""
    pieces = [text] if text in printed else re.split(r"\.\.\.|(?<![\w(])\d+", text)
    return text in FOREIGN or all(piece.strip(" .,:;(") in printed for piece in pieces)


def test_the_texts_in_troubleshooting_are_those_that_the_library_prints():
    printed = "\n".join(re.sub(r"%[-+ #0]*[\d*]*(?:\.[\d*]*)?(?:hh|h|ll|l|z|j)?[a-zA-Z]", "\0", joined(literal))
                        for source in library_sources() for literal in re.findall(STRINGS, source))
    cells = re.findall(r"^\| (`.*?) \|", read("docs/troubleshooting.md"), re.M)
    texts = [text for cell in cells for text in re.findall(r"`(.*?)`", cell)]
    assert len(texts) > 100, texts
    stale = [text for text in texts if not is_printed(text, printed)]
    assert not stale, f"docs/troubleshooting.md has texts that are not printed: {stale}"


if __name__ == "__main__":
    run(globals())

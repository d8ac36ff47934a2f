"""Lists the texts of the library that people read: log lines in log.txt, error texts and the like in errors.txt.

    texts.py SOURCE    writes both tables anew, beside this file; so does ./dev texts

The tables are there to be read as a whole: does each text say in plain English what was wrong, where, and what to
do? tests/texts/texts_test.py fails when a table is not what the sources hold, so that a changed text is seen
next to all others.

log.txt has the level, the area, and each message with the formats of its fields. errors.txt has literals of two
words or more, with the status that stands in the same call, else the function that they are passed to, else "-".
Literals beside each other are one; the conversions of <inttypes.h> are shortened to %d, %u and %x."""

import os
import re
import sys

FOLDERS = ("base", "client", "codec", "registry", "selector", "server", "transport")
# Descriptions of settings, which dubboc.conf(5) lists.
NOT_READ = ("base/config_keys.c",)
LOG_CALLS = ("LOG", "LOG_THROTTLED", "log_write")
NOT_FOR_USERS = ("assert", "static_assert")
# What stands in their parentheses belongs to the call around them.
NO_CALLS = ("", "if", "for", "return", "sizeof", "switch", "while")
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_]\w*|\d[\w.]*|\S')
CONVERSIONS = {"PRId64": "d", "PRIu64": "u", "PRIx64": "x"}


class Call:
    """A call, or a list in braces, which has no name: its literals, and the words that are none."""

    def __init__(self, name):
        self.name, self.words, self.literals = name, [], []


def tokens(text):
    """The tokens of a source, without comments and includes; literals beside each other are one."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    literal = None
    for token in TOKEN.findall(re.sub(r"^[ \t]*#[ \t]*include.*$", "", text, flags=re.M)):
        if token.startswith('"'):
            literal = (literal or "") + token[1:-1]
        elif literal is not None and token in CONVERSIONS:
            literal += CONVERSIONS[token]
        else:
            if literal is not None:
                yield f'"{literal}"'
            literal = None
            yield token
    if literal is not None:
        yield f'"{literal}"'


def calls(text):
    """All calls and lists that hold literals."""
    pending, last = [Call("")], ""
    for token in tokens(text):
        here = pending[-1]
        if token.startswith('"'):
            here.literals.append(token)
        elif token in "({[":
            pending.append(Call(last if token == "(" and re.match(r"[A-Za-z_]", last) else ""))
        elif token in ")}]" and len(pending) > 1:
            pending.pop()
            is_part = token != "}" and here.name in NO_CALLS
            if is_part:
                pending[-1].words += here.words
                pending[-1].literals += here.literals
            elif here.literals:
                yield here
        else:
            here.words.append(token)
        last = token


def is_text(literal):
    """Whether people read it: two words or more, and not HTTP, JSON or the fields of an event."""
    words = re.sub(r"%[-+.*0-9]*[a-z]+", "X", literal)
    return bool(re.search(r"\w[,:;)\\\"]* [\w(\\\"]", words)) and not re.search(r'\\r|^"\{|HTTP/1\.|^"[a-z_]+=', literal)


def sources(top):
    """The path and the text of each source of the library."""
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(top, folder)):
            for name in names:
                full = os.path.relpath(os.path.join(path, name), top)
                if name.endswith((".c", ".h")) and full not in NOT_READ:
                    with open(os.path.join(top, full), encoding="utf-8") as file:
                        yield full, file.read()


def log_lines(call):
    level = next((word[11:] for word in call.words if word.startswith("DUBBOC_LOG_")), "-")
    yield f"{level:5}  " + "  ".join(call.literals)


def error_texts(call):
    statuses = sorted({word[7:] for word in call.words if re.match(r"DUBBOC_(E_|DEFERRED)", word)})
    for literal in call.literals:
        if is_text(literal):
            yield f"{','.join(statuses) or call.name or '-'}  {literal}"


def tables(texts):
    """The text of both tables: sorted lines, each with the files that hold it."""
    files = {"log.txt": {}, "errors.txt": {}}
    for path, text in texts:
        for call in calls(text):
            is_log = call.name in LOG_CALLS
            for line in log_lines(call) if is_log else error_texts(call) if call.name not in NOT_FOR_USERS else ():
                files["log.txt" if is_log else "errors.txt"].setdefault(line, set()).add(path)
    return {name: "".join(f"{line}  {' '.join(sorted(found[line]))}\n" for line in sorted(found)) for name, found in files.items()}


def main():
    for name, text in tables(sources(sys.argv[1])).items():
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()

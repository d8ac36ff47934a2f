"""Reads the public headers: which comment describes which declaration.

The headers are written for people who read them in an editor. Their comments are plain text without commands
of a documentation generator; the layout alone says what belongs together:

* The first comment of a file describes the file.
* A comment in the first column describes the declarations below it, up to the next comment or empty line.
* A comment in front of a field or an enumerator, or behind it, describes that one.
* A comment with an empty line below belongs to no declaration; it is a section of the file's description.
* `--- title ---` is a heading. After `--- private: title ---`, up to the next heading, come names that only the
  macros and headers themselves use. So are names that end in an underscore.
* Inside a comment, lines indented by two blanks or more below an empty line or a colon are code or a table."""

import os
import re

NO_FIELDS = "the fields are not part of the API"
STATUS = r"DUBBOC_(?:OK|DEFERRED|E_\w+)\b"


class Comment:
    """A comment: the numbers of its lines in the file, from 0, and the lines of its text."""

    def __init__(self, lines, first):
        self.first = self.last = first
        while "*/" not in lines[self.last]:
            self.last += 1
        self.raw = "\n".join(lines[first:self.last + 1])
        self.raw = self.raw[self.raw.index("/*"):].rstrip()
        text = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in self.raw[2:-2].split("\n")]
        text[0] = text[0].strip()
        self.text = text[:-1] if len(text) > 1 and not text[-1] else text

    def blocks(self):
        """Its parts in order: ("text", lines), ("item", lines) and ("code", lines)."""
        out, may_be_code = [], False
        for line in self.text:
            kind = out[-1][0] if out else "gap"
            if kind == "code" and (not line or line.startswith("  ")):
                out[-1][1].append(line)
            elif not line:
                out.append(("gap", []))
            elif may_be_code and line.startswith("  ") and not is_item(line):
                out.append(("code", [line]))
            elif is_item(line):
                out.append(("item", [line.strip()]))
            elif kind == "item" and line.startswith(" ") or kind == "text":
                out[-1][1].append(line.strip())
            else:
                out.append(("text", [line.strip()]))
            may_be_code = not line or line.endswith(":")
        return [block for block in out if block[0] != "gap"]

    def first_sentence(self):
        """The first sentence, for a list of names: without the dot or colon at its end."""
        text = " ".join(self.blocks()[0][1])
        return re.split(r"(?<=[^.]\.)\s", text, maxsplit=1)[0].rstrip(".:")


class Declaration:
    """A declaration that begins in the first column, and the numbers of its lines, from 0."""

    def __init__(self, lines, first):
        self.first, self.last = first, declaration_end(lines, first)
        self.text = "\n".join(lines[first:self.last + 1])
        self.kind, self.name = kind_and_name(self.text)
        self.comment = None
        self.fields = []

    def shows_fields(self):
        return self.kind in ("struct", "enum") and NO_FIELDS not in " ".join(self.comment.text if self.comment else [])

    def names(self):
        """All public names that the declaration declares outside of a structure."""
        inner = [field.name for field in self.fields] if self.kind == "enum" else []
        return [self.name] + [name for name in inner if name != self.name]


class Field:
    """A field or an enumerator."""

    def __init__(self, text, comment, is_behind):
        self.text, self.comment, self.is_behind = text, comment, is_behind
        found = re.match(r"(DUBBOC_\w+)", text) or re.search(r"(\w+)(?:\[\w+\])?;", text)
        self.name = found.group(1) if found else text


class Header:
    """A header: its description, the sections that belong to no declaration, and the public declarations."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        self.name = os.path.basename(path)
        self.comments, self.sections, self.groups, self.private = [], [], [], []
        self.read()
        self.comment = self.comments[0]

    def declarations(self):
        return [each for group in self.groups for each in group]

    def names(self):
        return [name for each in self.declarations() for name in each.names()]

    def read(self):
        """Reads all lines once. The declarations that one comment describes are a group."""
        comment, is_private, at = None, False, 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.startswith("#ifdef __cplusplus"):  # the other branch is for C
                at = next(i for i in range(at, len(self.lines)) if self.lines[i].startswith(("#else", "#endif")))
            elif line.startswith("/*"):
                comment = Comment(self.lines, at)
                at = comment.last
                is_private = self.read_comment(comment, is_private)
                comment = None if self.is_section(comment) else comment
            elif not line:
                comment = None
            elif is_declaration(line):
                at = self.read_declaration(at, comment, is_private)
            if is_private:
                self.private += range(self.private[-1] + 1 if self.private and self.private[-1] >= at - 1 else at, at + 1)
            at += 1

    def is_section(self, comment):
        return comment.last + 1 >= len(self.lines) or not self.lines[comment.last + 1] or comment is self.comments[0]

    def read_comment(self, comment, is_private):
        """Keeps the comment. Returns whether the lines after it are private."""
        self.comments.append(comment)
        heading = re.match(r"--- (private)?", comment.text[0])
        if heading:
            return bool(heading.group(1))
        if self.is_section(comment) and comment is not self.comments[0] and not is_private:
            self.sections.append(comment)
        return is_private

    def read_declaration(self, at, comment, is_private):
        """Keeps the declaration at that line. Returns the number of its last line."""
        each = Declaration(self.lines, at)
        if is_private or not each.name or each.name.endswith("_"):
            self.private += range(at, each.last + 1)
            return each.last
        each.comment = comment
        if each.shows_fields() and "{" in each.text:
            each.fields = fields_of(self.lines, at, each.last)
        if comment and self.groups and self.groups[-1][0].comment is comment:
            self.groups[-1].append(each)
        else:
            self.groups.append([each])
        return each.last


def is_declaration(line):
    if line.startswith("#"):
        return bool(re.match(r"#define \w+[ (]", line))
    return not line.startswith(("DUBBOC_BEGIN", "DUBBOC_END", "}", " "))


def declaration_end(lines, at):
    """The number of the last line of the declaration that begins there."""
    if lines[at].startswith("#define"):
        while lines[at].endswith("\\"):
            at += 1
        return at
    depth = 0
    while True:
        code, _, behind = lines[at].partition("/*")
        if behind:
            at = Comment(lines, at).last
        depth += code.count("{") - code.count("}")
        if depth == 0 and code.rstrip().endswith((";", "}", ")")) and not re.match(r"\s*static .*\)$", code):
            return at
        at += 1


def kind_and_name(text):
    """The kind and the name of a declaration; an enumeration without a name gets the name of its first enumerator."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    patterns = (
        ("macro", r"#define (\w+)"),
        ("type", r"typedef struct (\w+) \1;"),
        ("function type", r"typedef [^{]*?\(\*(\w+)\)"),
        ("struct", r"typedef struct (\w+) \{"),
        ("enum", r"typedef enum (\w+) \{"),
        ("enum", r"enum \{\s*(\w+)"),
        ("function", r"DUBBOC_API [^;]*?\b(dubboc_\w+)\("),
    )
    for kind, pattern in patterns:
        found = re.match(pattern, code)
        if found:
            return kind, found.group(1)
    return "code", ""


def fields_of(lines, first, last):
    """The fields or enumerators between the braces, each with its comment."""
    if first == last:  # the comment of the whole describes it
        return []
    fields, before, at = [], None, first + 1
    while at < last:
        code, _, behind = lines[at].partition("/*")
        comment = Comment(lines, at) if behind else None
        if code.strip():
            fields.append(Field(code.strip(), comment or before, bool(comment)))
        before = None if code.strip() else comment
        at = comment.last + 1 if comment else at + 1
    return fields


def is_item(line):
    return re.match(r"\s*(-|\d+\.) ", line)


def with_breaks(lines, mark):
    """The lines of a text with a mark in front of each sentence that begins with a status."""
    out, has_ended = [], False
    for line in lines:
        line = re.sub(rf"(?<=\. )(?={STATUS})", mark, line)
        out.append(mark + line if has_ended and re.match(STATUS, line) else line)
        has_ended = line.endswith(".")
    return out


def headers_in(folder):
    """All headers of a folder: the one that includes the others first."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
    return [Header(os.path.join(folder, name)) for name in sorted(names, key=lambda name: name != "dubboc.h")]


def undescribed(header):
    """The public names without a comment."""
    for each in header.declarations():
        if each.comment is None:
            yield each.name
        yield from (f"{each.name}.{field.name}" for field in each.fields if field.comment is None)


def names_in(headers):
    """All public names of these headers."""
    return {name for header in headers for name in header.names()}

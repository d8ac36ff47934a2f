"""Writes the man pages of section 3 from the public headers: manpages.py HEADERS OUT RELEASE.

One page for what one comment describes, with a link (.so) for each further name, and one page for each header.
Doxygen can write man pages, too, but without the quotes of the comments, with one page for a whole header, and
under names like client.h(3)."""

import os
import re
import sys

from headers import headers_in, undescribed, with_breaks


def roff(text):
    """The text with everything escaped that roff would interpret."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + text if text.startswith(".") else text


def bold_names(text):
    """The text for roff, with names of functions and text in backticks set in bold."""
    text = re.sub(r"\\\(ga(.*?)\\\(ga", r"\\fB\1\\fR", roff(text))
    return re.sub(r"\b(dubboc_\w+)(?=\()", r"\\fB\1\\fR", text)


def described(comment, first_is_known=False):
    """The lines of a page for a comment."""
    out = []
    for kind, lines in comment.blocks():
        if kind == "code":
            while not lines[-1]:
                lines.pop()
            indent = min(len(line) - len(line.lstrip()) for line in lines if line)
            out += [".PP", ".in +4n", ".EX", *(roff(line[indent:]) for line in lines), ".EE", ".in"]
            continue
        if kind == "item":
            mark, _, lines[0] = lines[0].partition(" ")
            out.append(".IP " + (r"\(bu" if mark == "-" else mark) + " 4")
        elif not first_is_known:
            out.append(".PP")
        first_is_known = False
        for line in with_breaks(lines, "\0"):
            for at, part in enumerate(line.split("\0")):
                out += [".br"] * (at > 0 and out[-1] != ".PP") + [bold_names(part.strip())] * bool(part.strip())
    return out


def prototype(each):
    """The lines of a declaration for the synopsis: without comments and attributes."""
    if each.kind == "macro":
        head = re.match(r"#define \w+(\([^)]*\))?( \S+$)?", each.text).group()
        return [head]
    text = re.sub(r"DUBBOC_(API|MUST_CHECK|PRINTF\([^)]*\)) ?", "", each.text)
    text = re.sub(r"[ \t]*/\*.*?\*/", "", text, flags=re.S)
    if each.kind in ("struct", "enum") and not each.shows_fields():
        return [f"typedef struct {each.name} {each.name};"]
    return [line for line in text.split("\n") if line.strip()]


def wrapped(lines):
    """A prototype for pages of 80 columns: one parameter per line if the prototype is too long."""
    text = " ".join(line.strip() for line in lines)
    if len(lines) == 1 and len(text) <= 72:
        return lines
    if lines[0].startswith(("typedef struct", "typedef enum", "enum")):
        return lines
    head, opening, parameters = text.partition(")(" if text.startswith("typedef") else "(")
    return [head + opening] + ["    " + line for line in parameters.strip().replace(", ", ",\n").split("\n")]


def page(name, release, parts):
    head = f'.TH "{name}" 3 "" "dubboc {release}" "dubboc"'
    return "\n".join([head, ".nr HY 0", ".nh", ".ad l"] + parts) + "\n"


def synopsis(header, declarations):
    out = [".SH SYNOPSIS", ".nf", f"#include <dubboc/{roff(header.name)}>"]
    for each in declarations:
        out += [""] + [bold_names(line) for line in wrapped(prototype(each))]
    return out + [".fi"]


def fields(each):
    out = [".SH " + ("VALUES" if each.kind == "enum" else "FIELDS")]
    for field in each.fields:
        out += [".TP", f"\\fB{field.name}\\fR"] + described(field.comment, first_is_known=True)
    return out


def page_of_group(header, group, release):
    names = [each.name for each in group]
    parts = [".SH NAME", f"{', '.join(names)} \\- {roff(group[0].comment.first_sentence())}"]
    parts += synopsis(header, group) + [".SH DESCRIPTION"] + described(group[0].comment, first_is_known=True)
    for each in group:
        if each.fields:
            parts += fields(each)
    parts += [".SH SEE ALSO", f".BR {overview(header)} (3)"]
    return page(names[0], release, parts)


def overview(header):
    """The name of the page of a header."""
    return "dubboc" if header.name == "dubboc.h" else f"dubboc_{header.name}"


def page_of_header(header, headers, release):
    parts = [".SH NAME", f"{overview(header)} \\- {roff(header.comment.first_sentence())}"]
    parts += [".SH SYNOPSIS", f"#include <dubboc/{roff(header.name)}>", ".SH DESCRIPTION"]
    parts += described(header.comment, first_is_known=True)
    for section in header.sections:
        parts += described(section)
    others = [other for other in headers if other is not header]
    if header.name == "dubboc.h":
        parts += [".SH HEADERS"]
        for other in others:
            parts += [".TP", f".BR {overview(other)} (3)", bold_names(other.comment.first_sentence())]
    elif header.groups:
        parts += [".SH CONTENTS"]
        for group in header.groups:
            for each in group:
                parts += [".TP", f".BR {each.name} (3)", bold_names(group[0].comment.first_sentence())]
    also = [".BR dubboc.conf (5)"] if header.name == "dubboc.h" else [".BR dubboc (3),", ".BR dubboc.conf (5)"]
    return page(overview(header), release, parts + [".SH SEE ALSO"] + also)


def pages(headers, release):
    """All pages: name and text."""
    for header in headers:
        yield overview(header), page_of_header(header, headers, release)
        for group in header.groups:
            main = group[0].name
            yield main, page_of_group(header, group, release)
            for name in [name for each in group for name in each.names() if name != main]:
                yield name, f".so man3/{main}.3\n"


def main():
    folder, out, release = sys.argv[1:]
    headers = headers_in(folder)
    missing = [f"include/dubboc/{header.name}: {name} has no comment that says what it is"
               for header in headers for name in undescribed(header)]
    if missing:
        sys.exit("\n".join(missing))
    os.makedirs(out, exist_ok=True)
    for name, text in pages(headers, release):
        with open(os.path.join(out, name + ".3"), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()

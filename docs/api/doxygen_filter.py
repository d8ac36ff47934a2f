"""Doxygen's input filter: prints a public header with its plain comments turned into doxygen's.

headers.py reads what belongs to what. Every line keeps its number, so that doxygen's warnings point into the
header itself; only the description of the file is moved to its end."""

import os
import re
import sys

from headers import NO_FIELDS, Header, headers_in, names_in, with_breaks

CONDITION = re.compile(r"#(if|else|endif)")


def escaped(text):
    return re.sub(r"([\\@<>&#%$])", r"\\\1", text)


def prose(line, known):
    """What doxygen would take for a command is escaped, and the names of the API become links."""
    def linked(text):
        return re.sub(r"(?<![\w/.])(dubboc_\w+|DUBBOC_\w+)(?![\w(]|\.\w)",
                      lambda found: ("#" if found.group(1) in known else "%") + found.group(1), escaped(text))
    parts = re.split(r"`([^`]*)`", line)
    return "".join(f"<tt>{escaped(part)}</tt>" if at % 2 else linked(part) for at, part in enumerate(parts))


def formatted(comment, known):
    """The text of a comment in doxygen's language, as many lines as before."""
    code = [line for kind, lines in comment.blocks() if kind == "code" for line in lines]
    out, is_inside = [], False
    for line in with_breaks(comment.text, "\0"):
        is_code = bool(code) and line == code[0] and (is_inside or line.startswith("  "))
        if is_code:
            code.pop(0)
        if is_code != is_inside:
            out[-1] += " @code{.c}" if is_code else "  @endcode"
        is_inside = is_code
        out.append(line if is_code else prose(line, known).replace("\0", "<br>"))
    return out[:-1] + [out[-1] + "  @endcode"] if is_inside else out


def put(out, comment, opening, known):
    """Puts a comment of doxygen's in place of a plain one."""
    lines = formatted(comment, known)
    lines += [""] * (comment.last - comment.first + 1 - len(lines))
    column = out[comment.first].index("/*")
    out[comment.first] = out[comment.first][:column] + f"{opening} {lines[0]}"
    out[comment.first + 1:comment.last + 1] = [f" * {line}" for line in lines[1:]]
    out[comment.last] += " */"


def filtered(header, known):
    out = list(header.lines)
    for at in header.private:
        if not CONDITION.match(out[at]):
            out[at] = ""
    for group in header.groups:
        for each in group:
            for field in each.fields:
                if field.comment:
                    put(out, field.comment, "/**<" if field.is_behind else "/**", known)
            if each.comment and NO_FIELDS in " ".join(each.comment.text):
                out[each.first + 1:each.last] = [""] * (each.last - each.first - 1)
        if group[0].comment:
            put(out, group[0].comment, "/**", known)
        for each in group[1:]:
            out[each.first] = f"/** @copydoc {group[0].name} */ {out[each.first]}"
    out += ["/** @file " + header.name]
    for comment in [header.comment, *header.sections]:
        out += [""] + formatted(comment, known)
    return out + ["*/"]


def main():
    path = sys.argv[1]
    print("\n".join(filtered(Header(path), names_in(headers_in(os.path.dirname(path))))))


if __name__ == "__main__":
    main()

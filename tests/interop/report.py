"""Shows what a run came to, and writes it as docs/interop.md."""

import os
import re
import textwrap

from harness import SRC

DOCS = os.path.join(SRC, "docs", "interop.md")
RECORDING = "provider, recorded"  # made only while a corpus is recorded
ROLES = ("provider", "provider, jetty9", "provider, tomcat", RECORDING, "provider, more", "provider, rested", "provider, administered",
         "consumer", "consumer, recorded", "consumer, no spring", "consumer, more")
WIDTH = 150
GUIDE = """
## When to switch on `protocols = jsonrpc,http`

It makes a service visible to every Java consumer: 2.7.4 and later want `http://` nodes, older ones and Go `jsonrpc://`. C consumers see one
provider, not two. Leave it off where no consumer is Dubbo 2.7.4 or later.

To consumers older than 2.7.4 `http://` is Java serialization, if spring-web is on their class path: they spend attempts on that node, which a C
server refuses without running anything, and then take the other. A method that is declared `once` has but one attempt there, and fails as often as
it is spent so. Those consumers then need `protocol=jsonrpc` on their reference (`<dubbo:reference protocol="jsonrpc" .../>`), or no spring-web,
or a group of their own. The table above tells how many checks of such a method fail, without that and with it.

## Two versions of an interface on one port

A request does not say which version it wants, so each needs a path of its own. A C server gives the second one `<interface>2`. Dubbo does so for
beans of Spring's XML; with its programmatic interface, and in dubbo-go always, both lie under one path, and one of them answers all calls: set
`path` there, or use another port. The original dubbogo refuses the second.

## Rules

What dubbo-admin writes is felt by C consumers as soon as ZooKeeper tells them. Java providers read overrides too, and register anew with what
they say in their own nodes; Dubbo 3 does so only seconds later, so that what is switched on again there takes as long to come back.
A time-out in a rule for the provider's side is a matter of the provider, which says it in its node.
""".strip("\n").split("\n")


def matrix(outcome):
    """Rows of peer, version, and a cell for each role."""
    for peer in [*outcome.versions, *outcome.missing]:
        cells = []
        for role in ROLES:
            passed, failed = outcome.tally(peer, role)
            cells.append("" if passed + failed == 0 else f"{passed}/{passed + failed}")
        yield peer, outcome.versions.get(peer, "missing"), cells


def show(outcome):
    rows = [("peer", "", list(ROLES)), *matrix(outcome)]
    widths = [max(len(row[2][i]) for row in rows) for i in range(len(ROLES))]
    print()
    for peer, _, cells in rows:
        print(f"{peer:10}  " + "  ".join(cell.rjust(width) for cell, width in zip(cells, widths)))
    for peer, version in [*outcome.versions.items(), *((peer, "MISSING: it is not built") for peer in outcome.missing)]:
        print(f"{peer:10}  {version}")
    for (peer, what), value in outcome.measured.items():
        print(f"{peer:10}  {what}: {value}")
    failures = [result for result in outcome.results if result[3] is not None]
    for peer, role, name, why in failures:
        print(f"FAIL {peer} {role} {name}: {why}")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def lists(outcome):
    """The names of checks, and where each such list was tried: ("j26, provider", ...)."""
    found = {}
    for peer in outcome.versions:
        for role in ROLES:
            tried = {name for p, r, name, _ in outcome.results if (p, r) == (peer, role)}
            names = tuple(sorted(tried))
            if names:
                found.setdefault(names, []).append(f"{peer}, {role}")
    return found


def read_lists():
    """{(peer, role): names of checks} as the last write() left them."""
    with open(DOCS, encoding="utf-8") as file:
        entries = re.split(r"^\* ", file.read().partition("\n## Checks\n")[2], flags=re.M)[1:]
    found = {}
    for entry in entries:
        columns, names = " ".join(entry.split()).split(": ", 1)
        for column in columns.split("; "):
            found[tuple(column.split(", ", 1))] = set(names.split("; "))
    return found


def compare(outcome):
    """A list that has become shorter is a failure: of a consumer that ended early, of a step that died, or of a check that somebody took out without
    writing the lists anew."""
    for (peer, role), names in read_lists().items():
        made = {name for p, r, name, _ in outcome.results if (p, r) == (peer, role)}
        if peer in outcome.versions and (role != RECORDING or made) and names - made:
            outcome.add(peer, role, "the list is complete", f"not made: {'; '.join(sorted(names - made))}")


def write(outcome):
    """Of a run in which nothing failed: a failure brings names of its own, which no later run would make."""
    lines = ["# dubboc and other frameworks", "",
             "Written by `./dev interop --write-docs` from a run through a real ZooKeeper; do not edit. A cell is checks passed / checks made.", "",
             "| column | who calls whom |", "| --- | --- |",
             "| provider | C calls the framework's provider, with the server named |",
             "| provider, more | group, version and time-out in the node; two versions on one port; one of two providers stops and starts under load; nodes that "
             "cannot be called; the C consumer's own node |",
             "| provider, rested | the connections rest for longer than the server leaves them open |",
             "| provider, administered | overrides and rules as dubbo-admin writes them, each felt by C within a second, and so its end |",
             "| consumer | the framework's consumer calls the C providers, registered as `jsonrpc://` and `http://` |",
             "| consumer, no spring | the same without spring-web on its class path |",
             "| consumer, more | group and version; two versions on one port; how often a failing call is sent, and with `retries=0` in the node |",
             "| recorded | the same lists again through a proxy that keeps what goes by; of providers only while the corpus is recorded |", ""]
    lines += table(["peer", "release", *ROLES], ([peer, version, *cells] for peer, version, cells in matrix(outcome)))
    whats = sorted({what for _, what in outcome.measured})
    lines += ["", "## Measured", ""]
    lines += table(["peer", *whats], ([peer, *(outcome.measured.get((peer, what), "") for what in whats)] for peer in outcome.versions))
    lines += ["", "A C provider answers every error with HTTP 200 and `data.exceptionTypeName`; what is declared `once` is registered with `retries=0` in three",
              "spellings. The lines above tell what each consumer makes of that: how often it sends one call.", "",
              *GUIDE]
    lines += ["", "## Checks", "", "Each list stands once, behind the columns for which it was made.", ""]
    for names, columns in lists(outcome).items():
        lines += [textwrap.fill("* " + "; ".join(columns) + ": " + "; ".join(names), WIDTH, subsequent_indent="  ", break_long_words=False,
                                break_on_hyphens=False)]
    with open(DOCS, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")

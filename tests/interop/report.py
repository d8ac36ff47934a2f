"""Prints the results of a run, and writes them as docs/interop.md."""

import os
import re
import textwrap

from harness import SRC

DOCS = os.path.join(SRC, "docs", "interop.md")
RECORDING = "provider, recorded"  # made only while recording
ROLES = ("provider", "provider, jetty9", "provider, tomcat", RECORDING, "provider, more", "provider, rested", "provider, administered",
         "consumer", "consumer, recorded", "consumer, no spring", "consumer, more")
WIDTH = 150
GUIDE = """
## When to set `protocols = jsonrpc,http`

With this setting every Java consumer sees the service: Dubbo 2.7.4 and later look for `http://` nodes, older releases and Go for `jsonrpc://`
nodes. A C consumer sees one provider, not two. Do not set it if no consumer is Dubbo 2.7.4 or later.

For consumers older than 2.7.4, `http://` means Java serialization if spring-web is on their class path. They make some of their attempts to that
node, which a C server refuses without executing anything, and then go on to the other node. A method that is declared `once` has only one attempt
there, so a call fails whenever that attempt goes to the `http://` node. Such consumers need `protocol=jsonrpc` on their reference
(`<dubbo:reference protocol="jsonrpc" .../>`), no spring-web, or a group of their own. The table above shows how many checks of such a method fail
with and without that.

## Two versions of an interface on one port

A request does not say which version it is for, so each version needs its own path. A C server gives the second one `<interface>2`. Dubbo does the
same for beans of Spring's XML. With Dubbo's programmatic interface, and always in dubbo-go, both versions have the same path, and one of them
answers all calls: set `path` there, or use another port. The original dubbogo refuses the second version.

## Rules

C consumers follow the rules of dubbo-admin as soon as ZooKeeper reports them. Java providers read overrides too, and register again with the new
values in their own nodes. Dubbo 3 does so some seconds later, so a provider that is enabled again there takes as long to come back. A time-out in a
rule for the provider's side is applied by the provider, which writes it into its node.
""".strip("\n").split("\n")


def matrix(outcome):
    """Rows with the peer, its version, and a cell for each role."""
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
    """The names of checks, and where each list of them was run: ("j26, provider", ...)."""
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
    """A list that has become shorter is a failure: a consumer ended early, a step died, or
    somebody removed a check without writing the lists again."""
    for (peer, role), names in read_lists().items():
        made = {name for p, r, name, _ in outcome.results if (p, r) == (peer, role)}
        if peer in outcome.versions and (role != RECORDING or made) and names - made:
            outcome.add(peer, role, "the list is complete", f"not made: {'; '.join(sorted(names - made))}")


def write(outcome):
    """Writes the document. Only for a run without a failure, because a failure has names that no
    later run would have."""
    lines = ["# dubboc and other frameworks", "",
             "For those who run dubboc beside other frameworks, and want to know which releases were tested and how.", "",
             "`./dev interop --write-docs` writes this page from a run with a real ZooKeeper; do not edit it. A cell is the number of checks that passed / that were made.", "",
             "| column | who calls whom |", "| --- | --- |",
             "| provider | C calls the framework's provider, with the server named |",
             "| provider, more | group, version and time-out in the node; two versions on one port; one of two providers is stopped and started under load; nodes that "
             "cannot be called; the node of the C consumer |",
             "| provider, rested | connections are idle for longer than the server keeps them open |",
             "| provider, administered | overrides and rules as dubbo-admin writes them: the C consumer follows each within a second, and also when it ends |",
             "| consumer | the framework's consumer calls the C providers, registered as `jsonrpc://` and `http://` |",
             "| consumer, no spring | the same without spring-web on its class path |",
             "| consumer, more | group and version; two versions on one port; how often a failing call is sent, with and without `retries=0` in the node |",
             "| recorded | the same checks through a proxy that records the traffic; for providers only while the corpus is recorded |", ""]
    lines += table(["peer", "release", *ROLES], ([peer, version, *cells] for peer, version, cells in matrix(outcome)))
    whats = sorted({what for _, what in outcome.measured})
    lines += ["", "## Measured", ""]
    lines += table(["peer", *whats], ([peer, *(outcome.measured.get((peer, what), "") for what in whats)] for peer in outcome.versions))
    lines += ["", "A C provider answers every error with HTTP 200 and `data.exceptionTypeName`. A method that is declared `once` is registered with `retries=0` in",
              "three spellings. The rows above show how often each consumer then sends one call.", "",
              *GUIDE]
    lines += ["", "## Checks", "", "Each list of checks is given once, after the columns that it belongs to.", ""]
    for names, columns in lists(outcome).items():
        lines += [textwrap.fill("* " + "; ".join(columns) + ": " + "; ".join(names), WIDTH, subsequent_indent="  ", break_long_words=False,
                                break_on_hyphens=False)]
    with open(DOCS, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")

"""Shows what a run came to, and writes it as docs/interop.md."""

import os

from harness import SRC

ROLES = ("provider", "provider, jetty9", "provider, tomcat", "provider, recorded", "provider, more", "consumer", "consumer, recorded", "consumer, no spring", "consumer, more")


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
    for peer, version in outcome.versions.items():
        print(f"{peer:10}  {version}")
    for (peer, what), value in outcome.measured.items():
        print(f"{peer:10}  {what}: {value}")
    failures = [result for result in outcome.results if result[3] is not None]
    for peer, role, name, why in failures:
        print(f"FAIL {peer} {role} {name}: {why}")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def write(outcome):
    lines = ["# dubboc and other frameworks", "",
             "Written by `./dev interop --write-docs` from a run through a real ZooKeeper; do not edit. A cell is checks passed / checks made.", "",
             "| column | who calls whom |", "| --- | --- |",
             "| provider | C calls the framework's provider, with the server named |",
             "| provider, more | group and version; one of two providers stops and starts under load |",
             "| consumer | the framework's consumer calls the C providers, registered as `jsonrpc://` and `http://` |",
             "| consumer, no spring | the same without spring-web on its class path |",
             "| consumer, more | group and version; how often a failing call is sent |",
             "| recorded | the same lists again through a proxy that keeps what goes by |", ""]
    lines += table(["peer", "release", *ROLES], ([peer, version, *cells] for peer, version, cells in matrix(outcome)))
    whats = sorted({what for _, what in outcome.measured})
    lines += ["", "## Measured", ""]
    lines += table(["peer", *whats], ([peer, *(outcome.measured.get((peer, what), "") for what in whats)] for peer in outcome.versions))
    lines += ["", "A C provider answers every error with HTTP 200 and `data.exceptionTypeName`; what is declared `once` is registered with `retries=0` in three",
              "spellings. The lines above tell what each consumer makes of that: how often it sends one call.", "",
              "`protocols = jsonrpc,http` makes a service visible to every Java consumer: 2.7.4 and later want `http://` nodes, older ones `jsonrpc://`. To those",
              "older ones `http://` is Java serialization, if spring-web is there: they spend attempts on that node, which a C server refuses without running",
              "anything, and then take the other, so that a method that is not to be repeated may fail there. Switch it on where no such consumer is left,",
              "or give them a group of their own."]
    lines += ["", "## Checks", ""]
    for peer in outcome.versions:
        for role in ROLES:
            names = sorted({name for p, r, name, _ in outcome.results if (p, r) == (peer, role)})
            failed = {name for p, r, name, why in outcome.results if (p, r) == (peer, role) and why is not None}
            if names:
                lines += [f"* {peer}, {role}: " + ", ".join(f"{name} (failed)" if name in failed else name for name in names)]
    with open(os.path.join(SRC, "docs", "interop.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")

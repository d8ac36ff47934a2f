"""Requests of real consumers are sent to the real server again: each folder beside this file
holds one. If the case is a call of another provider, expect says under [ours] what our server
answers, and why if that differs. tests/interop/corpus.py records the cases."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from harness import ECHO, SRC, Provider, folder, _clean_up  # noqa: E402
from corpus import WIRE, content, is_same, normal, split  # noqa: E402
from probes import ask  # noqa: E402


CASES_LEAST = 150


def read(case, name):
    with open(os.path.join(WIRE, case, name), "rb") as file:
        return file.read()


def section(expect, name):
    """The lines of the section [name] as a dictionary."""
    found = re.search(rf"^\[{name}\]\n(.*?)(?=^\[\w+\]$|\Z)", expect, re.M | re.S)
    return dict(line.split(" = ", 1) if " = " in line else (line.rstrip(" ="), "") for line in found[1].splitlines() if line) if found else {}


def check(case, ports):
    expect = read(case, "expect").decode()
    role, ours, request = section(expect, "case")["role"], section(expect, "ours"), read(case, "request")
    reply, _ = ask(ports[ECHO.encode() in request.split(b"\n")[0]], request, quiet_s=10, settle_s=0)
    if role == "provider":
        came = normal(reply, None)
        return None if came == read(case, "reply") else f"expected {read(case, 'reply')!r}, came {came!r}"
    head, _ = split(reply)
    came = (head.split()[1].decode() if head else "0", content(reply).decode().rstrip("\n"))
    if came != (ours["http"], ours["body"]):
        return f"expected {ours['http']} {ours['body']!r}, came {came[0]} {came[1]!r}"
    is_reason_due = not is_same(int(came[0]), came[1].encode(), read(case, "reply"))
    return "we answer otherwise than the peer, and it does not say why" if is_reason_due and not ours.get("why") else None


def main():
    cases = [case for case in sorted(os.listdir(WIRE)) if os.path.exists(os.path.join(WIRE, case, "expect"))]
    cases = [case for case in cases if re.search(r"^role = provider$|^\[ours\]$", read(case, "expect").decode(), re.M)]
    cases = [case for case in cases if not sys.argv[1:] or any(part in case for part in sys.argv[1:])]
    if not sys.argv[1:] and len(cases) < CASES_LEAST:
        print(f"Bail out! {len(cases)} cases in {WIRE}, expected {CASES_LEAST} at least: they have not all come along")
        sys.exit(1)
    registry = "file://" + folder()
    ports = [int(Provider(example, DUBBOC_REGISTRY_ADDRESS=registry).address.rsplit(":", 1)[1]) for example in ("user-provider", "echo-provider")]
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        try:
            why = check(case, ports)
        except Exception as error:  # noqa: BLE001 a broken case must not hide the others
            why = repr(error)
        if why:
            print(f"# {case}: {why[:2000]}")
        print(f"{'not ok' if why else 'ok'} {number} - {case}", flush=True)
    _clean_up()


if __name__ == "__main__":
    assert SRC
    main()

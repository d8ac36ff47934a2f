#!/usr/bin/env python3
"""Measures what a call costs with dubboc, against the bare libraries doing the same HTTP exchange, and prints the table.

    python3 bench/run.py BUILD_FOLDER [--quick] [--json FILE]

Two figures each: user instructions of a call (callgrind: the difference between a long and a short run, so that start and end do not
count; repeatable to a few instructions), and CPU time of a call, user and system (from the kernel's accounting, several runs in turn,
median). Only their ratios mean anything on a shared machine. Instructions decide. Callgrind counts rep stosb and rep movsb byte by
byte, so glibc is told not to use them."""

import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PARAMS = '[{"a":1,"b":"two"}]'
TUNABLES = "glibc.cpu.x86_rep_stosb_threshold=1000000000:glibc.cpu.x86_rep_movsb_threshold=1000000000"
HOST = "127.0.0.1"


def environment():
    env = {k: v for k, v in os.environ.items() if not k.startswith("DUBBO") and k != "APP_CONF_FILE"}
    env["GLIBC_TUNABLES"] = TUNABLES
    return env


class Bench:
    def __init__(self, build, quick):
        self.build, self.quick = os.path.abspath(build), quick
        self.rounds = 3 if quick else 7
        self.calls = 4000 if quick else 20000

    def program(self, name):
        """The real program, not libtool's script around it, so that callgrind counts it and not a shell."""
        path = os.path.join(self.build, "bench", name)
        real = os.path.join(self.build, "bench", ".libs", name)
        return real if os.path.exists(real) else path

    def env(self):
        env = environment()
        env["LD_LIBRARY_PATH"] = os.path.join(self.build, ".libs")
        return env

    def callgrind(self, argv, log):
        return ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={log}", *argv]

    def start(self, argv):
        server = subprocess.Popen(argv, stdout=subprocess.PIPE, env=self.env())
        port = server.stdout.readline().decode().strip()
        if not port:
            raise SystemExit(f"{argv} did not start")
        return server, port

    def run(self, argv):
        subprocess.run([str(a) for a in argv], env=self.env(), check=True)

    @staticmethod
    def instructions(log):
        return int(re.search(r"^(?:totals|summary): (\d+)", open(log).read(), re.M).group(1))

    # --- servers: driven by bare_epoll with 16 connections

    def load(self, port, path, method, calls, connections=16):
        self.run([self.program("bare_epoll"), HOST, port, path, method, PARAMS, calls, connections])

    def server_instructions(self, argv, path, method):
        def counted(calls):
            with tempfile.TemporaryDirectory() as folder:
                log = os.path.join(folder, "out")
                server, port = self.start(self.callgrind(argv, log))
                self.load(port, path, method, calls)
                server.terminate()
                server.wait(60)
                return self.instructions(log)
        return (counted(3000) - counted(1000)) / 2000

    def server_cpu_us(self, argv, path, method):
        server, port = self.start(argv)
        self.load(port, path, method, 500)
        before = cpu_ns(server.pid)
        self.load(port, path, method, self.calls)
        used = cpu_ns(server.pid) - before
        server.terminate()
        server.wait(60)
        return used / 1000 / self.calls

    # --- clients: all against the same dubboc provider

    def client_instructions(self, argv_of):
        def counted(calls):
            with tempfile.TemporaryDirectory() as folder:
                log = os.path.join(folder, "out")
                self.run(self.callgrind(argv_of(calls), log))
                return self.instructions(log)
        return (counted(3000) - counted(1000)) / 2000

    def client_cpu_us(self, argv_of):
        def used(calls):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.run(argv_of(calls))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return (used(self.calls + 500) - used(500)) / self.calls * 1e6


def cpu_ns(pid):
    """CPU time of all threads of a process so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            total += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
        except OSError:
            pass
    return total


def in_turn(measures, rounds):
    """Each measure once a round, so that a change of the machine's speed reaches all alike; medians."""
    seen = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure())
    return {name: statistics.median(values) for name, values in seen.items()}


def row(table, what, figure, value, yardstick, goal, unit=""):
    ratio = value / yardstick if yardstick else None
    table.append({"what": what, "figure": figure, "value": value, "yardstick": yardstick, "ratio": ratio, "goal": goal, "unit": unit,
                  "met": (ratio if ratio is not None else value) <= goal if goal else None})


def measure_servers(bench, table):
    kinds = {
        "constant": ([bench.program("bare_mhd"), "constant"], "/bench", "raw"),
        "by hand": ([bench.program("bare_mhd"), "cjson"], "/bench", "json"),
        "raw": ([bench.program("server")], "/bench", "raw"),
        "json": ([bench.program("server")], "/bench", "json"),
        "pool": ([bench.program("server")], "/bench", "pool"),
    }
    cpu = in_turn({name: (lambda k=k: bench.server_cpu_us(*k)) for name, k in kinds.items()}, bench.rounds)
    ir = {name: bench.server_instructions(*k) for name, k in kinds.items()}
    for figure, seen in (("instructions", ir), ("CPU us", cpu)):
        row(table, "server, raw echo on the loop / bare libmicrohttpd constant", figure, seen["raw"], seen["constant"], 1.15)
        row(table, "server, cJSON echo on the loop / libmicrohttpd + cJSON by hand", figure, seen["json"], seen["by hand"], 0.7)
        row(table, "server, raw echo on the pool, 16 connections / on the loop", figure, seen["pool"], seen["raw"], 2.5)


def measure_clients(bench, table):
    server, port = bench.start([bench.program("server")])
    url = f"http://{HOST}:{port}/bench"
    bare = [HOST, port, "/bench", "raw", PARAMS]
    kinds = {
        "socket": lambda calls: [bench.program("bare_socket"), *bare, calls, 1],
        "socket16": lambda calls: [bench.program("bare_socket"), *bare, calls, 16],
        "curl": lambda calls: [bench.program("bare_curl"), *bare, calls],
        "raw": lambda calls: [bench.program("client"), url, "raw", "raw", PARAMS, calls, 1],
        "epoll16": lambda calls: [bench.program("bare_epoll"), *bare, calls, 16],
        "epoll64": lambda calls: [bench.program("bare_epoll"), *bare, calls, 64],
        "async16": lambda calls: [bench.program("async"), url, "raw", PARAMS, calls, 16],
        "async64": lambda calls: [bench.program("async"), url, "raw", PARAMS, calls, 64],
        "raw16": lambda calls: [bench.program("client"), url, "raw", "raw", PARAMS, calls, 16],
        "json": lambda calls: [bench.program("client"), url, "json", "raw", PARAMS, calls, 1],
    }
    try:
        cpu = in_turn({name: (lambda k=k: bench.client_cpu_us(k)) for name, k in kinds.items()}, bench.rounds)
        ir = {name: bench.client_instructions(kinds[name]) for name in ("socket", "curl", "raw", "json", "async64")}
    finally:
        server.terminate()
        server.wait(60)
    row(table, "client, raw, one caller", "instructions", ir["raw"], None, 6000)
    row(table, "client, raw, one caller / curl_easy_perform", "instructions", ir["raw"], ir["curl"], 0.6)
    row(table, "client, raw, one caller / curl_easy_perform", "CPU us", cpu["raw"], cpu["curl"], 0.6)
    row(table, "client, raw, one caller / bare blocking socket", "CPU us", cpu["raw"], cpu["socket"], 1.2)
    row(table, "client, raw, 16 callers / bare sockets, 16 threads", "CPU us", cpu["raw16"], cpu["socket16"], 1.3)
    row(table, "client, asynchronous, 64 in flight on one thread", "instructions", ir["async64"], None)
    for count in (16, 64):
        row(table, f"client, asynchronous, {count} in flight / bare epoll client", "CPU us", cpu[f"async{count}"], cpu[f"epoll{count}"], 1.5)
    row(table, "client, asynchronous, 64 in flight on one thread / 16 blocking callers", "CPU us", cpu["async64"], cpu["raw16"], 0.6)
    row(table, "client, cJSON, one caller / raw", "instructions", ir["json"], ir["raw"], None)
    row(table, "client, cJSON, one caller / raw", "CPU us", cpu["json"], cpu["raw"], 1.2)


def measure_picks(bench, table):
    for policy in ("random", "roundrobin"):
        one = statistics.median(float(subprocess.check_output([bench.program("pick"), policy, "10000", "2000000", "1"], env=bench.env()))
                                for _ in range(bench.rounds))
        row(table, f"pick of 10,000 providers, {policy}", "ns", one, None, 100)


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1))


def measure_memory(bench, table, connections=2000):
    """An idle provider, then with idle connections that have each made a call; and how long it takes from exec to the first answer."""
    body = '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}'
    request = (f"POST /com.dubboc.EchoService HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
               f"{body}").encode()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, connections + 500), hard))
    with tempfile.TemporaryDirectory() as folder:
        env = dict(bench.env(), DUBBOC_SERVER_IP=HOST, DUBBOC_SERVER_PORT="0", DUBBOC_REGISTRY_ADDRESS=f"file://{folder}",
                   DUBBOC_SERVER_STOP_WATCH_WAIT="0ms", LD_LIBRARY_PATH=os.path.join(bench.build, ".libs"))
        path = os.path.join(bench.build, "examples", ".libs", "echo-provider")
        begun = time.monotonic()
        provider = subprocess.Popen([path if os.path.exists(path) else os.path.join(bench.build, "examples", "echo-provider")],
                                    stdout=subprocess.PIPE, env=env)
        port = int(provider.stdout.readline().split(b":")[-1])

        def connect_and_call():
            peer = socket.create_connection((HOST, port))
            peer.sendall(request)
            if b'"result":1' not in peer.recv(4096):
                raise SystemExit("no answer")
            return peer

        first = connect_and_call()
        started_ms = (time.monotonic() - begun) * 1000
        idle_kb = resident_kb(provider.pid)
        peers = [connect_and_call() for _ in range(connections)]
        each_kb = (resident_kb(provider.pid) - idle_kb) / connections
        for peer in [first, *peers]:
            peer.close()
        provider.terminate()
        provider.wait(60)
    row(table, "idle provider, resident", "MB", idle_kb / 1024, None, 12)
    row(table, f"idle connection that has made a call, of {connections}", "KB", each_kb, None, 12)
    row(table, "start to first served call, file: registry", "ms", started_ms, None, 50)


def show(table):
    width = max(len(r["what"]) for r in table)
    print(f"{'what':{width}}  {'figure':12}  {'value':>10}  {'yardstick':>10}  {'ratio':>6}  {'goal':>6}")
    for r in table:
        number = lambda v, form: format(v, form) if v is not None else "-"
        print(f"{r['what']:{width}}  {r['figure']:12}  {number(r['value'], '10.1f'):>10}  {number(r['yardstick'], '10.1f'):>10}  "
              f"{number(r['ratio'], '6.2f'):>6}  {number(r['goal'], 'g'):>6}  {'' if r['met'] is None else 'met' if r['met'] else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", help="also write the table to this file")
    arguments = parser.parse_args()
    bench, table = Bench(arguments.build, arguments.quick), []
    for measure in (measure_servers, measure_clients, measure_picks, measure_memory):
        print(f"{measure.__name__.replace('_', ' ')}...", file=sys.stderr)
        measure(bench, table)
    show(table)
    if arguments.json:
        json.dump(table, open(arguments.json, "w"), indent=1)


if __name__ == "__main__":
    main()

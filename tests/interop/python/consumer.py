"""The peer `python`: a consumer only, since dubbo-client-py has no provider.

    consumer.py consumer --zookeeper HOST:PORT [--group G] [--version V] [--only SUBSTRING] [--no-echo]
    consumer.py version
"""

import argparse
import logging
import os
import platform
import sys
import threading

import kazoo.version

import checks
import dubbo_client

TIME_MAX_S = 55


def say(line):
    print(line, flush=True)


def arguments():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("version")
    consumer = roles.add_parser("consumer")
    consumer.add_argument("--zookeeper", required=True)
    consumer.add_argument("--group", default="")
    consumer.add_argument("--version", default="")
    consumer.add_argument("--only", default="")
    consumer.add_argument("--no-echo", action="store_true")
    return parser.parse_args()


def end_in_time(run):
    """Ends a consumer that would run for too long."""
    def end():
        run.fail(run.current, "an end within %d s" % TIME_MAX_S, "none")
        os._exit(run.summary())
    timer = threading.Timer(TIME_MAX_S, end)
    timer.daemon = True
    timer.start()


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    given = arguments()
    if given.role == "version":
        say("kazoo %s, Python %s" % (kazoo.version.__version__, platform.python_version()))
        return 0
    run = checks.Checks(given.only, say)
    end_in_time(run)
    registry = dubbo_client.Registry(given.zookeeper, "dubboc-interop-python")
    try:
        user = dubbo_client.DubboClient(registry, "com.ikurento.user.UserProvider", given.version, given.group)
        checks.user_checks(run, user.call)
        if not given.no_echo:
            echo = dubbo_client.DubboClient(registry, "com.dubboc.EchoService", given.version, given.group)
            checks.echo_checks(run, echo.call)
    finally:
        registry.close()
    return run.summary()


if __name__ == "__main__":
    sys.exit(main())

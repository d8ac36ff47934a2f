"""The checked calls of com.ikurento.user.UserProvider and com.dubboc.EchoService, against whoever provides them.

A line for each check: `ok NAME`, or `FAIL NAME: what was expected, what came`. Names that mean the same are the same in every language.
"""

import concurrent.futures
import re

from dubbo_client import DubboClientError, InvalidParams, MethodNotFound

CALLS = 50
THREADS = 8
SHOWN_MAX = 300

ANN = {"id": "A001", "name": "Ann", "age": 18, "time": 1469071830258, "sex": "WOMAN"}
BOB = {"id": "A002", "name": "Bob", "age": 20, "time": 0, "sex": "MAN"}
JOE = {"id": "A003", "name": "Joe", "age": 48, "time": 1469071830258, "sex": "MAN"}


def made(user_id, name, age):
    return {"id": user_id, "name": name, "age": age, "time": 0, "sex": "MAN"}


def shown(value):
    text = "%s %s" % (type(value).__name__, value) if isinstance(value, Exception) else repr(value)
    return text if len(text) <= SHOWN_MAX else "%s... (%d characters)" % (text[:SHOWN_MAX], len(text))


class Checks:
    def __init__(self, only, say):
        self._only = only
        self._say = say
        self.current = "none"
        self.passed = 0
        self.failed = 0

    def same(self, name, expected, call, *arguments):
        """The result is equal to expected, and of the same type: 1 is not 1.0, nor true."""
        if not self._begin(name):
            return
        try:
            came = call(*arguments)
        except Exception as error:  # whatever it is, it is the check that failed
            self.fail(name, shown(expected), shown(error))
            return
        if repr(came) == repr(expected) or isinstance(expected, (dict, list)) and came == expected:
            self._pass(name)
        else:
            self.fail(name, shown(expected), shown(came))

    def fails(self, name, kind, text, call, *arguments):
        """Checks that the call ends with that kind of exception, and that its text contains `text`."""
        if not self._begin(name):
            return
        expected = "%s with %r" % (kind.__name__, text)
        try:
            came = call(*arguments)
        except Exception as error:
            if isinstance(error, kind) and text in str(getattr(error, "message", error)):
                self._pass(name)
            else:
                self.fail(name, expected, shown(error))
        else:
            self.fail(name, expected, shown(came))

    def summary(self):
        """The exit status. To have run nothing at all is a failure too."""
        self._say("%d passed, %d failed" % (self.passed, self.failed))
        return 0 if self.failed == 0 and self.passed > 0 else 1

    def _begin(self, name):
        self.current = name
        return self._only in name

    def _pass(self, name):
        self.passed += 1
        self._say("ok " + name)

    def fail(self, name, expected, came):
        self.failed += 1
        self._say("FAIL %s: expected %s, came %s" % (name, expected, came.replace("\n", " ")))


def user_checks(checks, call):
    checks.same("user.GetUser.known", JOE, call, "GetUser", "A003")
    checks.same("user.GetUser.every_one", [ANN, BOB, JOE], lambda: [call("GetUser", one) for one in ("A001", "A002", "A003")])
    checks.same("user.GetUser.unknown_is_null", None, call, "GetUser", "none")
    checks.same("user.GetUser.unicode_id_is_null", None, call, "GetUser", "\u00e9\u4e2d\U0001f600")
    checks.same("user.GetUser0.both_arguments", made("A9", "Eve", 18), call, "GetUser0", "A9", "Eve")
    odd = "\U0001f600 \"q\" \\ \t\n"
    checks.same("user.GetUser0.unicode", made("\u4e2d", odd, 18), call, "GetUser0", "\u4e2d", odd)
    checks.same("user.GetUser3.void", None, call, "GetUser3")
    checks.fails("user.GetErr.exception", DubboClientError, "no user A001", call, "GetErr", "A001")
    checks.fails("user.GetErr.unicode_message", DubboClientError, "no user \u4e2d\U0001f600", call, "GetErr", "\u4e2d\U0001f600")
    ids = ["A003", "none", "A001"]
    checks.same("user.GetUsers.known_in_order", [JOE, ANN], call, "GetUsers", ids)
    checks.same("user.GetUsers.none", [], call, "GetUsers", [])
    checks.same("user.GetUserMap.by_id", {"A003": JOE, "A001": ANN}, call, "GetUserMap", ids)
    checks.same("user.GetUserMap.none", {}, call, "GetUserMap", [])
    checks.same("user.queryAll.all_by_id", {"A001": ANN, "A002": BOB, "A003": JOE}, call, "queryAll")
    checks.same("user.getUser.by_code", made("7", "by code", 48), call, "getUser", 7)
    checks.same("user.getUser.by_negative_code", made("-2147483648", "by code", 48), call, "getUser", -2**31)
    checks.same("user.getUser.by_id", made("7", "by id", 48), call, "getUser", "7")
    bean_checks(checks, call)
    checks.same("user.Calc.sum", 5, call, "Calc", 2, 3)
    checks.same("user.Calc.extremes", -1, call, "Calc", 2**31 - 1, -2**31)
    checks.same("user.Sum.response", {"status": 0, "err": "", "data": -7}, call, "Sum", -10, 3)
    checks.fails("user.unknown_method", MethodNotFound, "", call, "NoSuchMethod", "A001")
    checks.fails("user.wrong_count", InvalidParams, "", call, "GetUser", "A001", "A002")
    checks.fails("user.wrong_type", DubboClientError, "", call, "Calc", ["a"], 1)
    checks.same("user.good_after_errors", ANN, call, "GetUser", "A001")


def bean_checks(checks, call):
    zoe = {"id": "A1", "name": "Zo\u00eb", "age": 2, "time": 5, "sex": "WOMAN"}
    early = {"id": "A1", "name": "Z", "age": 2, "time": -62_000_000_000_000, "sex": "MAN"}
    nothing = {"id": None, "name": "Z", "age": 0, "time": None, "sex": None}
    greeted = {"name": "hello:Zo\u00eb", "age": 20}
    checks.same("user.queryUser.greeted", dict(zoe, **greeted), call, "queryUser", zoe)
    checks.same("user.queryUser.named_parameters", dict(zoe, **greeted), lambda: call("queryUser", **zoe))
    checks.same("user.queryUser.date_before_1970", dict(early, name="hello:Z", age=20), call, "queryUser", early)
    checks.same("user.queryUser.nulls_are_kept", dict(nothing, name="hello:Z", age=18), call, "queryUser", nothing)
    checks.same("user.isLimit.woman", True, call, "isLimit", "WOMAN", "Ann")
    checks.same("user.isLimit.man", False, call, "isLimit", "MAN", "Joe")
    checks.same("user.isLimit.null_name", True, call, "isLimit", "WOMAN", None)


def echo_checks(checks, call):
    number_checks(checks, call)
    text_checks(checks, call)
    nested = {"list": [1, "two", None, [True, False]], "empty": {}, "none": None, "k\u00e9y \"x\"": 1.5}
    deep = "bottom"
    for _ in range(60):
        deep = [deep]
    checks.same("echo.null", None, call, "echo", None)
    checks.same("echo.boolean", True, call, "echo", True)
    checks.same("echo.nested", nested, call, "echo", nested)
    checks.same("echo.nested_raw", nested, call, "echoRaw", nested)
    checks.same("echo.deep", deep, call, "echo", deep)
    checks.same("echo.list_is_one_argument", [1, 2, 3], call, "echo", [1, 2, 3])
    checks.same("echo.empty_list", [], call, "echo", [])
    checks.same("echo.nothing.void", None, call, "nothing")
    checks.same("echo.whoami.address_and_pid", True, lambda: re.fullmatch(r"[^ ]+:\d+ \d+", call("whoami")) is not None)
    error_checks(checks, call)
    checks.same("echo.calls.50_in_a_row", CALLS, add_up, call, 0)
    checks.same("echo.calls.8_threads", THREADS * CALLS, in_threads, call)
    checks.fails("echo.sleep.times_out", TimeoutError, "timed out", call, "sleep", 6000)


def number_checks(checks, call):
    checks.same("echo.add.exact", 2**53 + 1, call, "add", 2**53, 1)
    checks.same("echo.add.max", 2**63 - 1, call, "add", 2**63 - 2, 1)
    checks.same("echo.add.min", -2**63, call, "add", -2**63, 0)
    checks.same("echo.number.long_max", 2**63 - 1, call, "echo", 2**63 - 1)
    checks.same("echo.number.beyond_double", 2**53 + 1, call, "echo", 2**53 + 1)
    checks.same("echo.number.double", 0.1, call, "echo", 0.1)
    extremes = [1.7976931348623157e308, 5e-324]  # not -0.0: who prints it as -0 gives Python the integer 0
    checks.same("echo.number.double_extremes", repr(extremes), lambda: repr([call("echo", one) for one in extremes]))
    checks.same("echo.number.big_integer", 123456789012345678901234567890, call, "echo", 123456789012345678901234567890)


def text_checks(checks, call):
    odd = "\u00e9 \u4e2d\u6587 \U0001f600 \U0001d11e \u0001\u001f\u007f\u2028\ufeff \"\\/ <&>"
    checks.same("echo.string.unicode", odd, call, "echo", odd)
    checks.same("echo.string.empty", "", call, "echo", "")
    checks.same("echo.string.zero_character", "a\0b", call, "echoRaw", "a\0b")  # C's echo makes C strings
    checks.same("echo.string.1mib", 2**20, lambda: len(call("echo", "x" * 2**20)))
    checks.same("echo.big.256kib", 256 * 1024, lambda: len(call("big", 256)))


def error_checks(checks, call):
    overflow = "9223372036854775807 + 1 is beyond 64 bits"
    odd = "\u4e2d \U0001f600 \"q\"\n"
    checks.fails("echo.fail.exception", DubboClientError, "broken", call, "fail", "broken")
    checks.fails("echo.fail.unicode", DubboClientError, odd, call, "fail", odd)
    checks.fails("echo.fail.looks_like_json", DubboClientError, '{"code":1}', call, "fail", '{"code":1}')
    checks.fails("echo.add.overflow", DubboClientError, overflow, call, "add", 2**63 - 1, 1)
    checks.fails("echo.sleep.negative", DubboClientError, "cannot sleep for -1 ms", call, "sleep", -1)
    checks.same("echo.good_after_errors", 3, call, "add", 1, 2)


def add_up(call, first):
    """Makes 50 calls and counts the right answers."""
    return sum(call("add", i, i) == 2 * i for i in range(first, first + CALLS))


def in_threads(call):
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda i: add_up(call, i * 1000), range(THREADS)))

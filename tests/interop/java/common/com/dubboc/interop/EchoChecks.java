package com.dubboc.interop;

import com.dubboc.EchoService;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What values survive the way there and back, and how errors arrive. */
final class EchoChecks {
    /** EchoService with the types that keep a number exact. */
    public interface Typed {
        long echo(long x);

        double echo(double x);

        BigInteger echo(BigInteger x);

        BigDecimal echo(BigDecimal x);

        String echo(String x);

        byte[] echo(byte[] x);

        double echoRaw(double x);

        String echoRaw(String x);
    }

    private EchoChecks() {
    }

    static void run(Checks checks, Peer peer) throws Exception {
        EchoService echo = peer.refer(EchoService.class, EchoService.class);
        Typed typed = peer.refer(Typed.class, EchoService.class);
        numbers(checks, echo, typed);
        texts(checks, echo, typed);
        values(checks, echo);
        errors(checks, echo);
        checks.same("echo.sleep.longer_than_the_timeout", 1500L, () -> echo.sleep(1500)); // the framework's: it never reaches the socket
        Load.run(checks, "echo", echo::add);
    }

    private static void numbers(Checks checks, EchoService echo, Typed typed) {
        BigInteger wide = new BigInteger("123456789012345678901234567890");
        BigDecimal fine = new BigDecimal("123456789.0123456"); // as many digits as a double keeps: the client reads no more
        checks.same("echo.add.exact", (1L << 53) + 1, () -> echo.add(1L << 53, 1));
        checks.same("echo.add.max", Long.MAX_VALUE, () -> echo.add(Long.MAX_VALUE - 1, 1));
        checks.same("echo.add.min", Long.MIN_VALUE, () -> echo.add(Long.MIN_VALUE, 0));
        checks.same("echo.number.long_max", Long.MAX_VALUE, () -> typed.echo(Long.MAX_VALUE));
        checks.same("echo.number.beyond_double", (1L << 53) + 1, () -> typed.echo((1L << 53) + 1));
        checks.same("echo.number.untyped_long", (1L << 53) + 1, () -> echo.echo((1L << 53) + 1));
        checks.same("echo.number.double", 0.1, () -> typed.echo(0.1));
        checks.same("echo.number.double_extremes", Arrays.asList(Double.MAX_VALUE, Double.MIN_VALUE, -0.0),
            () -> Arrays.asList(typed.echo(Double.MAX_VALUE), typed.echo(Double.MIN_VALUE), typed.echoRaw(-0.0)));
        checks.same("echo.number.big_integer", wide, () -> typed.echo(wide));
        checks.same("echo.number.big_decimal", fine, () -> typed.echo(fine));
    }

    private static void texts(Checks checks, EchoService echo, Typed typed) {
        String odd = "\u00e9 \u4e2d\u6587 \ud83d\ude00 \ud834\udd1e \u0001\u001f\u007f\u2028\ufeff \"\\/ <&>";
        String long1MiB = "0123456789abcde\u00e9".repeat(64 * 1024);
        checks.same("echo.string.unicode", odd, () -> typed.echo(odd));
        checks.same("echo.string.empty", "", () -> typed.echo(""));
        checks.same("echo.string.zero_character", "a\0b", () -> typed.echoRaw("a\0b")); // C's echo makes C strings
        checks.same("echo.string.1mib", long1MiB, () -> typed.echo(long1MiB));
        checks.same("echo.bytes.base64", new byte[] {0, -1, 127, 13, 10}, () -> typed.echo(new byte[] {0, -1, 127, 13, 10}));
        checks.same("echo.big.256kib", 256 * 1024, () -> echo.big(256).length());
    }

    private static void values(Checks checks, EchoService echo) {
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("list", Arrays.asList(1, "two", null, Arrays.asList(true, false)));
        nested.put("empty", Collections.emptyMap());
        nested.put("none", null);
        nested.put("k\u00e9y \"x\"", 1.5);
        Object deep = "bottom";
        for (int i = 0; i < 60; i++)
            deep = Collections.singletonList(deep);
        Object bottom = deep;
        checks.same("echo.null", null, () -> echo.echo(null));
        checks.same("echo.boolean", true, () -> echo.echo(true));
        checks.same("echo.nested", nested, () -> echo.echo(nested));
        checks.same("echo.nested_raw", nested, () -> echo.echoRaw(nested));
        checks.same("echo.deep", bottom, () -> echo.echo(bottom));
        checks.same("echo.list_is_one_argument", Arrays.asList(1, 2, 3), () -> echo.echo(Arrays.asList(1, 2, 3)));
        checks.same("echo.empty_list", Collections.emptyList(), () -> echo.echo(Collections.emptyList()));
        checks.same("echo.nothing.void", null, () -> {
            echo.nothing();
            return null;
        });
        checks.same("echo.whoami.address_and_pid", true, () -> echo.whoami().matches("[^ ]+:\\d+ \\d+"));
    }

    private static void errors(Checks checks, EchoService echo) {
        checks.fails("echo.fail.exception", RuntimeException.class, "broken", () -> echo.fail("broken"));
        checks.fails("echo.fail.unicode", RuntimeException.class, "\u4e2d \ud83d\ude00 \"q\"\n", () -> echo.fail("\u4e2d \ud83d\ude00 \"q\"\n"));
        checks.fails("echo.fail.looks_like_json", RuntimeException.class, "{\"code\":1}", () -> echo.fail("{\"code\":1}"));
        checks.fails("echo.add.overflow", ArithmeticException.class, Long.MAX_VALUE + " + 1 is beyond 64 bits",
            () -> echo.add(Long.MAX_VALUE, 1));
        checks.fails("echo.sleep.negative", IllegalArgumentException.class, "cannot sleep for -1 ms", () -> echo.sleep(-1));
        checks.same("echo.good_after_errors", 3L, () -> echo.add(1, 2));
    }
}

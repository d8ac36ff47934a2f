package com.dubboc.interop;

import java.io.PrintStream;
import java.util.Objects;
import java.util.concurrent.Callable;

/** Runs named checks and prints a line for each. A check that fails says what was expected and what came, and the next one runs. */
public final class Checks {
    private static final int SHOWN_MAX = 300;

    private final PrintStream out;
    private final String only;
    private volatile String current = "none";
    private int passed;
    private int failed;

    /** Runs only the checks with that text in their names; all, if it is empty. */
    public Checks(PrintStream out, String only) {
        this.out = out;
        this.only = only;
    }

    /** Checks of one service. */
    interface Group {
        void run() throws Exception;
    }

    /** Runs them; that they cannot even begin, since nobody provides the service, is a failure as well. */
    void group(String service, Group checks) {
        try {
            checks.run();
        } catch (Exception e) {
            fail(service + ".refer", "expected a proxy, came " + shown(e));
        }
    }

    /** The result is equal to expected. */
    void same(String name, Object expected, Callable<?> call) {
        if (!begin(name))
            return;
        try {
            Object came = call.call();
            if (Objects.deepEquals(expected, came))
                ok(name);
            else
                fail(name, "expected " + shown(expected) + ", came " + shown(came));
        } catch (Throwable e) {
            fail(name, "expected " + shown(expected) + ", came " + shown(e));
        }
    }

    /** Throws exactly that class with that message. */
    void fails(String name, Class<? extends Throwable> expected, String message, Callable<?> call) {
        if (!begin(name))
            return;
        String wanted = "expected " + expected.getName() + ": " + message;
        try {
            fail(name, wanted + ", came " + shown(call.call()));
        } catch (Throwable e) {
            if (e.getClass() == expected && Objects.equals(message, e.getMessage()))
                ok(name);
            else
                fail(name, wanted + ", came " + shown(e));
        }
    }

    /** Throws that class, or one below it, with text somewhere in the messages of it and its causes. */
    void failsWith(String name, Class<? extends Throwable> expected, String text, Callable<?> call) {
        if (!begin(name))
            return;
        String wanted = "expected " + expected.getName() + " with '" + text + "'";
        try {
            fail(name, wanted + ", came " + shown(call.call()));
        } catch (Throwable e) {
            if (expected.isInstance(e) && shown(e).contains(text))
                ok(name);
            else
                fail(name, wanted + ", came " + shown(e));
        }
    }

    private boolean begin(String name) {
        current = name;
        return name.contains(only);
    }

    /** The check that runs now or ran last. */
    String current() {
        return current;
    }

    private synchronized void ok(String name) {
        passed++;
        out.println("ok " + name);
        out.flush();
    }

    synchronized void fail(String name, String why) {
        failed++;
        out.println("FAIL " + name + ": " + why.replaceAll("\\p{Cntrl}", "."));
        out.flush();
    }

    /** Prints the last line. Returns the exit status; running nothing at all is a failure too. */
    synchronized int summary() {
        out.println(passed + " passed, " + failed + " failed");
        out.flush();
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    /** In one line; of what was thrown, its causes too. */
    static String shown(Object value) {
        if (!(value instanceof Throwable))
            return cut(value + (value == null ? "" : " (" + value.getClass().getSimpleName() + ")"));
        StringBuilder text = new StringBuilder();
        for (Throwable e = (Throwable) value; e != null; e = e.getCause())
            text.append(text.length() == 0 ? "" : " <- ").append(e.getClass().getName()).append(": ").append(e.getMessage());
        return text.toString();
    }

    private static String cut(String text) {
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "... (" + text.length() + " characters)";
    }
}

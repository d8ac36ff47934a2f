package com.dubboc.interop;

import com.dubboc.EchoService;

/** EchoService as far as Java can: echoRaw is echo, since a bean never sees the bytes of its call. */
public final class Echo implements EchoService {
    private static final int BIG_MAX_KIB = 64 * 1024;

    private final String address;
    private final String version;

    /** version: of this one where the program serves several, else "". whoami ends with it then. */
    public Echo(String address, String version) {
        this.address = address;
        this.version = version;
    }

    @Override
    public Object echo(Object x) {
        return x;
    }

    @Override
    public Object echoRaw(Object x) {
        return x;
    }

    @Override
    public long sleep(long ms) throws InterruptedException {
        if (ms < 0)
            throw new IllegalArgumentException("cannot sleep for " + ms + " ms");
        Thread.sleep(ms);
        return ms;
    }

    @Override
    public Object fail(String message) {
        throw new RuntimeException(message);
    }

    @Override
    public long add(long a, long b) {
        try {
            return Math.addExact(a, b);
        } catch (ArithmeticException e) {
            throw new ArithmeticException(a + " + " + b + " is beyond 64 bits");
        }
    }

    @Override
    public void nothing() {
        // Answers null.
    }

    @Override
    public String big(int kib) {
        if (kib < 0 || kib > BIG_MAX_KIB)
            throw new IllegalArgumentException(kib + " KiB is not between 0 and " + BIG_MAX_KIB);
        return "x".repeat(kib * 1024);
    }

    @Override
    public String whoami() {
        return (address + " " + ProcessHandle.current().pid() + " " + version).trim();
    }
}

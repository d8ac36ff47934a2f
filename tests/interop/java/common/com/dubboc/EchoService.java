package com.dubboc;

/** One method for each thing that one may want to try or measure. */
public interface EchoService {
    Object echo(Object x);

    Object echoRaw(Object x);

    long sleep(long ms) throws InterruptedException;

    Object fail(String message);

    long add(long a, long b);

    void nothing();

    String big(int kib);

    String whoami();
}

package com.dubboc.interop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One call over and over from many threads. Each line of standard input opens a window of so many seconds, at the end of which is printed how
 * many calls were made in it. The threads stay for all windows, and what the virtual machine has learned in the first is there in the next. */
final class Windows {
    private static final int SECONDS_MAX = 60;

    private Windows() {
    }

    /** Until standard input ends. An answer other than expected, or none, is printed and ends it too. Returns the exit status. */
    static int run(int threads, Object expected, Callable<?> call, PrintStream out) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            out.println("ready");
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int seconds = Math.min(Integer.parseInt(line.trim()), SECONDS_MAX);
                out.println(window(pool, threads, seconds, expected, call) + " calls");
            }
            return 0;
        } catch (ExecutionException e) {
            out.println("FAIL load: " + Checks.shown(e.getCause()).replaceAll("\\p{Cntrl}", "."));
            return 1;
        } finally {
            pool.shutdownNow();
        }
    }

    private static long window(ExecutorService pool, int threads, int seconds, Object expected, Callable<?> call) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        List<Callable<Long>> work = new ArrayList<>(Collections.nCopies(threads, () -> callUntil(end, expected, call)));
        long calls = 0;
        for (Future<Long> done : pool.invokeAll(work))
            calls += done.get();
        return calls;
    }

    private static long callUntil(long end, Object expected, Callable<?> call) throws Exception {
        long calls = 0;
        while (System.nanoTime() - end < 0) {
            Object came = call.call();
            if (!expected.equals(came))
                throw new IllegalStateException("expected " + expected + ", came " + came);
            calls++;
        }
        return calls;
    }
}

package com.dubboc.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many calls over few connections: one after the other, from threads at once, and after the connections have been idle. */
final class Load {
    private static final int THREADS = 8;
    private static final int CALLS = 50;
    private static final long IDLE_MS = 6_000; // just beyond what the JDK keeps a connection for, unless the provider names more

    /** A call that adds two numbers. */
    interface Addition {
        long of(int a, int b) throws Exception;
    }

    private Load() {
    }

    static void run(Checks checks, String service, Addition addition) {
        checks.same(service + ".calls.50_in_a_row", CALLS, () -> addUp(addition, 0));
        checks.same(service + ".calls.8_threads", THREADS * CALLS, () -> inThreads(addition));
    }

    static void afterIdle(Checks checks, String service, Addition addition) {
        checks.same(service + ".calls.after_idle", CALLS, () -> {
            addition.of(1, 2);
            Thread.sleep(IDLE_MS);
            return addUp(addition, 1);
        });
    }

    private static int inThreads(Addition addition) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Integer>> work = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int first = i * 1000;
                work.add(() -> addUp(addition, first));
            }
            int good = 0;
            for (Future<Integer> done : pool.invokeAll(work))
                good += done.get();
            return good;
        } finally {
            pool.shutdownNow();
        }
    }

    /** Makes 50 calls and counts the right answers. */
    private static int addUp(Addition addition, int first) throws Exception {
        int good = 0;
        for (int i = first; i < first + CALLS; i++)
            if (addition.of(i, i) == 2L * i)
                good++;
        return good;
    }
}

package com.dubboc.interop;

import com.dubboc.EchoService;
import com.ikurento.user.UserProvider;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/** A peer program: a provider until SIGTERM, a consumer that runs its checks once, or one that makes load while it is told to. Standard output belongs to the driver of the tests, so
 * that whatever a framework prints goes to standard error. */
public final class Main {
    private static final long CONSUMER_LIMIT_MS = 58_000;

    private Main() {
    }

    public static void main(String[] args) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        int status;
        try {
            status = run(new Arguments(args), out);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            status = 64;
        } catch (Throwable e) {
            e.printStackTrace();
            status = 70;
        }
        out.flush();
        System.exit(status);
    }

    private static int run(Arguments arguments, PrintStream out) throws Exception {
        switch (arguments.role) {
        case "version":
            out.println(new FrameworkPeer(arguments).version());
            return 0;
        case "provider":
            return provide(arguments, out);
        case "consumer":
            return consume(arguments, out);
        case "load":
            return load(arguments, out);
        case "read":
            return read(arguments, out);
        default:
            throw new IllegalArgumentException("not a role: " + arguments.role);
        }
    }

    private static int provide(Arguments arguments, PrintStream out) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Signal.handle(new Signal("TERM"), signal -> asked.countDown());
        Signal.handle(new Signal("INT"), signal -> asked.countDown());
        try (Peer peer = new FrameworkPeer(arguments)) {
            offer(arguments, peer);
            peer.start();
            out.println("ready");
            out.flush();
            asked.await();
        }
        return 0;
    }

    /** Each version by itself. Those after the first lie under the paths that Dubbo's Spring beans would give them, if that is asked for. */
    private static void offer(Arguments arguments, Peer peer) throws Exception {
        String[] versions = arguments.versions();
        for (int i = 0; i < versions.length; i++) {
            String suffix = i > 0 && arguments.has("own-paths") ? String.valueOf(i + 1) : "";
            String address = arguments.need("host") + ":" + arguments.need("port");
            peer.offer(UserProvider.class, new Users(), versions[i], suffix.isEmpty() ? "" : UserProvider.class.getName() + suffix);
            peer.offer(EchoService.class, new Echo(address, versions.length > 1 ? versions[i] : ""), versions[i],
                suffix.isEmpty() ? "" : EchoService.class.getName() + suffix);
        }
    }

    private static int read(Arguments arguments, PrintStream out) throws Exception {
        try (Peer peer = new FrameworkPeer(arguments)) {
            for (String line : peer.read(arguments.need("node")))
                out.println(line);
        }
        return 0;
    }

    private static int consume(Arguments arguments, PrintStream out) throws Exception {
        Checks checks = new Checks(out, arguments.get("only", ""));
        endAfter(CONSUMER_LIMIT_MS, checks);
        try (Peer peer = new FrameworkPeer(arguments)) {
            checks.group("user", () -> UserChecks.run(checks, peer));
            if (!arguments.has("no-echo"))
                checks.group("echo", () -> EchoChecks.run(checks, peer));
        }
        return checks.summary();
    }

    private static int load(Arguments arguments, PrintStream out) throws Exception {
        try (Peer peer = new FrameworkPeer(arguments)) {
            UserProvider users = peer.refer(UserProvider.class, UserProvider.class);
            return Windows.run(arguments.needNumber("threads"), Users.JOE, () -> users.GetUser("A003"), out);
        }
    }

    /** The JDK waits for a reply for two minutes; the driver of the tests does not. */
    private static void endAfter(long ms, Checks checks) {
        Thread watch = new Thread(() -> {
            try {
                Thread.sleep(ms);
            } catch (InterruptedException e) {
                return;
            }
            checks.fail("consumer.in_time", "an end within " + ms + " ms, not while in " + checks.current());
            checks.summary();
            Runtime.getRuntime().halt(1);
        });
        watch.setDaemon(true);
        watch.start();
    }
}

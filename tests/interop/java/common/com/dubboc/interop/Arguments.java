package com.dubboc.interop;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The command line of a peer: a role, then options with a value each, but for the flags. */
public final class Arguments {
    private static final Set<String> FLAGS = Set.of("no-echo", "own-paths");
    private static final Set<String> OPTIONS =
        Set.of("zookeeper", "url", "echo-url", "host", "port", "group", "version", "server", "only", "timeout", "retries", "protocol", "threads",
            "register-mode", "node");

    final String role;
    private final Map<String, String> values = new HashMap<>();

    Arguments(String[] args) {
        if (args.length == 0)
            throw new IllegalArgumentException("usage: run provider|consumer|load|version [--OPTION VALUE]...");
        role = args[0];
        for (int i = 1; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (FLAGS.contains(name))
                values.put(name, "");
            else if (OPTIONS.contains(name) && i + 1 < args.length)
                values.put(name, args[++i]);
            else
                throw new IllegalArgumentException("not understood: " + args[i]);
        }
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** The value, or null where the option is absent. */
    public String find(String name) {
        return values.get(name);
    }

    public String get(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    public String need(String name) {
        if (!has(name))
            throw new IllegalArgumentException("--" + name + " is missing");
        return values.get(name);
    }

    /** The versions that a provider serves, in this order; one without a name where none is given. */
    String[] versions() {
        return get("version", "").split(",");
    }

    public int needNumber(String name) {
        return Integer.parseInt(need(name));
    }
}

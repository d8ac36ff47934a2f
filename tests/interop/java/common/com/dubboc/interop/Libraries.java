package com.dubboc.interop;

import java.util.ArrayList;
import java.util.List;

/** Which libraries are on the class path, by the names of their files, which Maven gave them: "dubbo-2.7.3". */
public final class Libraries {
    private Libraries() {
    }

    /** The files that these classes come from, and the Java that runs, in one line. */
    public static String with(Class<?>... classes) {
        List<String> names = new ArrayList<>();
        for (Class<?> each : classes)
            names.add(each.getProtectionDomain().getCodeSource().getLocation().getPath().replaceAll(".*/|\\.jar$", ""));
        names.add("java-" + System.getProperty("java.version"));
        return String.join(" ", names);
    }
}

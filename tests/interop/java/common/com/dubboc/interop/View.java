package com.dubboc.interop;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.ProtectionDomain;

/** Another version of an interface, as a program has it that was built against an older or newer one. Frameworks look providers up by the
 * interface's full name, so that the other version must bear the same: a class loader of its own defines an interface of that name which
 * declares nothing and extends the view, by which our own code calls it. */
public final class View extends ClassLoader {
    private static final int JAVA_8 = 52;
    private static final int PUBLIC_ABSTRACT_INTERFACE = 0x0601;

    private final String name;
    private final byte[] code;
    private final ProtectionDomain origin;

    private View(String name, Class<?> view) throws IOException {
        super(view.getClassLoader());
        this.name = name;
        this.origin = view.getProtectionDomain();
        this.code = interfaceCode(name.replace('.', '/'), view.getName().replace('.', '/'));
    }

    /** An interface of service's name that extends view; view itself must be public. */
    @SuppressWarnings("unchecked")
    public static <T> Class<? extends T> of(Class<T> view, Class<?> service) throws IOException, ClassNotFoundException {
        return (Class<? extends T>) new View(service.getName(), view).loadClass(service.getName());
    }

    @Override
    protected Class<?> loadClass(String wanted, boolean resolve) throws ClassNotFoundException {
        if (!wanted.equals(name))
            return super.loadClass(wanted, resolve);
        synchronized (getClassLoadingLock(wanted)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : defineClass(name, code, 0, code.length, origin);
        }
    }

    /** Frameworks that write byte code read that of the interface first. */
    @Override
    public InputStream getResourceAsStream(String path) {
        return path.equals(name.replace('.', '/') + ".class") ? new ByteArrayInputStream(code) : super.getResourceAsStream(path);
    }

    /** A class file (chapter 4 of the JVM specification) of an interface without members. */
    private static byte[] interfaceCode(String self, String parent) throws IOException {
        String[] names = {self, "java/lang/Object", parent};
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xCAFEBABE);
        out.writeShort(0);
        out.writeShort(JAVA_8);
        out.writeShort(2 * names.length + 1);
        for (int i = 0; i < names.length; i++) {
            out.writeByte(1); // the text, constant 2i + 1
            out.writeUTF(names[i]);
            out.writeByte(7); // the class of that name, constant 2i + 2
            out.writeShort(2 * i + 1);
        }
        out.writeShort(PUBLIC_ABSTRACT_INTERFACE);
        out.writeShort(2); // this class
        out.writeShort(4); // its superclass
        out.writeShort(1); // one interface
        out.writeShort(6);
        for (int i = 0; i < 3; i++)
            out.writeShort(0); // no fields, methods, attributes
        return bytes.toByteArray();
    }
}

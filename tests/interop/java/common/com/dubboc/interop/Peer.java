package com.dubboc.interop;

/** What a framework does for the programs here. Each peer has one class FrameworkPeer of this kind, with a public constructor that takes the
 * {@link Arguments}. */
public interface Peer extends AutoCloseable {
    /** The framework's version and those of the libraries that decide what goes over the wire, in one line. */
    String version();

    /** Serves and registers one service. */
    <T> void offer(Class<T> service, T implementation) throws Exception;

    /** All services have been offered: from its return on they can be called. */
    default void start() throws Exception {
        // Most frameworks serve as soon as a service is offered.
    }

    /** A proxy of service whose methods are those of view, which may be another interface than the provider's. */
    <T> T refer(Class<T> view, Class<?> service) throws Exception;

    /** Takes back what was registered, then stops serving. */
    @Override
    void close() throws Exception;
}

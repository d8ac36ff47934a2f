package com.dubboc.interop;

/** What a framework does for the programs here. Each peer has one class FrameworkPeer of this kind, with a public constructor that takes the
 * {@link Arguments}. */
public interface Peer extends AutoCloseable {
    /** The framework's version and those of the libraries that decide what goes over the wire, in one line. */
    String version();

    /** Serves and registers one service. version: "" for none. path: where, "" for the framework's own choice. */
    <T> void offer(Class<T> service, T implementation, String version, String path) throws Exception;

    /** All services have been offered: from its return on they can be called. */
    default void start() throws Exception {
        // Most frameworks serve as soon as a service is offered.
    }

    /** A proxy of service whose methods are those of view, which may be another interface than the provider's. */
    <T> T refer(Class<T> view, Class<?> service) throws Exception;

    /** What the framework makes of the decoded name of a node, as lines: url.protocol=..., url.host=..., url.path=..., then key=value for
     * each parameter. */
    default String[] read(String node) {
        throw new IllegalArgumentException("this framework knows no nodes");
    }

    /** Takes back what was registered, then stops serving. */
    @Override
    void close() throws Exception;
}

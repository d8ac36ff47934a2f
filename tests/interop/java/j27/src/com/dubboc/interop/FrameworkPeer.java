package com.dubboc.interop;

import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.DubboShutdownHook;
import org.apache.dubbo.config.RegistryConfig;

/** Dubbo 2.7.23, which calls JSON-RPC "http", as all since 2.7.4. */
public final class FrameworkPeer extends ApachePeer {
    public FrameworkPeer(Arguments arguments) throws Exception {
        super(arguments);
    }

    @Override
    String protocol() {
        return "http";
    }

    @Override
    void adapt(ApplicationConfig application) {
        // Nothing: it registers at interface level only.
    }

    @Override
    void adapt(RegistryConfig registry) {
        registry.setUseAsConfigCenter(false);
        registry.setUseAsMetadataCenter(false);
    }

    @Override
    void shutDown() {
        DubboShutdownHook.destroyAll();
    }
}

package com.dubboc.interop;

import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.DubboShutdownHook;
import org.apache.dubbo.config.RegistryConfig;

/** Dubbo 2.7.3, the last release to call JSON-RPC "jsonrpc". */
public final class FrameworkPeer extends ApachePeer {
    public FrameworkPeer(Arguments arguments) throws Exception {
        super(arguments);
    }

    @Override
    String protocol() {
        return "jsonrpc";
    }

    @Override
    void adapt(ApplicationConfig application) {
        // Nothing: it registers at interface level only.
    }

    @Override
    void adapt(RegistryConfig registry) {
        registry.setClient("curator");
    }

    @Override
    void shutDown() {
        DubboShutdownHook.getDubboShutdownHook().doDestroy();
    }
}

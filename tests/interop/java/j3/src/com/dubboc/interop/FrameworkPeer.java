package com.dubboc.interop;

import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.rpc.model.FrameworkModel;

/** Dubbo 3.2.16 with the extension that speaks JSON-RPC, told to keep to interface-level discovery: the only one that knows protocol "http". */
public final class FrameworkPeer extends ApachePeer {
    public FrameworkPeer(Arguments arguments) throws Exception {
        super(arguments);
        System.setProperty("dubbo.application.service-discovery.migration", "FORCE_INTERFACE");
    }

    @Override
    String protocol() {
        return "http";
    }

    @Override
    void adapt(ApplicationConfig application) {
        application.setRegisterMode("interface");
    }

    @Override
    void adapt(RegistryConfig registry) {
        registry.setUseAsConfigCenter(false);
        registry.setUseAsMetadataCenter(false);
    }

    @Override
    void shutDown() {
        FrameworkModel.destroyAll();
    }
}

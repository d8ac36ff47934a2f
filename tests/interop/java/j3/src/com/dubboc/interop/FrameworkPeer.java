package com.dubboc.interop;

import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.MetadataReportConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.rpc.model.FrameworkModel;

/** Dubbo 3.2.16 with the extension that speaks JSON-RPC, told to keep to interface-level discovery: the only one that knows protocol "http".
 * --register-mode instance has it register as applications do by themselves, with its interfaces in ZooKeeper's mapping only. */
public final class FrameworkPeer extends ApachePeer {
    private final String registerMode;
    private final String zookeeper;

    public FrameworkPeer(Arguments arguments) throws Exception {
        super(arguments);
        registerMode = arguments.get("register-mode", "interface");
        zookeeper = arguments.find("zookeeper");
        System.setProperty("dubbo.application.service-discovery.migration", "FORCE_INTERFACE");
    }

    @Override
    String protocol() {
        return "http";
    }

    @Override
    void adapt(ApplicationConfig application) {
        application.setRegisterMode(registerMode);
    }

    @Override
    void adapt(RegistryConfig registry) {
        registry.setUseAsConfigCenter(false);
        registry.setUseAsMetadataCenter(false);
    }

    /** Without one it would not say anywhere which interfaces the application has. */
    @Override
    void adapt(ServiceConfig<?> service) {
        if (!registerMode.equals("interface"))
            service.setMetadataReportConfig(new MetadataReportConfig("zookeeper://" + zookeeper));
    }

    @Override
    void shutDown() {
        FrameworkModel.destroyAll();
    }
}

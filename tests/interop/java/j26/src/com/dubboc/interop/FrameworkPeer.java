package com.dubboc.interop;

import com.alibaba.dubbo.common.URL;
import com.alibaba.dubbo.common.Version;
import com.alibaba.dubbo.common.utils.NetUtils;
import com.alibaba.dubbo.config.ApplicationConfig;
import com.alibaba.dubbo.config.DubboShutdownHook;
import com.alibaba.dubbo.config.ProtocolConfig;
import com.alibaba.dubbo.config.ReferenceConfig;
import com.alibaba.dubbo.config.RegistryConfig;
import com.alibaba.dubbo.config.ServiceConfig;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.googlecode.jsonrpc4j.JsonRpcServer;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooKeeper;

/** Alibaba's Dubbo 2.6 through its programmatic API. It reads like ApachePeer, whose classes bear the same names in other packages and share no type with these. */
public final class FrameworkPeer implements Peer {
    private final Arguments arguments;
    private final List<ServiceConfig<?>> services = new ArrayList<>();
    private final List<ReferenceConfig<?>> references = new ArrayList<>();

    public FrameworkPeer(Arguments arguments) throws Exception {
        this.arguments = arguments;
        System.setProperty("dubbo.service.shutdown.wait", "1000");
        pinLocalAddress(InetAddress.getByName(arguments.get("host", "127.0.0.1")));
    }

    @Override
    public String version() {
        return Libraries.with(Version.class, JsonRpcServer.class, ObjectMapper.class, CuratorFramework.class, ZooKeeper.class);
    }

    @Override
    public <T> void offer(Class<T> service, T implementation, String version, String path) {
        ServiceConfig<T> config = new ServiceConfig<>();
        config.setApplication(application());
        config.setRegistry(registry());
        config.setProtocol(server());
        config.setInterface(service);
        config.setRef(implementation);
        config.setGroup(arguments.find("group"));
        if (!version.isEmpty())
            config.setVersion(version);
        if (!path.isEmpty())
            config.setPath(path);
        if (arguments.has("timeout"))
            config.setTimeout(Integer.valueOf(arguments.find("timeout")));
        config.export();
        services.add(config);
    }

    @Override
    public <T> T refer(Class<T> view, Class<?> service) throws Exception {
        Class<? extends T> type = view == service ? view : View.of(view, service);
        ReferenceConfig<T> config = new ReferenceConfig<>();
        config.setApplication(application());
        config.setRegistry(registry());
        config.setInterface(type);
        config.setGroup(arguments.find("group"));
        config.setVersion(arguments.find("version"));
        config.setTimeout(Integer.valueOf(arguments.get("timeout", "1000")));
        if (arguments.has("retries"))
            config.setRetries(Integer.valueOf(arguments.find("retries")));
        if (arguments.has("protocol"))
            config.setProtocol(arguments.find("protocol"));
        if (view != service)
            config.setProxy("jdk"); // the other kind mixes the two interfaces of one name up
        references.add(config);
        return getWith(type.getClassLoader(), config);
    }

    /** Dubbo looks the interface up again by its name. */
    private static <T> T getWith(ClassLoader loader, ReferenceConfig<T> config) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return config.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    public String[] read(String node) {
        URL url = URL.valueOf(node);
        List<String> lines = new ArrayList<>(
            List.of("url.protocol=" + url.getProtocol(), "url.host=" + url.getHost(), "url.path=" + url.getPath()));
        new TreeMap<>(url.getParameters()).forEach((key, value) -> lines.add(key + "=" + value));
        return lines.toArray(new String[0]);
    }

    @Override
    public void close() {
        for (ServiceConfig<?> service : services)
            service.unexport();
        for (ReferenceConfig<?> reference : references)
            reference.destroy();
        DubboShutdownHook.getDubboShutdownHook().destroyAll();
    }

    private ApplicationConfig application() {
        ApplicationConfig application = new ApplicationConfig(arguments.role.equals("provider") ? "java-provider" : "java-consumer");
        application.setQosEnable(false);
        return application;
    }

    private RegistryConfig registry() {
        RegistryConfig registry = new RegistryConfig("zookeeper://" + arguments.need("zookeeper"));
        registry.setTimeout(10_000);
        registry.setClient("curator");
        return registry;
    }

    private ProtocolConfig server() {
        ProtocolConfig protocol = new ProtocolConfig();
        protocol.setName(arguments.get("protocol", "jsonrpc"));
        protocol.setHost(arguments.need("host"));
        protocol.setPort(arguments.needNumber("port"));
        if (protocol.getName().equals("jsonrpc"))
            protocol.setServer(arguments.get("server", "jetty9"));
        return protocol;
    }

    /** Dubbo refuses to register a loopback address, but takes the one that it believes to be its own as it is. */
    private static void pinLocalAddress(InetAddress address) throws ReflectiveOperationException {
        Field cached = NetUtils.class.getDeclaredField("LOCAL_ADDRESS");
        cached.setAccessible(true);
        cached.set(null, address);
    }
}

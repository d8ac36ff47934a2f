package com.dubboc.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.googlecode.jsonrpc4j.JsonRpcServer;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.common.Version;
import org.apache.dubbo.common.utils.NetUtils;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.zookeeper.ZooKeeper;

/** Dubbo 2.7 and 3.x through its programmatic API, registering at interface level. What differs between the releases is in FrameworkPeer. */
abstract class ApachePeer implements Peer {
    private static final Set<String> SERVLETS = Set.of("jsonrpc", "http"); // protocols that are served by one

    private final Arguments arguments;
    private final List<ServiceConfig<?>> services = new ArrayList<>();
    private final List<ReferenceConfig<?>> references = new ArrayList<>();

    ApachePeer(Arguments arguments) throws Exception {
        this.arguments = arguments;
        System.setProperty("dubbo.service.shutdown.wait", "1000");
        pinLocalAddress(InetAddress.getByName(arguments.get("host", "127.0.0.1")));
    }

    /** The protocol under which this release speaks JSON-RPC. */
    abstract String protocol();

    abstract void adapt(ApplicationConfig application);

    abstract void adapt(RegistryConfig registry);

    void adapt(ServiceConfig<?> service) {
        // Most have nothing more to say.
    }

    abstract void shutDown();

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
        adapt(config);
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
        shutDown();
    }

    private ApplicationConfig application() {
        ApplicationConfig application = new ApplicationConfig(arguments.role.equals("provider") ? "java-provider" : "java-consumer");
        application.setQosEnable(false);
        adapt(application);
        return application;
    }

    private RegistryConfig registry() {
        RegistryConfig registry = new RegistryConfig("zookeeper://" + arguments.need("zookeeper"));
        registry.setTimeout(10_000);
        adapt(registry);
        return registry;
    }

    private ProtocolConfig server() {
        String server = arguments.get("server", "jetty9");
        ProtocolConfig protocol = new ProtocolConfig();
        protocol.setName(arguments.get("protocol", protocol()));
        protocol.setHost(arguments.need("host"));
        protocol.setPort(arguments.needNumber("port"));
        if (SERVLETS.contains(protocol.getName()))
            protocol.setServer(server.equals("jetty9") ? "jetty" : server);
        return protocol;
    }

    /** Dubbo refuses to register a loopback address, but takes the one that it believes to be its own as it is. */
    private static void pinLocalAddress(InetAddress address) throws ReflectiveOperationException {
        Field cached = NetUtils.class.getDeclaredField("LOCAL_ADDRESS");
        cached.setAccessible(true);
        cached.set(null, address);
    }
}

package com.dubboc.interop;

import com.dubboc.EchoService;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.googlecode.jsonrpc4j.JsonRpcHttpClient;
import com.googlecode.jsonrpc4j.JsonRpcServer;
import com.googlecode.jsonrpc4j.ProxyUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URL;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/** jsonrpc4j's own client and server, without Dubbo: no registry, a service lies under its interface's name as Dubbo would have it. */
public final class FrameworkPeer implements Peer {
    private final Arguments arguments;
    private final ServletContextHandler services = new ServletContextHandler();
    private Server server;

    public FrameworkPeer(Arguments arguments) {
        this.arguments = arguments;
    }

    /** Answers the calls of one service. */
    @SuppressWarnings("serial")
    private static final class Servlet extends HttpServlet {
        private final transient JsonRpcServer service;

        Servlet(JsonRpcServer service) {
            this.service = service;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            service.handle(request, response);
        }
    }

    @Override
    public String version() {
        return Libraries.with(JsonRpcHttpClient.class, ObjectMapper.class, Server.class);
    }

    @Override
    public <T> void offer(Class<T> service, T implementation, String version, String path) {
        services.addServlet(new ServletHolder(new Servlet(new JsonRpcServer(implementation, service))), "/" + service.getName());
    }

    @Override
    public void start() throws Exception {
        server = new Server(new InetSocketAddress(arguments.need("host"), arguments.needNumber("port")));
        server.setHandler(services);
        server.start();
    }

    @Override
    public <T> T refer(Class<T> view, Class<?> service) throws Exception {
        String base = service == EchoService.class ? arguments.get("echo-url", arguments.need("url")) : arguments.need("url");
        URL url = new URL(base + (base.endsWith("/") ? "" : "/") + service.getName());
        return ProxyUtil.createClientProxy(view.getClassLoader(), view, new JsonRpcHttpClient(url));
    }

    @Override
    public void close() throws Exception {
        if (server != null)
            server.stop();
    }
}

// The peer dubbogo02: the original dubbogo, version 0.2.0, unmodified, in both roles.
//
// It has one parameter a method: the whole array, decoded into the Go type that the method takes. It can decode exactly, so numbers survive.
// It answers to a method's Go name only, which begins with a capital, so the methods that Java writes small are QueryUser, Echo and so on here.
// It registers before it listens, and a program has to ask for the headers that every call should have.
package main

import (
	"context"
	"os"

	"github.com/AlexStocks/dubbogo/client"
	"github.com/AlexStocks/dubbogo/codec"
	dubbogo "github.com/AlexStocks/dubbogo/common"
	"github.com/AlexStocks/dubbogo/registry"
	zookeeper "github.com/AlexStocks/dubbogo/registry/zk"
	"github.com/AlexStocks/dubbogo/selector"
	"github.com/AlexStocks/dubbogo/selector/cache"
	"github.com/AlexStocks/dubbogo/server"
	"github.com/AlexStocks/dubbogo/transport"

	"interop/common"
)

const (
	protocol        = "jsonrpc"
	registryTimeout = 5 // seconds
	// In milliseconds. The framework's time-out is 5 s.
	longerThanTimeout = 6000
	// Whichever of the two timers is first.
	timedOut = "context deadline exceeded|i/o timeout"
)

func main() {
	options := common.ParseOptions()
	switch options.Role {
	case "version":
		common.Say("%s", common.Framework("dubbogo", "github.com/AlexStocks/dubbogo"))
	case "provider":
		provide(options)
	case "consumer":
		os.Exit(consume(options))
	case "load":
		found, made := newClient(options)
		os.Exit(common.Load(options, refer(found, made, options, common.UserInterface)))
	}
}

func registryOptions(options *common.Options) []registry.Option {
	return []registry.Option{
		registry.ApplicationConf(dubbogo.ApplicationConfig{Name: "dubboc-interop-dubbogo02", Organization: "dubboc", Module: "interop",
			Version: "0.2.0", Owner: "dubboc"}),
		registry.RegistryConf(registry.RegistryConfig{Address: []string{options.ZooKeeper}, Timeout: registryTimeout}),
	}
}

func service(options *common.Options, name, version string) registry.ServiceConfig {
	return registry.ServiceConfig{Protocol: protocol, Service: name, Group: options.Group, Version: version}
}

func provide(options *common.Options) {
	var services []registry.ServiceConfig
	for _, version := range options.Versions() {
		services = append(services, service(options, common.UserInterface, version), service(options, common.EchoInterface, version))
	}
	made := server.NewServer(server.Registry(zookeeper.NewProviderZookeeperRegistry(registryOptions(options)...)),
		server.Transport(transport.NewHTTPTransport()), server.ServiceConfList(services),
		server.ConfList([]registry.ServerConfig{{Protocol: protocol, IP: options.Host, Port: options.Port}}))
	for _, version := range options.Versions() {
		common.Check(made.Handle(&UserProvider{version: version}), common.UserInterface)
		if !options.NoEcho {
			common.Check(made.Handle(&EchoService{version: version, whoever: options.Whoami(version)}), common.EchoInterface)
		}
	}
	common.Check(made.Start(), "start")
	common.Say("ready")
	common.WaitForSignal()
	made.Stop()
}

func newClient(options *common.Options) (registry.Registry, client.Client) {
	found := zookeeper.NewConsumerZookeeperRegistry(registryOptions(options)...)
	return found, client.NewClient(client.Registry(found), client.CodecType(codec.CODECTYPE_JSONRPC),
		client.Selector(cache.NewSelector(selector.Registry(found), selector.SelectMode(selector.SM_RoundRobin))))
}

func refer(found registry.Registry, made client.Client, options *common.Options, name string) common.Call {
	common.Check(found.Register(service(options, name, options.Version)), name)
	return caller(made, options, name)
}

func consume(options *common.Options) int {
	found, made := newClient(options)
	defer made.Close()
	return common.Consume(options, func(options *common.Options) common.Services {
		services := common.Services{User: refer(found, made, options, common.UserInterface), TooLong: longerThanTimeout, TimedOut: timedOut}
		if !options.NoEcho {
			services.Echo = refer(found, made, options, common.EchoInterface)
		}
		return services
	})
}

// caller sets the headers that the framework's own examples set: without a map of them in the context it sends no Content-Type.
func caller(made client.Client, options *common.Options, name string) common.Call {
	return func(method string, args []any, reply any) error {
		ctx := context.WithValue(context.Background(), dubbogo.DUBBOGO_CTX_KEY,
			map[string]string{"X-Proxy-Id": "dubbogo", "X-Services": name, "X-Method": method})
		if reply == nil {
			reply = new(any)
		}
		return made.Call(ctx, made.NewRequest(options.Group, options.Version, name, method, args), reply)
	}
}

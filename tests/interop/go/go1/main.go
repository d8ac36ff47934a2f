// The peer go1: dubbo-go 1.5 in both roles, set up with the programmatic interface of its package config.
//
// Everything is as dubbo-go has it by default. Calls are made on the invoker that a reference gives, below the functions that the framework
// fills into a struct, so that one list of checks does for every Go peer.
package main

import (
	"context"
	"os"
	"strconv"

	_ "github.com/apache/dubbo-go/cluster/cluster_impl"
	_ "github.com/apache/dubbo-go/cluster/loadbalance"
	"github.com/apache/dubbo-go/common/logger"
	_ "github.com/apache/dubbo-go/common/proxy/proxy_factory"
	"github.com/apache/dubbo-go/config"
	_ "github.com/apache/dubbo-go/filter/filter_impl"
	_ "github.com/apache/dubbo-go/metadata/service/inmemory"
	"github.com/apache/dubbo-go/protocol/invocation"
	_ "github.com/apache/dubbo-go/protocol/jsonrpc"
	_ "github.com/apache/dubbo-go/registry/protocol"
	_ "github.com/apache/dubbo-go/registry/zookeeper"

	"interop/common"
)

// In milliseconds. The framework's time-out is 3 s, for each of two attempts.
const longerThanTimeout = 4000

func main() {
	options := common.ParseOptions()
	logger.SetLoggerLevel("error")
	switch options.Role {
	case "version":
		common.Say("%s", common.Framework("dubbo-go", "github.com/apache/dubbo-go"))
	case "provider":
		provide(options)
	case "consumer":
		os.Exit(common.Consume(options, services))
	case "load":
		options.NoEcho = true
		os.Exit(common.Load(options, services(options).User))
	}
}

func application() *config.ApplicationConfig {
	return config.NewApplicationConfig(config.WithAppName("dubboc-interop-go1"))
}

func zookeeper(options *common.Options) *config.RegistryConfig {
	made := config.NewDefaultRegistryConfig("zookeeper")
	made.Address = options.ZooKeeper
	return made
}

// provide serves until a signal comes; dubbo-go itself catches it and takes its nodes away first.
func provide(options *common.Options) {
	provider := config.NewProviderConfig(config.WithProviderAppConfig(application()),
		config.WithProviderRegistry("zk", zookeeper(options)),
		config.WithProviderProtocol("jsonrpc", "jsonrpc", strconv.Itoa(options.Port)))
	provider.Protocols["jsonrpc"].Ip = options.Host
	offer := func(name, service, version string) {
		made := config.NewServiceConfigByAPI(config.WithServiceRegistry("zk"), config.WithServiceProtocol("jsonrpc"),
			config.WithServiceInterface(service))
		made.Group, made.Version = options.Group, version
		provider.Services[name] = made
	}
	for _, version := range options.Versions() {
		users, echo := options.UserProvider(version), options.EchoService(version)
		offer(users.Name, common.UserInterface, version)
		config.SetProviderService(users)
		if !options.NoEcho {
			offer(echo.Name, common.EchoInterface, version)
			config.SetProviderService(echo)
		}
	}
	config.SetProviderConfig(*provider)
	config.Load()
	common.Say("ready")
	select {}
}

// services refers to what is wanted. It panics where there is no provider.
func services(options *common.Options) common.Services {
	consumer := config.NewConsumerConfig(config.WithConsumerAppConfig(application()),
		config.WithConsumerRegistryConfig("zk", zookeeper(options)))
	refer := func(name, service string) *config.ReferenceConfig {
		made := config.NewReferenceConfigByAPI(config.WithReferenceRegistry("zk"), config.WithReferenceProtocol("jsonrpc"),
			config.WithReferenceInterface(service))
		made.Group, made.Version = options.Group, options.Version
		consumer.References[name] = made
		config.SetConsumerService(&reference{name})
		return made
	}
	user := refer("user", common.UserInterface)
	var echo *config.ReferenceConfig
	if !options.NoEcho {
		echo = refer("echo", common.EchoInterface)
	}
	config.SetConsumerConfig(*consumer)
	config.Load()
	made := common.Services{User: caller(user), TooLong: longerThanTimeout, TimedOut: "i/o timeout"}
	if echo != nil {
		made.Echo = caller(echo)
	}
	return made
}

// reference stands for the struct of functions that a program would give to the framework.
type reference struct{ name string }

func (r *reference) Reference() string { return r.name }

func caller(reference *config.ReferenceConfig) common.Call {
	return func(method string, args []any, reply any) error {
		call := invocation.NewRPCInvocationWithOptions(invocation.WithMethodName(method), invocation.WithArguments(args),
			invocation.WithReply(reply))
		return reference.GetInvoker().Invoke(context.Background(), call).Error()
	}
}

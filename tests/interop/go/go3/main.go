// The peer go3: dubbo-go 3 in both roles, set up with its programmatic interface, registered and looked for by interface.
//
// Everything is as dubbo-go has it by default: three attempts a call, weight=0 in its nodes, each method under two spellings. Its package
// imports would bring every registry, protocol and exporter there is, which take minutes to compile and which nothing here asks for.
package main

import (
	"context"
	"net/url"
	"os"
	"strings"
	"time"

	"dubbo.apache.org/dubbo-go/v3"
	"dubbo.apache.org/dubbo-go/v3/client"
	"dubbo.apache.org/dubbo-go/v3/logger"
	"dubbo.apache.org/dubbo-go/v3/protocol"
	"dubbo.apache.org/dubbo-go/v3/registry"
	"dubbo.apache.org/dubbo-go/v3/server"
	"github.com/dubbogo/go-zookeeper/zk"

	"interop/common"

	// What the framework looks up by name with its defaults and a ZooKeeper registry.
	_ "dubbo.apache.org/dubbo-go/v3/cluster/cluster/failover"
	_ "dubbo.apache.org/dubbo-go/v3/cluster/loadbalance/random"
	_ "dubbo.apache.org/dubbo-go/v3/cluster/router/condition"
	_ "dubbo.apache.org/dubbo-go/v3/cluster/router/tag"
	_ "dubbo.apache.org/dubbo-go/v3/metadata/report/zookeeper"
	_ "dubbo.apache.org/dubbo-go/v3/protocol/dubbo" // a provider offers its metadata with it
	_ "dubbo.apache.org/dubbo-go/v3/protocol/jsonrpc"
	_ "dubbo.apache.org/dubbo-go/v3/proxy/proxy_factory"
	_ "dubbo.apache.org/dubbo-go/v3/registry/directory"
	_ "dubbo.apache.org/dubbo-go/v3/registry/protocol"
	_ "dubbo.apache.org/dubbo-go/v3/registry/zookeeper"

	// Every filter that a provider or a consumer has unless told otherwise: a call would end in a nil pointer if one was absent.
	_ "dubbo.apache.org/dubbo-go/v3/filter/accesslog"
	_ "dubbo.apache.org/dubbo-go/v3/filter/echo"
	_ "dubbo.apache.org/dubbo-go/v3/filter/exec_limit"
	_ "dubbo.apache.org/dubbo-go/v3/filter/generic"
	_ "dubbo.apache.org/dubbo-go/v3/filter/graceful_shutdown"
	_ "dubbo.apache.org/dubbo-go/v3/filter/token"
	_ "dubbo.apache.org/dubbo-go/v3/filter/tps"
)

// In milliseconds. The framework's time-out is 3 s, for each of three attempts.
const longerThanTimeout = 4000

func main() {
	options := common.ParseOptions()
	switch options.Role {
	case "version":
		common.Say("%s", common.Framework("dubbo-go", "dubbo.apache.org/dubbo-go/v3"))
	case "provider":
		provide(options)
	case "consumer":
		os.Exit(common.Consume(options, services))
	case "load":
		os.Exit(common.Load(options, refer(newClient(options), options, common.UserInterface)))
	}
}

func instance(options *common.Options) *dubbo.Instance {
	made, err := dubbo.NewInstance(
		dubbo.WithName("dubboc-interop-go3"),
		dubbo.WithLogger(logger.WithLevel("error")),
		dubbo.WithRegistry(registry.WithZookeeper(), registry.WithAddress(options.ZooKeeper), registry.WithRegisterInterface()),
		dubbo.WithProtocol(protocol.WithJSONRPC(), protocol.WithIp(options.Host), protocol.WithPort(options.Port)))
	common.Check(err, "dubbo-go")
	return made
}

// provide serves until a signal comes; dubbo-go itself catches it and takes its nodes away first.
func provide(options *common.Options) {
	made, err := instance(options).NewServer()
	common.Check(err, "server")
	offer := func(service any, name, version string) {
		common.Check(made.RegisterService(service, server.WithInterface(name), server.WithGroup(options.Group),
			server.WithVersion(version)), name)
	}
	for _, version := range options.Versions() {
		offer(options.UserProvider(version), common.UserInterface, version)
		if !options.NoEcho {
			offer(options.EchoService(version), common.EchoInterface, version)
		}
	}
	go sayWhenRegistered(options)
	common.Check(made.Serve(), "serve")
}

// sayWhenRegistered looks into ZooKeeper, since Serve returns only when all is over. EchoService may come before UserProvider.
func sayWhenRegistered(options *common.Options) {
	zookeeper, _, err := zk.Connect([]string{options.ZooKeeper}, 5*time.Second, zk.WithLogInfo(false))
	common.Check(err, "ZooKeeper")
	defer zookeeper.Close()
	services := []string{common.UserInterface}
	if !options.NoEcho {
		services = append(services, common.EchoInterface)
	}
	for _, service := range services {
		for countRegistered(zookeeper, service, options.Address()) < len(options.Versions()) {
			time.Sleep(20 * time.Millisecond)
		}
	}
	common.Say("ready")
}

func countRegistered(zookeeper *zk.Conn, service, address string) (count int) {
	nodes, _, _ := zookeeper.Children("/dubbo/" + service + "/providers")
	for _, node := range nodes {
		if strings.Contains(node, url.QueryEscape("://"+address+"/")) {
			count++
		}
	}
	return count
}

func services(options *common.Options) common.Services {
	made := newClient(options)
	found := common.Services{User: refer(made, options, common.UserInterface), TooLong: longerThanTimeout, TimedOut: "i/o timeout"}
	if !options.NoEcho {
		found.Echo = refer(made, options, common.EchoInterface)
	}
	return found
}

func newClient(options *common.Options) *client.Client {
	made, err := instance(options).NewClient()
	common.Check(err, "client")
	return made
}

func refer(made *client.Client, options *common.Options, name string) common.Call {
	connection, err := made.Dial(name, client.WithProtocolJsonRPC(), client.WithGroup(options.Group), client.WithVersion(options.Version))
	common.Check(err, name)
	return func(method string, args []any, reply any) error {
		return connection.CallUnary(context.Background(), args, reply, method)
	}
}

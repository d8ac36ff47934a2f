package common

// The command line of a peer, and the lines it prints. The `run` script gives the program its standard output as descriptor 3 and lets the
// framework's own output, whatever it is, go to standard error.

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

const consumerMaxTime = 55 * time.Second

// Options are the options of a peer.
type Options struct {
	Role      string
	ZooKeeper string
	Host      string
	Port      int
	Group     string
	Version   string
	Only      string
	NoEcho    bool
	Threads   int
}

// Address is where the provider listens.
func (o *Options) Address() string { return fmt.Sprintf("%s:%d", o.Host, o.Port) }

// Versions are those that a provider serves; an empty one where none is given.
func (o *Options) Versions() []string { return strings.Split(o.Version, ",") }

// Whoami is the provider's answer to whoami(). It ends with the version that answers where there are several.
func (o *Options) Whoami(version string) string {
	if len(o.Versions()) == 1 {
		version = ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", o.Address(), os.Getpid(), version))
}

// ParseOptions reads the command line. It ends the program where that is wrong.
func ParseOptions() *Options {
	var o Options
	flags := flag.NewFlagSet("peer", flag.ExitOnError)
	flags.StringVar(&o.ZooKeeper, "zookeeper", "", "host:port of ZooKeeper")
	flags.StringVar(&o.Host, "host", "127.0.0.1", "address to listen on and to register")
	flags.IntVar(&o.Port, "port", 0, "port to listen on")
	flags.StringVar(&o.Group, "group", "", "group of the services")
	flags.StringVar(&o.Version, "version", "", "version of the services; of a provider several, with commas between")
	flags.StringVar(&o.Only, "only", "", "run only the checks with this in their names")
	flags.BoolVar(&o.NoEcho, "no-echo", false, "leave EchoService out")
	flags.IntVar(&o.Threads, "threads", 1, "callers at the same time, of a load")
	flags.String("server", "", "of no meaning to a Go peer")
	if len(os.Args) > 1 {
		o.Role = os.Args[1]
		_ = flags.Parse(os.Args[2:])
	}
	known := o.Role == "provider" || o.Role == "consumer" || o.Role == "load"
	wrong := !known || o.ZooKeeper == "" || flags.NArg() > 0 || o.Role == "provider" && o.Port <= 0 || o.Threads < 1
	if o.Role != "version" && wrong {
		fmt.Fprintln(os.Stderr, "usage: run version | run provider|consumer|load --zookeeper HOST:PORT [--port N] [--OPTION VALUE]...")
		flags.PrintDefaults()
		os.Exit(64)
	}
	return &o
}

var out = os.NewFile(3, "out")

// Say prints a line where the caller of `run` reads.
func Say(format string, args ...any) {
	if out == nil {
		out = os.Stdout
	}
	fmt.Fprintf(out, format+"\n", args...)
}

// Check ends the program with status 1 on an error.
func Check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

// Framework is the version of the module that the program was built with, under a name, and that of Go.
func Framework(name, path string) string {
	version := "?"
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			version = module.Version
		}
	}
	return name + " " + version + ", " + info.GoVersion
}

// WaitForSignal returns when the program is asked to end.
func WaitForSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
}

// Consume makes all checks on the services that refer gives, and returns the exit status. A framework that panics, as some do where there is no
// provider, has failed.
func Consume(options *Options, refer func(*Options) Services) (status int) {
	checks := NewChecks(options.Only)
	endInTime(checks)
	defer func() {
		if why := recover(); why != nil {
			checks.broken(why)
			status = checks.Summary()
		}
	}()
	services := refer(options)
	services.Run(checks)
	return checks.Summary()
}

// endInTime ends a consumer that would run for too long.
func endInTime(checks *Checks) {
	time.AfterFunc(consumerMaxTime, func() {
		checks.fail(checks.running(), "an end within "+consumerMaxTime.String(), "none")
		os.Exit(checks.Summary())
	})
}

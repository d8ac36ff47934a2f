// Package gxnet stands in for the one function of goext/net that dubbogo uses.
package gxnet

import (
	"net"
	"strconv"
)

// HostAddress is host:port.
func HostAddress(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

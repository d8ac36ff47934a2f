module interop/dubbogo02

go 1.21

require (
	github.com/AlexStocks/dubbogo v0.2.0
	interop/common v0.0.0
)

require (
	github.com/AlexStocks/goext v0.0.0 // indirect
	github.com/AlexStocks/log4go v0.0.0 // indirect
	github.com/juju/errors v1.0.0 // indirect
	github.com/samuel/go-zookeeper v0.0.0-20190923202752-2cc03de413da // indirect
)

replace (
	github.com/AlexStocks/goext => ./goext
	github.com/AlexStocks/log4go => ./log4go
	interop/common => ../common
)

include registry/core.mk
include registry/zookeeper.mk

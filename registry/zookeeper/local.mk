libdubboc_core_la_SOURCES += \
	registry/zookeeper/zookeeper_registry.h registry/zookeeper/zookeeper_registry.c \
	registry/zookeeper/address.h registry/zookeeper/address.c \
	registry/zookeeper/away.c \
	registry/zookeeper/batch.c \
	registry/zookeeper/core.h registry/zookeeper/core_impl.h registry/zookeeper/core.c \
	registry/zookeeper/event.h registry/zookeeper/event.c \
	registry/zookeeper/leftovers.c \
	registry/zookeeper/lookup.c \
	registry/zookeeper/mailbox.h registry/zookeeper/mailbox.c \
	registry/zookeeper/node.c \
	registry/zookeeper/notify.h registry/zookeeper/notify.c \
	registry/zookeeper/path.h registry/zookeeper/path.c \
	registry/zookeeper/port.h registry/zookeeper/port.c \
	registry/zookeeper/probe.h registry/zookeeper/probe.c \
	registry/zookeeper/task.h registry/zookeeper/task.c \
	registry/zookeeper/watch.c

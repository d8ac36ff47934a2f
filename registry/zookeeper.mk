libdubboc_core_la_SOURCES += \
	registry/zookeeper.h registry/zookeeper.c \
	registry/zookeeper_address.h registry/zookeeper_address.c \
	registry/zookeeper_away.c \
	registry/zookeeper_batch.c \
	registry/zookeeper_core.h registry/zookeeper_core_impl.h registry/zookeeper_core.c \
	registry/zookeeper_event.h registry/zookeeper_event.c \
	registry/zookeeper_leftovers.c \
	registry/zookeeper_lookup.c \
	registry/zookeeper_mailbox.h registry/zookeeper_mailbox.c \
	registry/zookeeper_node.c \
	registry/zookeeper_notify.h registry/zookeeper_notify.c \
	registry/zookeeper_path.h registry/zookeeper_path.c \
	registry/zookeeper_port.h registry/zookeeper_port.c \
	registry/zookeeper_probe.h registry/zookeeper_probe.c \
	registry/zookeeper_task.h registry/zookeeper_task.c \
	registry/zookeeper_watch.c

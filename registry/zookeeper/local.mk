libdubboc_core_la_SOURCES += \
	registry/zookeeper/address.c registry/zookeeper/address.h \
	registry/zookeeper/away.c registry/zookeeper/away.h \
	registry/zookeeper/batch.c registry/zookeeper/batch.h \
	registry/zookeeper/event.c registry/zookeeper/event.h \
	registry/zookeeper/lookup.c registry/zookeeper/lookup.h \
	registry/zookeeper/mailbox.c registry/zookeeper/mailbox.h \
	registry/zookeeper/node.c registry/zookeeper/node.h \
	registry/zookeeper/notify.c registry/zookeeper/notify.h \
	registry/zookeeper/path.c registry/zookeeper/path.h \
	registry/zookeeper/port.c registry/zookeeper/port.h \
	registry/zookeeper/probe.c registry/zookeeper/probe.h \
	registry/zookeeper/requests.c registry/zookeeper/requests.h \
	registry/zookeeper/session.c registry/zookeeper/session.h \
	registry/zookeeper/sweep.c registry/zookeeper/sweep.h \
	registry/zookeeper/task.c registry/zookeeper/task.h \
	registry/zookeeper/watch.c registry/zookeeper/watch.h \
	registry/zookeeper/zookeeper_registry.c registry/zookeeper/zookeeper_registry.h

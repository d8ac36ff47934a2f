libdubboc_core_la_SOURCES += \
	registry/node_label.c registry/node_label.h \
	registry/provider_url.c registry/provider_url.h \
	registry/registry.c registry/registry.h registry/registry_ops.h \
	registry/static_registry.c \
	registry/subscribers.c registry/subscribers.h \
	registry/url_address.c registry/url_address.h \
	registry/url_match.c \
	registry/url_writer.c
include registry/file/local.mk
include registry/zookeeper/local.mk

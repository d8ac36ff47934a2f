libdubboc_core_la_SOURCES += \
	registry/category.c registry/category.h \
	registry/kinds.h \
	registry/node_label.c registry/node_label.h \
	registry/provider_url.c registry/provider_url.h \
	registry/registry.c registry/registry.h \
	registry/registry_list.c registry/registry_list.h \
	registry/registry_ops.h registry/registry_types.h \
	registry/static_registry.c \
	registry/subscribers.c registry/subscribers.h \
	registry/url_match.c registry/url_match.h \
	registry/url_writer.c registry/url_writer.h
include registry/file/local.mk
include registry/zookeeper/local.mk

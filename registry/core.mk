libdubboc_core_la_SOURCES += \
	registry/file_folders.c registry/file_folders.h \
	registry/file_lock.c registry/file_lock.h \
	registry/file_node.c registry/file_node.h \
	registry/node_label.c registry/node_label.h \
	registry/provider_url.c registry/provider_url.h \
	registry/registry.c registry/registry.h registry/registry_ops.h \
	registry/registry_file.c \
	registry/registry_static.c \
	registry/subscribers.c registry/subscribers.h \
	registry/url_address.c registry/url_address.h \
	registry/url_match.c \
	registry/url_writer.c

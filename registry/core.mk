libdubboc_core_la_SOURCES += \
	registry/provider_url.c registry/provider_url.h \
	registry/registry.c registry/registry.h registry/registry_ops.h \
	registry/registry_static.c \
	registry/subscribers.c registry/subscribers.h \
	registry/url_codec.c \
	registry/url_match.c \
	registry/url_writer.c

libdubboc_core_la_SOURCES += \
	registry/provider_url.c registry/provider_url.h \
	registry/url_codec.c \
	registry/url_match.c \
	registry/url_writer.c

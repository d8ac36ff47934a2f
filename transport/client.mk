libdubboc_core_la_SOURCES += \
	transport/http_reply.c transport/http_reply.h

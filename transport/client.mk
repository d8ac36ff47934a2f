libdubboc_core_la_SOURCES += \
	transport/http_client.c transport/http_client.h transport/http_internal.h \
	transport/http_connect.c \
	transport/http_trust.c transport/http_trust.h \
	transport/http_exchange.c \
	transport/http_pool.c \
	transport/http_reply.c transport/http_reply.h

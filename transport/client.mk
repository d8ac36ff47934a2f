libdubboc_core_la_SOURCES += \
	transport/http_client.c transport/http_client.h \
	transport/http_client_connect.c transport/http_client_connect.h \
	transport/http_client_connection.c transport/http_client_connection.h \
	transport/http_client_exchange.c transport/http_client_exchange.h \
	transport/http_client_names.c transport/http_client_names.h \
	transport/http_client_opener.c transport/http_client_opener.h \
	transport/http_client_probe.c transport/http_client_probe.h \
	transport/http_client_pool.c transport/http_client_pool.h \
	transport/http_client_reply.c transport/http_client_reply.h \
	transport/http_client_target.c transport/http_client_target.h \
	transport/http_client_trust.c transport/http_client_trust.h

libdubboc_core_la_SOURCES += \
	transport/http_server_accept.c \
	transport/http_server_authority.c transport/http_server_authority.h \
	transport/http_server_body.c transport/http_server_body.h \
	transport/http_server_connection.c \
	transport/http_server_daemon.c transport/http_server_daemon.h \
	transport/http_server_guard.c transport/http_server_guard.h \
	transport/http_server_request.c \
	transport/http_server_loop.c transport/http_server_loop.h \
	transport/http_server_ready.c \
	transport/http_server.c transport/http_server.h

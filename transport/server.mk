libdubboc_core_la_SOURCES += \
	transport/http_accept.c \
	transport/http_authority.c transport/http_authority.h \
	transport/http_body.c transport/http_body.h \
	transport/http_conn.c \
	transport/http_daemon.c transport/http_daemon.h \
	transport/http_guard.c transport/http_guard.h \
	transport/http_incoming.c \
	transport/http_loop.c transport/http_loop.h \
	transport/http_ready.c \
	transport/http_server.c transport/http_server.h

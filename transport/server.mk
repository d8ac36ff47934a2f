libdubboc_core_la_SOURCES += \
	transport/http_server.c transport/http_server.h transport/http_server_internal.h \
	transport/http_server_accept.c transport/http_server_accept.h \
	transport/http_server_body.c transport/http_server_body.h \
	transport/http_server_body_wait.c transport/http_server_body_wait.h \
	transport/http_server_connection.c transport/http_server_connection.h \
	transport/http_server_daemon.c transport/http_server_daemon.h \
	transport/http_server_guard.c transport/http_server_guard.h \
	transport/http_server_handoff.c transport/http_server_handoff.h \
	transport/http_server_incoming.c transport/http_server_incoming.h \
	transport/http_server_loop.c transport/http_server_loop.h \
	transport/http_server_request.c transport/http_server_request.h \
	transport/http_server_request_pool.c transport/http_server_request_pool.h \
	transport/http_server_response.c transport/http_server_response.h \
	transport/http_server_shared.c transport/http_server_shared.h \
	transport/http_server_shares.c transport/http_server_shares.h \
	transport/http_server_types.h

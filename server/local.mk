libdubboc_core_la_SOURCES += \
	server/deferred.c server/deferred.h \
	server/dispatch.c server/dispatch.h \
	server/exchange.h \
	server/handler_failure.c server/handler_failure.h \
	server/registration.c server/registration.h \
	server/request.c \
	server/run.c \
	server/server.c server/server.h \
	server/service.c server/service.h \
	server/stop_wait.c server/stop_wait.h \
	server/unused_sections.c server/unused_sections.h \
	server/work_queue.c server/work_queue.h \
	server/workers.c server/workers.h

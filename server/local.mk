libdubboc_core_la_SOURCES += \
	server/call_counts.c server/call_counts.h \
	server/deferrals.c server/deferrals.h \
	server/deferred.c \
	server/dispatch.c server/dispatch.h \
	server/exchange.c server/exchange.h \
	server/failure.c server/failure.h \
	server/invoke.c server/invoke.h \
	server/registration.c server/registration.h \
	server/reply.c server/reply.h \
	server/request.c server/request.h \
	server/run.c \
	server/server.c server/server.h \
	server/service.c server/service.h \
	server/serving.h \
	server/stats.c \
	server/stop_wait.c server/stop_wait.h \
	server/unused_sections.c server/unused_sections.h \
	server/work_queue.c server/work_queue.h \
	server/workers.c server/workers.h

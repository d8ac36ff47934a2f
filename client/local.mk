libdubboc_core_la_SOURCES += \
	client/async.c client/async.h \
	client/call.c client/call.h \
	client/call_report.c client/call_report.h \
	client/call_room.c client/call_room.h \
	client/call_settings.c client/call_settings.h \
	client/call_state.h \
	client/call_trouble.c client/call_trouble.h \
	client/client.h \
	client/client_life.c \
	client/counters.c client/counters.h \
	client/dialect.c client/dialect.h \
	client/io_driver.c client/io_driver.h \
	client/io_loop.c client/io_loop.h \
	client/judge.c client/judge.h \
	client/leave.c client/leave.h \
	client/pending.c client/pending.h \
	client/reference.c client/reference.h \
	client/request.c client/request.h \
	client/sync.c \
	client/timeout.c client/timeout.h

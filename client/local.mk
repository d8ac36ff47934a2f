libdubboc_core_la_SOURCES += \
	client/call.c client/call.h \
	client/client.c client/client.h \
	client/counters.c client/counters.h \
	client/dialect.c client/dialect.h \
	client/judge.c \
	client/reference.c \
	client/request.c \
	client/sync.c \
	client/timeout.c

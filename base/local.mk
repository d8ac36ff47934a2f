libdubboc_core_la_SOURCES += \
	base/address.c base/address.h \
	base/buffer.c base/buffer.h \
	base/clock.c base/clock.h \
	base/condition.c base/condition.h \
	base/error.c base/error.h \
	base/grow_table.c base/grow_table.h \
	base/hash.h \
	base/http_bytes.c base/http_bytes.h \
	base/latency.c base/latency.h \
	base/log.c base/log.h \
	base/log_scale.h \
	base/map.c base/map.h \
	base/mask.c base/mask.h \
	base/mem.c base/mem.h \
	base/memory_budget.c base/memory_budget.h \
	base/memory_size.c base/memory_size.h \
	base/mutex.c base/mutex.h \
	base/own_address.c base/own_address.h \
	base/random.c base/random.h \
	base/slice.c base/slice.h \
	base/sized.c base/sized.h \
	base/slot.c base/slot.h \
	base/stop_signal.c base/stop_signal.h \
	base/text.c \
	base/thread.c base/thread.h \
	base/timers.c base/timers.h \
	base/url_codec.c base/url_codec.h \
	base/utf8.c base/utf8.h \
	base/waiter.c base/waiter.h \
	base/wake.c base/wake.h
include base/config.mk

pkginclude_HEADERS = \
	include/dubboc/dubboc.h \
	include/dubboc/async.h \
	include/dubboc/client.h \
	include/dubboc/config.h \
	include/dubboc/defs.h \
	include/dubboc/error.h \
	include/dubboc/json.h \
	include/dubboc/json_typed.h \
	include/dubboc/latency.h \
	include/dubboc/log.h \
	include/dubboc/server.h \
	include/dubboc/text.h

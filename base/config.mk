libdubboc_core_la_SOURCES += \
	base/ini.c base/ini.h

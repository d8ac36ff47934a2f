libdubboc_core_la_SOURCES += \
	base/config.c base/config.h \
	base/config_each.c \
	base/config_keys.c base/config_keys.h \
	base/config_load.c \
	base/config_mask.c base/config_mask.h \
	base/config_store.c base/config_store.h \
	base/config_value.c base/config_value.h \
	base/ini.c base/ini.h

libdubboc_core_la_SOURCES += registry/own_address.c registry/own_address.h
include registry/core.mk
include registry/zookeeper.mk

libdubboc_core_la_SOURCES += \
	registry/file/file_registry.c \
	registry/file/folders.c registry/file/folders.h \
	registry/file/lock.c registry/file/lock.h \
	registry/file/node.c registry/file/node.h

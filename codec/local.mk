libdubboc_core_la_SOURCES += \
	codec/json_access.c codec/json_build.c codec/json_build.h \
	codec/json_double.c codec/json_double.h \
	codec/json_format.c codec/json_format.h \
	codec/json_number.c codec/json_number.h \
	codec/json_maker.c codec/json_maker.h codec/json_pack.c \
	codec/json_reader.c codec/json_reader.h codec/json_unpack.c \
	codec/json_typed_build.c codec/json_typed_read.c \
	codec/json_path.c codec/json_path.h \
	codec/json_plain.h \
	codec/json_powers.c codec/json_powers.h \
	codec/json_scan.c codec/json_scan.h \
	codec/json_text.c codec/json_text.h \
	codec/json_tree.c codec/json_tree.h \
	codec/json_write.c codec/json_write.h \
	codec/jsonrpc.h codec/jsonrpc_envelope.c codec/jsonrpc_envelope.h \
	codec/jsonrpc_reply.c codec/jsonrpc_request.c
EXTRA_DIST += codec/json_powers.py

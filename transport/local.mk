include transport/client.mk
include transport/server.mk

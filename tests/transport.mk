include tests/transport_client.mk
include tests/transport_server.mk

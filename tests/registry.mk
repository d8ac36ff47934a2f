include tests/registry_core.mk
include tests/registry_zookeeper.mk

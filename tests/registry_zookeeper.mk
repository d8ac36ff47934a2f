# A real ZooKeeper for whoever tests with one: tests/support/zookeeper_server.h.
check_LTLIBRARIES += libtest_zookeeper.la
libtest_zookeeper_la_CPPFLAGS = $(test_cppflags)
libtest_zookeeper_la_SOURCES = \
	tests/support/tcp_relay.h tests/support/tcp_relay.c \
	tests/support/zookeeper_client.h tests/support/zookeeper_client.c \
	tests/support/zookeeper_fake.h tests/support/zookeeper_fake.c \
	tests/support/zookeeper_server.h tests/support/zookeeper_server.c
EXTRA_DIST += tests/support/zookeeper-server.sh

zookeeper_tests = \
	tests/registry/contract_zookeeper_test \
	tests/registry/zookeeper_address_test \
	tests/registry/zookeeper_away_test \
	tests/registry/zookeeper_batch_test \
	tests/registry/zookeeper_connect_test \
	tests/registry/zookeeper_leftovers_test \
	tests/registry/zookeeper_model_test \
	tests/registry/zookeeper_node_test \
	tests/registry/zookeeper_port_test \
	tests/registry/zookeeper_recovery_test \
	tests/registry/zookeeper_server_test \
	tests/registry/zookeeper_session_test \
	tests/registry/zookeeper_transaction_test \
	tests/registry/zookeeper_watch_test
check_PROGRAMS += $(zookeeper_tests)
TESTS += $(zookeeper_tests)
server_fixture = tests/registry/server_fixture.c tests/registry/server_fixture.h
tests_registry_zookeeper_connect_test_SOURCES = tests/registry/zookeeper_connect_test.c $(server_fixture)
tests_registry_zookeeper_connect_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_connect_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_recovery_test_SOURCES = tests/registry/zookeeper_recovery_test.c $(server_fixture)
tests_registry_zookeeper_recovery_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_recovery_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_server_test_SOURCES = tests/registry/zookeeper_server_test.c $(server_fixture)
tests_registry_zookeeper_server_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_server_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_transaction_test_SOURCES = tests/registry/zookeeper_transaction_test.c $(server_fixture)
tests_registry_zookeeper_transaction_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_transaction_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_contract_zookeeper_test_CPPFLAGS = $(test_cppflags)
tests_registry_contract_zookeeper_test_LDADD = libtest_zookeeper.la $(registry_contract_libs)
session_fixture = tests/registry/session_fixture.c tests/registry/session_fixture.h
tests_registry_zookeeper_away_test_SOURCES = tests/registry/zookeeper_away_test.c $(session_fixture)
tests_registry_zookeeper_away_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_away_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_batch_test_SOURCES = tests/registry/zookeeper_batch_test.c $(session_fixture)
tests_registry_zookeeper_batch_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_batch_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_session_test_SOURCES = tests/registry/zookeeper_session_test.c $(session_fixture)
tests_registry_zookeeper_session_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_session_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_leftovers_test_SOURCES = tests/registry/zookeeper_leftovers_test.c $(session_fixture)
tests_registry_zookeeper_leftovers_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_leftovers_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_node_test_SOURCES = tests/registry/zookeeper_node_test.c $(session_fixture)
tests_registry_zookeeper_node_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_node_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_watch_test_SOURCES = tests/registry/zookeeper_watch_test.c $(session_fixture)
tests_registry_zookeeper_watch_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_watch_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_address_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_address_test_LDADD = $(test_libs)
tests_registry_zookeeper_model_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_model_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_registry_zookeeper_port_test_CPPFLAGS = $(test_cppflags)
tests_registry_zookeeper_port_test_LDADD = $(test_libs)
tests_registry_zookeeper_port_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_create

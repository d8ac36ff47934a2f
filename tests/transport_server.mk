http_server_tests = tests/transport/http_server_test tests/transport/http_server_guard_test tests/transport/http_server_limits_test \
	tests/transport/http_server_life_test
check_PROGRAMS += $(http_server_tests)
TESTS += $(http_server_tests)
server_peer = tests/transport/server_peer.h tests/transport/server_peer.c
tests_transport_http_server_test_SOURCES = tests/transport/http_server_test.c $(server_peer)
tests_transport_http_server_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_server_test_LDADD = $(test_libs)
tests_transport_http_server_guard_test_SOURCES = tests/transport/http_server_guard_test.c $(server_peer)
tests_transport_http_server_guard_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_server_guard_test_LDADD = $(test_libs)
tests_transport_http_server_limits_test_SOURCES = tests/transport/http_server_limits_test.c $(server_peer)
tests_transport_http_server_limits_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_server_limits_test_LDADD = $(test_libs)
tests_transport_http_server_life_test_SOURCES = tests/transport/http_server_life_test.c $(server_peer)
tests_transport_http_server_life_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_server_life_test_LDADD = $(test_libs)

transport_client_tests = tests/transport/http_reply_test
check_PROGRAMS += $(transport_client_tests)
TESTS += $(transport_client_tests)
tests_transport_http_reply_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_reply_test_LDADD = $(test_libs)

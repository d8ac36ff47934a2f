# What several tests of the HTTP client share stands in the support library.
libtest_support_la_SOURCES += \
	tests/support/scripted_peer.c tests/support/scripted_peer.h \
	tests/transport/client_fixture.c tests/transport/client_fixture.h
transport_client_tests = tests/transport/http_client_reply_test tests/transport/http_client_exchange_test \
	tests/transport/http_client_pool_test tests/transport/http_client_connect_test \
	tests/transport/http_client_names_test tests/transport/http_client_opener_test \
	tests/transport/http_client_alloc_test tests/transport/http_tls_test
check_PROGRAMS += $(transport_client_tests)
TESTS += $(transport_client_tests)
tls_peer = tests/transport/tls_peer.c tests/transport/tls_peer.h
tests_transport_http_client_reply_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_reply_test_LDADD = $(test_libs)
tests_transport_http_client_exchange_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_exchange_test_LDADD = $(test_libs)
tests_transport_http_client_names_test_SOURCES = tests/transport/http_client_names_test.c tests/support/names.c tests/support/names.h
tests_transport_http_client_names_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_names_test_LDADD = $(test_libs)
tests_transport_http_client_opener_test_SOURCES = tests/transport/http_client_opener_test.c tests/support/names.c tests/support/names.h \
	$(tls_peer)
tests_transport_http_client_opener_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_opener_test_LDADD = $(test_libs)
tests_transport_http_client_pool_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_pool_test_LDADD = $(test_libs)
tests_transport_http_client_connect_test_SOURCES = tests/transport/http_client_connect_test.c tests/support/names.c tests/support/names.h
tests_transport_http_client_connect_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_connect_test_LDADD = $(test_libs)
tests_transport_http_client_alloc_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_client_alloc_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_transport_http_client_alloc_test_LDADD = $(test_libs)
tests_transport_http_tls_test_SOURCES = tests/transport/http_tls_test.c $(tls_peer)
tests_transport_http_tls_test_CPPFLAGS = $(test_cppflags)
tests_transport_http_tls_test_LDADD = $(test_libs)
EXTRA_DIST += tests/transport/tls/peer.py tests/transport/tls/certificate.pem tests/transport/tls/key.pem tests/transport/tls/stranger.pem

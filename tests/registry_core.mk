registry_core_tests = \
	tests/registry/provider_url_test \
	tests/registry/static_test \
	tests/registry/url_match_test \
	tests/registry/url_writer_test
check_PROGRAMS += $(registry_core_tests)
TESTS += $(registry_core_tests)
tests_registry_provider_url_test_CPPFLAGS = $(test_cppflags)
tests_registry_provider_url_test_LDADD = $(test_libs)
tests_registry_provider_url_test_SOURCES = tests/registry/provider_url_test.c tests/registry/nodes.h
tests_registry_url_match_test_CPPFLAGS = $(test_cppflags)
tests_registry_url_match_test_LDADD = $(test_libs)
tests_registry_url_writer_test_CPPFLAGS = $(test_cppflags)
tests_registry_url_writer_test_LDADD = $(test_libs)
tests_registry_url_writer_test_SOURCES = tests/registry/url_writer_test.c tests/registry/nodes.h
tests_registry_static_test_CPPFLAGS = $(test_cppflags)
tests_registry_static_test_LDADD = $(test_libs)

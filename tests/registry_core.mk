registry_core_tests = \
	tests/registry/alloc_test \
	tests/registry/contract_file_test \
	tests/registry/contract_static_test \
	tests/registry/file_process_test \
	tests/registry/file_test \
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

# What each kind of registry links for the contract suite.
check_LTLIBRARIES += libregistry_contract.la
libregistry_contract_la_CPPFLAGS = $(test_cppflags)
libregistry_contract_la_SOURCES = \
	tests/registry/contract.c tests/registry/contract.h \
	tests/registry/contract_recover.c \
	tests/registry/contract_register.c \
	tests/registry/contract_steps.c tests/registry/contract_steps.h \
	tests/registry/contract_subscribe.c \
	tests/registry/contract_use.c
registry_contract_libs = libregistry_contract.la $(test_libs)
tests_registry_contract_file_test_CPPFLAGS = $(test_cppflags)
tests_registry_contract_file_test_LDADD = $(registry_contract_libs)
tests_registry_contract_static_test_CPPFLAGS = $(test_cppflags)
tests_registry_contract_static_test_LDADD = $(registry_contract_libs)
file_fixture = tests/registry/file_fixture.c tests/registry/file_fixture.h
tests_registry_file_process_test_SOURCES = tests/registry/file_process_test.c $(file_fixture)
tests_registry_file_process_test_CPPFLAGS = $(test_cppflags)
tests_registry_file_process_test_LDADD = $(test_libs)
tests_registry_file_test_SOURCES = tests/registry/file_test.c $(file_fixture)
tests_registry_file_test_CPPFLAGS = $(test_cppflags)
tests_registry_file_test_LDADD = $(test_libs)
tests_registry_alloc_test_CPPFLAGS = $(test_cppflags)
tests_registry_alloc_test_LDADD = $(test_libs)
tests_registry_alloc_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_registry_alloc_test_SOURCES = tests/registry/alloc_test.c tests/registry/nodes.h

client_tests = tests/client/call_test tests/client/numbers_test
check_PROGRAMS += $(client_tests)
TESTS += $(client_tests)
tests_client_call_test_CPPFLAGS = $(test_cppflags)
tests_client_call_test_LDADD = $(test_libs)
tests_client_call_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_numbers_test_CPPFLAGS = $(test_cppflags)
tests_client_numbers_test_LDADD = $(test_libs)

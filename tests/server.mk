server_tests = \
	tests/server/dispatch_test
check_PROGRAMS += $(server_tests)
TESTS += $(server_tests)
server_caller = tests/server/caller.c tests/server/caller.h
tests_server_dispatch_test_SOURCES = tests/server/dispatch_test.c $(server_caller)
tests_server_dispatch_test_CPPFLAGS = $(test_cppflags)
tests_server_dispatch_test_LDADD = $(test_libs)

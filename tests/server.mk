server_tests = \
	tests/server/call_options_test \
	tests/server/deferred_test \
	tests/server/dispatch_test \
	tests/server/fallback_test \
	tests/server/error_data_test \
	tests/server/large_body_test \
	tests/server/failure_test \
	tests/server/life_test \
	tests/server/many_bodies_test \
	tests/server/memory_test \
	tests/server/overload_test \
	tests/server/registration_test \
	tests/server/request_test \
	tests/server/run_test \
	tests/server/service_test \
	tests/server/stats_test \
	tests/server/stop_wait_test \
	tests/server/work_queue_test \
	tests/server/workers_test
check_PROGRAMS += $(server_tests)
TESTS += $(server_tests)
server_caller = tests/server/caller.c tests/server/caller.h
server_offering = tests/server/offering.c tests/server/offering.h
tests_server_call_options_test_SOURCES = tests/server/call_options_test.c $(server_caller)
tests_server_call_options_test_CPPFLAGS = $(test_cppflags)
tests_server_call_options_test_LDADD = $(test_libs)
tests_server_deferred_test_SOURCES = tests/server/deferred_test.c $(server_caller)
tests_server_deferred_test_CPPFLAGS = $(test_cppflags)
tests_server_deferred_test_LDADD = $(test_libs)
tests_server_dispatch_test_SOURCES = tests/server/dispatch_test.c $(server_caller)
tests_server_dispatch_test_CPPFLAGS = $(test_cppflags)
tests_server_dispatch_test_LDADD = $(test_libs)
tests_server_fallback_test_SOURCES = tests/server/fallback_test.c $(server_caller)
tests_server_fallback_test_CPPFLAGS = $(test_cppflags)
tests_server_fallback_test_LDADD = $(test_libs)
tests_server_error_data_test_SOURCES = tests/server/error_data_test.c $(server_caller)
tests_server_error_data_test_CPPFLAGS = $(test_cppflags)
tests_server_error_data_test_LDADD = $(test_libs)
tests_server_large_body_test_SOURCES = tests/server/large_body_test.c $(server_caller)
tests_server_large_body_test_CPPFLAGS = $(test_cppflags)
tests_server_large_body_test_LDADD = $(test_libs)
tests_server_failure_test_SOURCES = tests/server/failure_test.c $(server_caller) $(call_fail)
tests_server_failure_test_CPPFLAGS = $(test_cppflags)
tests_server_failure_test_LDADD = $(test_libs)
tests_server_life_test_SOURCES = tests/server/life_test.c $(server_caller)
tests_server_life_test_CPPFLAGS = $(test_cppflags)
tests_server_life_test_LDADD = $(test_libs)
tests_server_many_bodies_test_SOURCES = tests/server/many_bodies_test.c $(server_caller)
tests_server_many_bodies_test_CPPFLAGS = $(test_cppflags)
tests_server_many_bodies_test_LDADD = $(test_libs)
tests_server_memory_test_SOURCES = tests/server/memory_test.c $(server_caller)
tests_server_memory_test_CPPFLAGS = $(test_cppflags)
tests_server_memory_test_LDADD = $(test_libs)
tests_server_memory_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_server_overload_test_SOURCES = tests/server/overload_test.c tests/server/open_loop.c tests/server/open_loop.h $(server_caller)
tests_server_overload_test_CPPFLAGS = $(test_cppflags)
tests_server_overload_test_LDADD = $(test_libs)
tests_server_registration_test_SOURCES = tests/server/registration_test.c $(server_offering) $(server_caller)
tests_server_registration_test_CPPFLAGS = $(test_cppflags)
tests_server_registration_test_LDADD = $(test_libs)
tests_server_registration_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_server_request_test_SOURCES = tests/server/request_test.c $(server_caller)
tests_server_request_test_CPPFLAGS = $(test_cppflags)
tests_server_request_test_LDADD = $(test_libs)
tests_server_run_test_SOURCES = tests/server/run_test.c $(server_caller) $(call_fail)
tests_server_run_test_CPPFLAGS = $(test_cppflags)
tests_server_run_test_LDADD = $(test_libs)
tests_server_service_test_SOURCES = tests/server/service_test.c $(server_offering) $(server_caller)
tests_server_service_test_CPPFLAGS = $(test_cppflags)
tests_server_service_test_LDADD = $(test_libs)
tests_server_stats_test_SOURCES = tests/server/stats_test.c $(server_caller)
tests_server_stats_test_CPPFLAGS = $(test_cppflags)
tests_server_stats_test_LDADD = $(test_libs)
tests_server_stop_wait_test_SOURCES = tests/server/stop_wait_test.c $(server_caller)
tests_server_stop_wait_test_CPPFLAGS = $(test_cppflags)
tests_server_stop_wait_test_LDADD = $(test_libs)
tests_server_work_queue_test_CPPFLAGS = $(test_cppflags)
tests_server_work_queue_test_LDADD = $(test_libs)
tests_server_workers_test_SOURCES = tests/server/workers_test.c $(server_caller)
tests_server_workers_test_CPPFLAGS = $(test_cppflags)
tests_server_workers_test_LDADD = $(test_libs)
TESTS += tests/server/examples_test.py
EXTRA_DIST += tests/server/examples_test.py

client_tests = \
	tests/client/async_alloc_test \
	tests/client/async_ends_test \
	tests/client/async_life_test \
	tests/client/async_test \
	tests/client/attempts_test \
	tests/client/call_settings_test \
	tests/client/call_test \
	tests/client/consumer_node_test \
	tests/client/dialect_test \
	tests/client/error_test \
	tests/client/full_pool_test \
	tests/client/log_level_test \
	tests/client/name_server_test \
	tests/client/numbers_test \
	tests/client/once_test \
	tests/client/override_test \
	tests/client/half_dead_test \
	tests/client/overloaded_providers_test \
	tests/client/refusal_test \
	tests/client/room_test \
	tests/client/settings_order_test \
	tests/client/signals_test \
	tests/client/timeout_text_test
check_PROGRAMS += $(client_tests)
TESTS += $(client_tests)
call_fixture = tests/client/call_fixture.c tests/client/call_fixture.h
async_fixture = tests/client/async_fixture.c tests/client/async_fixture.h $(call_fixture)
tests_client_async_alloc_test_CPPFLAGS = $(test_cppflags)
tests_client_async_alloc_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_async_alloc_test_LDADD = $(test_libs)
tests_client_async_ends_test_CPPFLAGS = $(test_cppflags)
tests_client_async_ends_test_LDADD = $(test_libs)
tests_client_async_life_test_SOURCES = tests/client/async_life_test.c tests/support/names.c tests/support/names.h $(tls_peer) \
	$(async_fixture)
tests_client_async_life_test_CPPFLAGS = $(test_cppflags)
tests_client_async_life_test_LDADD = $(test_libs)
tests_client_async_test_SOURCES = tests/client/async_test.c $(async_fixture)
tests_client_async_test_CPPFLAGS = $(test_cppflags)
tests_client_async_test_LDADD = $(test_libs)
tests_client_call_test_SOURCES = tests/client/call_test.c $(call_fixture)
tests_client_call_test_CPPFLAGS = $(test_cppflags)
tests_client_call_test_LDADD = $(test_libs)
tests_client_call_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_error_test_SOURCES = tests/client/error_test.c $(call_fixture)
tests_client_error_test_CPPFLAGS = $(test_cppflags)
tests_client_error_test_LDADD = $(test_libs)
tests_client_full_pool_test_SOURCES = tests/client/full_pool_test.c $(call_fixture)
tests_client_full_pool_test_CPPFLAGS = $(test_cppflags)
tests_client_full_pool_test_LDADD = $(test_libs)
tests_client_consumer_node_test_SOURCES = tests/client/consumer_node_test.c $(call_fixture) \
    tests/selector/fake_registry.c tests/selector/fake_registry.h
tests_client_consumer_node_test_CPPFLAGS = $(test_cppflags)
tests_client_consumer_node_test_LDADD = $(test_libs)
tests_client_dialect_test_CPPFLAGS = $(test_cppflags)
tests_client_dialect_test_LDADD = $(test_libs)
tests_client_override_test_CPPFLAGS = $(test_cppflags)
tests_client_override_test_LDADD = libtest_zookeeper.la $(test_libs)
tests_client_name_server_test_SOURCES = tests/client/name_server_test.c tests/support/names.c tests/support/names.h
tests_client_name_server_test_CPPFLAGS = $(test_cppflags)
tests_client_name_server_test_LDADD = $(test_libs)
tests_client_numbers_test_CPPFLAGS = $(test_cppflags)
tests_client_numbers_test_LDADD = $(test_libs)
tests_client_call_settings_test_SOURCES = tests/client/call_settings_test.c $(call_fixture) tests/support/names.c tests/support/names.h \
    tests/selector/fake_registry.c tests/selector/fake_registry.h
tests_client_call_settings_test_CPPFLAGS = $(test_cppflags)
tests_client_call_settings_test_LDADD = $(test_libs)
tests_client_signals_test_SOURCES = tests/client/signals_test.c $(call_fixture) tests/support/names.c tests/support/names.h
tests_client_signals_test_CPPFLAGS = $(test_cppflags)
tests_client_signals_test_LDADD = $(test_libs)
tests_client_settings_order_test_SOURCES = tests/client/settings_order_test.c $(call_fixture)
tests_client_settings_order_test_CPPFLAGS = $(test_cppflags)
tests_client_settings_order_test_LDADD = $(test_libs)
tests_client_log_level_test_CPPFLAGS = $(test_cppflags)
tests_client_log_level_test_LDADD = $(test_libs)
tests_client_timeout_text_test_SOURCES = tests/client/timeout_text_test.c $(call_fixture)
tests_client_timeout_text_test_CPPFLAGS = $(test_cppflags)
tests_client_timeout_text_test_LDADD = $(test_libs)
tests_client_once_test_CPPFLAGS = $(test_cppflags)
tests_client_once_test_LDADD = $(test_libs)
call_world = tests/client/call_world.c tests/client/call_world.h tests/selector/fake_registry.c tests/selector/fake_registry.h
tests_client_attempts_test_SOURCES = tests/client/attempts_test.c $(call_world)
tests_client_attempts_test_CPPFLAGS = $(test_cppflags)
tests_client_attempts_test_LDADD = $(test_libs)
tests_client_room_test_SOURCES = tests/client/room_test.c $(call_world)
tests_client_room_test_CPPFLAGS = $(test_cppflags)
tests_client_room_test_LDADD = $(test_libs)
tests_client_room_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_half_dead_test_SOURCES = tests/client/half_dead_test.c $(server_caller)
tests_client_half_dead_test_CPPFLAGS = $(test_cppflags)
tests_client_half_dead_test_LDADD = $(test_libs)
tests_client_overloaded_providers_test_SOURCES = tests/client/overloaded_providers_test.c $(server_caller)
tests_client_overloaded_providers_test_CPPFLAGS = $(test_cppflags)
tests_client_overloaded_providers_test_LDADD = $(test_libs)

tests_client_refusal_test_SOURCES = tests/client/refusal_test.c $(call_fixture)
tests_client_refusal_test_CPPFLAGS = $(test_cppflags)
tests_client_refusal_test_LDADD = $(test_libs)

# The tests of blocking calls, with asynchronous ones: tests/client/async_driver.h.
async_driver_tests = \
	tests/client/attempts_async_test \
	tests/client/call_async_test \
	tests/client/call_settings_async_test \
	tests/client/error_async_test \
	tests/client/full_pool_async_test \
	tests/client/once_async_test \
	tests/client/refusal_async_test \
	tests/client/room_async_test \
	tests/client/timeout_text_async_test
check_PROGRAMS += $(async_driver_tests)
TESTS += $(async_driver_tests)
EXTRA_DIST += tests/client/async_driver.h
async_driver_cppflags = $(test_cppflags) -include tests/client/async_driver.h
tests_client_attempts_async_test_SOURCES = tests/client/attempts_test.c $(call_world)
tests_client_attempts_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_attempts_async_test_LDADD = $(test_libs)
tests_client_call_async_test_SOURCES = tests/client/call_test.c $(call_fixture)
tests_client_call_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_call_async_test_LDADD = $(test_libs)
tests_client_call_async_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_call_settings_async_test_SOURCES = $(tests_client_call_settings_test_SOURCES)
tests_client_call_settings_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_call_settings_async_test_LDADD = $(test_libs)
tests_client_error_async_test_SOURCES = tests/client/error_test.c $(call_fixture)
tests_client_error_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_error_async_test_LDADD = $(test_libs)
tests_client_full_pool_async_test_SOURCES = tests/client/full_pool_test.c $(call_fixture)
tests_client_full_pool_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_full_pool_async_test_LDADD = $(test_libs)
tests_client_once_async_test_SOURCES = tests/client/once_test.c
tests_client_once_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_once_async_test_LDADD = $(test_libs)
tests_client_refusal_async_test_SOURCES = tests/client/refusal_test.c $(call_fixture)
tests_client_refusal_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_refusal_async_test_LDADD = $(test_libs)
tests_client_room_async_test_SOURCES = tests/client/room_test.c $(call_world)
tests_client_room_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_room_async_test_LDADD = $(test_libs)
tests_client_room_async_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_client_timeout_text_async_test_SOURCES = tests/client/timeout_text_test.c $(call_fixture)
tests_client_timeout_text_async_test_CPPFLAGS = $(async_driver_cppflags)
tests_client_timeout_text_async_test_LDADD = $(test_libs)

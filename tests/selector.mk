selector_support = tests/selector/fixture.c tests/selector/fixture.h tests/selector/fake_registry.c tests/selector/fake_registry.h
selector_tests = \
	tests/selector/configurator_test \
	tests/selector/direct_test \
	tests/selector/health_test \
	tests/selector/recovery_test \
	tests/selector/probes_test \
	tests/selector/policy_test \
	tests/selector/rule_yaml_test \
	tests/selector/selector_alloc_test \
	tests/selector/selector_test \
	tests/selector/selector_time_test \
	tests/selector/snapshot_file_test \
	tests/selector/snapshot_test
check_PROGRAMS += $(selector_tests) tests/selector/pick_cost
TESTS += $(selector_tests)
tests_selector_configurator_test_SOURCES = tests/selector/configurator_test.c $(selector_support)
tests_selector_configurator_test_CPPFLAGS = $(test_cppflags)
tests_selector_configurator_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_selector_configurator_test_LDADD = $(test_libs)
tests_selector_rule_yaml_test_CPPFLAGS = $(test_cppflags)
tests_selector_rule_yaml_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_selector_rule_yaml_test_LDADD = $(test_libs)
tests_selector_probes_test_SOURCES = tests/selector/probes_test.c $(selector_support)
tests_selector_probes_test_CPPFLAGS = $(test_cppflags)
tests_selector_probes_test_LDADD = $(test_libs)
tests_selector_recovery_test_SOURCES = tests/selector/recovery_test.c $(selector_support)
tests_selector_recovery_test_CPPFLAGS = $(test_cppflags)
tests_selector_recovery_test_LDADD = $(test_libs)
tests_selector_health_test_SOURCES = tests/selector/health_test.c $(selector_support)
tests_selector_health_test_CPPFLAGS = $(test_cppflags)
tests_selector_health_test_LDADD = $(test_libs)
tests_selector_policy_test_SOURCES = tests/selector/policy_test.c $(selector_support)
tests_selector_policy_test_CPPFLAGS = $(test_cppflags)
tests_selector_policy_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags) -Wl,--wrap=http_client_endpoint_has_room
tests_selector_policy_test_LDADD = $(test_libs)
tests_selector_direct_test_SOURCES = tests/selector/direct_test.c $(selector_support)
tests_selector_direct_test_CPPFLAGS = $(test_cppflags)
tests_selector_direct_test_LDADD = $(test_libs)
tests_selector_selector_alloc_test_SOURCES = tests/selector/selector_alloc_test.c $(selector_support)
tests_selector_selector_alloc_test_CPPFLAGS = $(test_cppflags)
tests_selector_selector_alloc_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags) -Wl,--wrap=aligned_alloc
tests_selector_selector_alloc_test_LDADD = $(test_libs)
tests_selector_selector_test_SOURCES = tests/selector/selector_test.c $(selector_support)
tests_selector_selector_test_CPPFLAGS = $(test_cppflags)
tests_selector_selector_test_LDADD = $(test_libs)
tests_selector_selector_time_test_SOURCES = tests/selector/selector_time_test.c $(selector_support)
tests_selector_selector_time_test_CPPFLAGS = $(test_cppflags)
tests_selector_selector_time_test_LDADD = $(test_libs)
tests_selector_snapshot_file_test_CPPFLAGS = $(test_cppflags)
tests_selector_snapshot_file_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)
tests_selector_snapshot_file_test_LDADD = $(test_libs)
tests_selector_snapshot_test_CPPFLAGS = $(test_cppflags)
tests_selector_snapshot_test_LDADD = $(test_libs)
# What a pick costs: run by hand.
tests_selector_pick_cost_SOURCES = tests/selector/pick_cost.c $(selector_support)
tests_selector_pick_cost_CPPFLAGS = $(test_cppflags)
tests_selector_pick_cost_LDADD = $(test_libs)

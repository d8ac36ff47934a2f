config_tests = tests/base/ini_test tests/base/config_test
check_PROGRAMS += $(config_tests)
TESTS += $(config_tests)
tests_base_ini_test_CPPFLAGS = $(test_cppflags)
tests_base_ini_test_LDADD = $(test_libs)
tests_base_config_test_CPPFLAGS = $(test_cppflags)
tests_base_config_test_LDADD = $(test_libs)

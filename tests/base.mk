base_tests = tests/base/buffer_test tests/base/slice_test
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
tests_base_buffer_test_CPPFLAGS = $(test_cppflags)
tests_base_buffer_test_LDADD = $(test_libs)
tests_base_slice_test_CPPFLAGS = $(test_cppflags)
tests_base_slice_test_LDADD = $(test_libs)

codec_tests = tests/codec/jsonrpc_test
check_PROGRAMS += $(codec_tests)
TESTS += $(codec_tests)
tests_codec_jsonrpc_test_CPPFLAGS = $(test_cppflags)
tests_codec_jsonrpc_test_LDADD = $(test_libs)

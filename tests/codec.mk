codec_tests = \
	tests/codec/alloc_test \
	tests/codec/json_double_test \
	tests/codec/json_number_test \
	tests/codec/json_pack_test \
	tests/codec/json_scan_test \
	tests/codec/json_tree_test \
	tests/codec/json_typed_test \
	tests/codec/jsonrpc_test
check_PROGRAMS += $(codec_tests)
TESTS += $(codec_tests) codec/json_powers.py
tests_codec_alloc_test_CPPFLAGS = $(test_cppflags)
tests_codec_alloc_test_LDADD = $(test_libs)
tests_codec_json_double_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_double_test_LDADD = $(test_libs) -lm
tests_codec_json_number_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_number_test_LDADD = $(test_libs) -lm
tests_codec_json_pack_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_pack_test_LDADD = $(test_libs)
tests_codec_json_scan_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_scan_test_LDADD = $(test_libs)
tests_codec_json_tree_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_tree_test_LDADD = $(test_libs)
tests_codec_json_typed_test_CPPFLAGS = $(test_cppflags)
tests_codec_json_typed_test_LDADD = $(test_libs)
tests_codec_jsonrpc_test_CPPFLAGS = $(test_cppflags)
tests_codec_jsonrpc_test_LDADD = $(test_libs)
tests_codec_alloc_test_LDFLAGS = $(AM_LDFLAGS) $(alloc_fail_ldflags)

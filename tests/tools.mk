tools_tests = tests/tools/call_test.py tests/tools/describe_test.py tests/tools/dev_test.py tests/tools/frame_test.py tests/tools/registry_test.py \
	tests/tools/secrets_test.py
TESTS += $(tools_tests)
EXTRA_DIST += $(tools_tests) tests/tools/registry.py tests/tools/tap.py

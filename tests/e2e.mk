e2e_tests = \
	tests/e2e/structure.py \
	tests/e2e/documents.py \
	tests/e2e/docs_integrity.py \
	tests/e2e/typed_json.py \
	tests/e2e/installed.py \
	tests/e2e/bad_input.py \
	tests/e2e/file_registry.py \
	tests/e2e/zookeeper.py
TESTS += $(e2e_tests)
EXTRA_DIST += $(e2e_tests) tests/e2e/harness.py tests/e2e/registry_cases.py

fuzz_programs += fuzz/json_fuzz fuzz/jsonrpc_fuzz
fuzz_json_fuzz_SOURCES = fuzz/json_fuzz.c $(fuzz_main)
fuzz_json_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_json_fuzz_LDADD = $(fuzz_ldadd)
fuzz_jsonrpc_fuzz_SOURCES = fuzz/jsonrpc_fuzz.c $(fuzz_main)
fuzz_jsonrpc_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_jsonrpc_fuzz_LDADD = $(fuzz_ldadd)

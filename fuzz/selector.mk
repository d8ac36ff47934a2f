# fuzz targets of selector
fuzz_programs += fuzz/rule_fuzz
fuzz_rule_fuzz_SOURCES = fuzz/rule_fuzz.c $(fuzz_main)
fuzz_rule_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_rule_fuzz_LDADD = $(fuzz_ldadd)

# fuzz targets of transport: nothing yet. The form of one:
#   fuzz_programs += fuzz/json_fuzz
#   fuzz_json_fuzz_SOURCES = fuzz/json_fuzz.c $(fuzz_main)
#   fuzz_json_fuzz_LDFLAGS = $(fuzz_ldflags)
#   fuzz_json_fuzz_LDADD = $(fuzz_ldadd)

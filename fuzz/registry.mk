# fuzz targets of registry
fuzz_programs += fuzz/url_fuzz
fuzz_url_fuzz_SOURCES = fuzz/url_fuzz.c $(fuzz_main)
fuzz_url_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_url_fuzz_LDADD = $(fuzz_ldadd)

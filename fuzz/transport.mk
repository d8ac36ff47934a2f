fuzz_programs += fuzz/http_fuzz
fuzz_http_fuzz_SOURCES = fuzz/http_fuzz.c $(fuzz_main)
fuzz_http_fuzz_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
fuzz_http_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_http_fuzz_LDADD = $(fuzz_ldadd) $(CURL_LIBS)

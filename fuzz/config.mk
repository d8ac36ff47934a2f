fuzz_programs += fuzz/ini_fuzz
fuzz_ini_fuzz_SOURCES = fuzz/ini_fuzz.c $(fuzz_main)
fuzz_ini_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_ini_fuzz_LDADD = $(fuzz_ldadd)

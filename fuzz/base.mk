# fuzz targets of base
fuzz_programs += fuzz/mask_fuzz
fuzz_mask_fuzz_SOURCES = fuzz/mask_fuzz.c $(fuzz_main)
fuzz_mask_fuzz_LDFLAGS = $(fuzz_ldflags)
fuzz_mask_fuzz_LDADD = $(fuzz_ldadd)

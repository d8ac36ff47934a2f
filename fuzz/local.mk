# One program a parser. With --enable-fuzz it is a libFuzzer target; otherwise replay.c gives it a main() that runs its corpus once,
# as a test. Corpus: fuzz/corpus/<name>/, one input a file; inputs that once broke something are called regression-*.
fuzz_programs =
if FUZZ
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
endif
fuzz_ldadd = libdubboc_core.la

include fuzz/base.mk
include fuzz/codec.mk
include fuzz/transport.mk
include fuzz/registry.mk
include fuzz/selector.mk
include fuzz/config.mk

check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
EXTRA_DIST += fuzz/corpus

fuzz-programs: $(fuzz_programs)
.PHONY: fuzz-programs

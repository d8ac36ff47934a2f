# Tests: one program a unit, each printing TAP, run in parallel by `make check`. Each area lists its own in tests/<area>.mk.
TEST_EXTENSIONS = .py .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
SH_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	TSAN_OPTIONS="$${TSAN_OPTIONS:-suppressions=$(abs_top_srcdir)/tests/tsan.supp}"; export TSAN_OPTIONS; \
	LSAN_OPTIONS="$${LSAN_OPTIONS:-suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0}"; export LSAN_OPTIONS; \
	unset DUBBOC_CONF_FILE APP_CONF_FILE http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY;

EXTRA_DIST += tests/lsan.supp tests/tsan.supp

# What every test program links: the whole library with its hidden parts, and cmocka.
test_libs = libtest_support.la libdubboc_core.la $(CMOCKA_LIBS)
test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_LTLIBRARIES += libtest_support.la
libtest_support_la_CPPFLAGS = $(test_cppflags)
libtest_support_la_SOURCES = \
	tests/support/alloc_fail.h tests/support/alloc_fail.c \
	tests/support/pacer.h tests/support/pacer.c \
	tests/support/test.h tests/support/test.c
# For programs in which each allocation is made to fail in turn: tests/support/alloc_fail.h.
alloc_fail_ldflags = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=mmap -Wl,--wrap=mremap
# For programs in which system calls are made to fail: sources of the program itself, since they replace
# functions of the C library.
call_fail = tests/support/call_fail.h tests/support/call_fail.c

include tests/base.mk
include tests/config.mk
include tests/codec.mk
include tests/transport.mk
include tests/registry.mk
include tests/selector.mk
include tests/client.mk
include tests/server.mk
include tests/tools.mk
include tests/e2e.mk
include tests/wire.mk
include tests/texts.mk
EXTRA_DIST += tests/dist.sh tests/valgrind.sh tests/valgrind.supp
check_PROGRAMS += tests/support/process_test
TESTS += tests/support/process_test
tests_support_process_test_CPPFLAGS = $(test_cppflags)
tests_support_process_test_LDADD = $(test_libs)

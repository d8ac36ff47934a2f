# The corpus of real exchanges in tests/wire, and the C side of the runs against other frameworks (tests/interop, ./dev interop).
check_PROGRAMS += tests/interop/c/consumer
tests_interop_c_consumer_SOURCES = tests/interop/c/consumer.c
tests_interop_c_consumer_CPPFLAGS = $(example_cppflags)
tests_interop_c_consumer_LDADD = $(example_libs) -lpthread

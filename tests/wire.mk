# The corpus of real exchanges in tests/wire, and the C side of the runs against other frameworks (tests/interop, ./dev interop).
check_PROGRAMS += tests/interop/c/consumer
tests_interop_c_consumer_SOURCES = tests/interop/c/consumer.c tests/interop/c/json_equal.c \
	tests/interop/c/json_equal.h
tests_interop_c_consumer_CPPFLAGS = $(example_cppflags) -I$(top_srcdir)
tests_interop_c_consumer_LDADD = $(example_libs) -lpthread
check_PROGRAMS += tests/interop/c/steady
tests_interop_c_steady_SOURCES = tests/interop/c/steady.c
tests_interop_c_steady_CPPFLAGS = $(example_cppflags)
tests_interop_c_steady_LDADD = $(example_libs)
check_PROGRAMS += tests/interop/c/versions
tests_interop_c_versions_SOURCES = tests/interop/c/versions.c
tests_interop_c_versions_CPPFLAGS = $(example_cppflags)
tests_interop_c_versions_LDADD = $(example_libs) -lpthread

check_PROGRAMS += tests/wire/replay_test
TESTS += tests/wire/replay_test
tests_wire_replay_test_CPPFLAGS = $(test_cppflags)
tests_wire_replay_test_LDADD = $(test_libs)
TESTS += tests/wire/provider_replay.py
TESTS += tests/interop/run_test.py
EXTRA_DIST += tests/interop/README.md tests/interop/cases.py tests/interop/configurators.py tests/interop/corpus.py tests/interop/leftovers.py
EXTRA_DIST += tests/interop/nodes.py tests/interop/peers.py tests/interop/probes.py tests/interop/recorder.py tests/interop/report.py
EXTRA_DIST += tests/interop/restarts.py tests/interop/run.py tests/interop/run_test.py tests/interop/stage.py tests/interop/versions.py tests/interop/views.py
EXTRA_DIST += tests/interop/c/run tests/interop/go tests/interop/java tests/interop/python tests/wire/provider_replay.py

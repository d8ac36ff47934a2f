# The programs of ./dev bench; not built by default. The bare ones stand on the libraries alone, the others on libdubboc.
EXTRA_PROGRAMS = bench/async bench/bare_socket bench/bare_epoll bench/bare_curl bench/bare_mhd bench/client bench/server bench/pick bench/load
bench_bare_socket_SOURCES = bench/bare_socket.c bench/bare.c bench/bare.h
bench_bare_epoll_SOURCES = bench/bare_epoll.c bench/bare.c bench/bare.h
bench_bare_curl_SOURCES = bench/bare_curl.c bench/bare.c bench/bare.h
bench_bare_curl_LDADD = $(CURL_LIBS)
bench_bare_mhd_SOURCES = bench/bare_mhd.c bench/bare.c bench/bare.h
bench_bare_mhd_LDADD = $(MHD_LIBS) $(CJSON_LIBS)
bench_async_SOURCES = bench/async.c
bench_async_LDADD = libdubboc.la $(CJSON_LIBS)
bench_client_SOURCES = bench/client.c
bench_client_LDADD = libdubboc.la $(CJSON_LIBS)
bench_server_SOURCES = bench/server.c
bench_server_LDADD = libdubboc.la $(CJSON_LIBS)
bench_pick_SOURCES = bench/pick.c
bench_pick_LDADD = libdubboc_core.la
bench_load_SOURCES = bench/load.c
bench_load_LDADD = libdubboc.la $(CJSON_LIBS)
EXTRA_DIST += bench/run.py bench/peers.py

bench-programs: $(EXTRA_PROGRAMS)
.PHONY: bench-programs
CLEANFILES += $(EXTRA_PROGRAMS)

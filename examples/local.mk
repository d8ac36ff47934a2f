# Programs as a user would write them: they see the public headers and the shared library's symbols only.
example_programs = \
	examples/async-callbacks \
	examples/async-epoll \
	examples/async-gather \
	examples/deferred-provider \
	examples/echo-provider \
	examples/hello-consumer \
	examples/hello-provider \
	examples/order-consumer \
	examples/order-provider \
	examples/single-threaded-gateway \
	examples/single-threaded-provider \
	examples/user-consumer \
	examples/user-provider
noinst_PROGRAMS += $(example_programs)
# built where libuv is present
libuv_example_programs = examples/async-libuv
if HAVE_LIBUV
noinst_PROGRAMS += $(libuv_example_programs)
endif
example_cppflags = -D_GNU_SOURCE -I$(top_srcdir)/include $(CJSON_CFLAGS)
example_libs = libdubboc.la $(CJSON_LIBS)

examples_async_callbacks_SOURCES = examples/async-callbacks.c
examples_async_callbacks_CPPFLAGS = $(example_cppflags)
examples_async_callbacks_LDADD = $(example_libs)
examples_async_epoll_SOURCES = examples/async-epoll.c
examples_async_epoll_CPPFLAGS = $(example_cppflags)
examples_async_epoll_LDADD = $(example_libs)
examples_async_gather_SOURCES = examples/async-gather.c
examples_async_gather_CPPFLAGS = $(example_cppflags)
examples_async_gather_LDADD = $(example_libs)
examples_async_libuv_SOURCES = examples/async-libuv.c
examples_async_libuv_CPPFLAGS = $(example_cppflags) $(LIBUV_CFLAGS)
examples_async_libuv_LDADD = $(example_libs) $(LIBUV_LIBS)
examples_deferred_provider_SOURCES = examples/deferred-provider.c
examples_deferred_provider_CPPFLAGS = $(example_cppflags)
examples_deferred_provider_LDADD = $(example_libs)
examples_echo_provider_SOURCES = examples/echo-provider.c
examples_echo_provider_CPPFLAGS = $(example_cppflags)
examples_echo_provider_LDADD = $(example_libs)
examples_single_threaded_gateway_SOURCES = examples/single-threaded-gateway.c
examples_single_threaded_gateway_CPPFLAGS = $(example_cppflags)
examples_single_threaded_gateway_LDADD = $(example_libs)
examples_single_threaded_provider_SOURCES = examples/single-threaded-provider.c
examples_single_threaded_provider_CPPFLAGS = $(example_cppflags)
examples_single_threaded_provider_LDADD = $(example_libs)
examples_order_consumer_SOURCES = examples/order-consumer.c
examples_order_consumer_CPPFLAGS = $(example_cppflags)
examples_order_consumer_LDADD = $(example_libs)
examples_order_provider_SOURCES = examples/order-provider.c
examples_order_provider_CPPFLAGS = $(example_cppflags)
examples_order_provider_LDADD = $(example_libs)
examples_user_provider_SOURCES = examples/user-provider.c
examples_user_provider_CPPFLAGS = $(example_cppflags)
examples_user_provider_LDADD = $(example_libs)
examples_user_consumer_SOURCES = examples/user-consumer.c
examples_user_consumer_CPPFLAGS = $(example_cppflags)
examples_user_consumer_LDADD = $(example_libs)
examples_hello_consumer_SOURCES = examples/hello-consumer.c
examples_hello_consumer_CPPFLAGS = $(example_cppflags)
examples_hello_consumer_LDADD = $(example_libs)
examples_hello_provider_SOURCES = examples/hello-provider.c
examples_hello_provider_CPPFLAGS = $(example_cppflags)
examples_hello_provider_LDADD = $(example_libs)
EXTRA_DIST += examples/demo.sh
# Installed with a Makefile of their own, so that they build outside this tree.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/Makefile examples/order.ini $(example_programs:=.c) $(libuv_example_programs:=.c)

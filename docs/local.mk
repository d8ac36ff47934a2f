dist_man_MANS += docs/dubboc.1 docs/dubboc.conf.5
docsdir = $(docdir)/docs
dist_docs_DATA = docs/sample.ini
dist_docs_DATA += docs/abi.md
dist_docs_DATA += docs/architecture.md
dist_docs_DATA += docs/async.md
dist_docs_DATA += docs/concepts.md
dist_docs_DATA += docs/dialects.md
dist_docs_DATA += docs/getting-started.md
dist_docs_DATA += docs/glossary.md
dist_docs_DATA += docs/interop.md
dist_docs_DATA += docs/libraries.md
dist_docs_DATA += docs/troubleshooting.md
dist_docs_DATA += docs/wire.md
# The pictures are committed beside their sources, so that building needs no graphviz.
picturesdir = $(docsdir)/pictures
dist_pictures_DATA = docs/pictures/call.svg docs/pictures/folders.svg docs/pictures/request.svg \
	docs/pictures/threads.svg
EXTRA_DIST += docs/pictures/call.dot docs/pictures/folders.dot docs/pictures/request.dot \
	docs/pictures/threads.dot

# The API reference, made from the comments of the public headers: man pages of section 3, which need Python, and
# HTML, which needs doxygen as well. Neither is in the distributed archive: all that they are made of is.
api_sources = docs/api/headers.py docs/api/manpages.py docs/api/doxygen_filter.py docs/api/Doxyfile docs/api/mainpage.dox
EXTRA_DIST += $(api_sources)
EXTRA_DIST += docs/pictures.py
api_needs = $(pkginclude_HEADERS) $(api_sources)
man3dir = $(mandir)/man3
referencedir = $(docdir)/html
noinst_DATA =
docs: $(noinst_DATA)
.PHONY: docs
CLEANFILES += docs/man3.stamp docs/html.stamp

if BUILD_MANPAGES
noinst_DATA += docs/man3.stamp
docs/man3.stamp: $(api_needs)
	$(AM_V_GEN)$(MKDIR_P) docs && rm -rf docs/man3 $@ && \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) $(srcdir)/docs/api/manpages.py $(srcdir)/include/dubboc docs/man3 $(VERSION) && \
	: >$@
endif

if BUILD_HTML
noinst_DATA += docs/html.stamp
docs/html.stamp: $(api_needs)
	$(AM_V_GEN)$(MKDIR_P) docs && rm -rf docs/html $@ && \
	PYTHONDONTWRITEBYTECODE=1 PYTHON3=$(PYTHON3) DUBBOC_SOURCE=$(abs_top_srcdir) DUBBOC_HTML=$(abs_builddir)/docs/html \
	DUBBOC_RELEASE=$(VERSION) DUBBOC_WARN_AS_ERROR=$(DOXYGEN_WARN_AS_ERROR) $(DOXYGEN) $(srcdir)/docs/api/Doxyfile && \
	: >$@
endif

install-data-local: $(noinst_DATA)
if BUILD_MANPAGES
	$(MKDIR_P) '$(DESTDIR)$(man3dir)'
	$(INSTALL_DATA) docs/man3/*.3 '$(DESTDIR)$(man3dir)'
endif
if BUILD_HTML
	$(MKDIR_P) '$(DESTDIR)$(referencedir)/search'
	for folder in . search; do \
	    for file in docs/html/$$folder/*.*; do \
	        $(INSTALL_DATA) $$file '$(DESTDIR)$(referencedir)'/$$folder || exit 1; \
	    done; \
	done
endif

uninstall-local:
if BUILD_MANPAGES
	for page in docs/man3/*.3; do rm -f '$(DESTDIR)$(man3dir)'/$${page##*/}; done
endif
if BUILD_HTML
	for file in docs/html/*.* docs/html/search/*.*; do rm -f '$(DESTDIR)$(referencedir)'/$${file#docs/html/}; done
	rmdir '$(DESTDIR)$(referencedir)/search' 2>/dev/null || :
endif

clean-local:
	rm -rf docs/man3 docs/html

dist_man_MANS += docs/dubboc.1 docs/dubboc.conf.5
docsdir = $(docdir)/docs
dist_docs_DATA = docs/sample.ini
dist_docs_DATA += docs/abi.md
dist_docs_DATA += docs/architecture.md
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

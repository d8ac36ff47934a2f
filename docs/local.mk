dist_man_MANS += docs/dubboc.1 docs/dubboc.conf.5
docsdir = $(docdir)/docs
dist_docs_DATA = docs/getting-started.md docs/abi.md docs/dialects.md docs/libraries.md docs/wire.md docs/interop.md docs/sample.ini

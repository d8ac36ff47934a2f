#!/bin/sh
# Makes ./configure from configure.ac. Needs autoconf 2.69, automake 1.16, libtool, pkg-config (Debian: the packages of those names).
set -e
cd "$(dirname "$0")"
for tool in autoreconf automake libtoolize pkg-config; do
    command -v "$tool" >/dev/null 2>&1 && continue
    echo "autogen.sh: $tool is missing. Install what makes configure, and run autogen.sh again:
  Debian, Ubuntu: apt-get install autoconf automake libtool pkg-config
  Fedora:         dnf install autoconf automake libtool pkgconf-pkg-config" >&2
    exit 1
done
mkdir -p m4
exec autoreconf --install --force

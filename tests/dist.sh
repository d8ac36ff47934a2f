#!/bin/sh
# What `make dist` packs: tests/dist.sh ARCHIVE. Every file that git tracks must be in it but those that are of use in a checkout alone, and beside them
# only what autogen.sh makes, so that nothing that was built is shipped. Says so and ends with 0 where there is no git checkout to compare with.
set -u
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL
archive=$1

git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
    echo "NOT CHECKED: this is no git checkout, so what the archive should hold is not known"
    exit 0
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tar tf "$archive" >"$work/entries" || exit 1
grep -v '/$' "$work/entries" | cut -d / -f 2- | sort >"$work/packed"
git ls-files | sort >"$work/tracked"
grep -vxE '\.ci/run|\.clang-format|\.git-blame-ignore-revs|\.gitignore' "$work/tracked" >"$work/wanted"
comm -13 "$work/packed" "$work/wanted" >"$work/missing"
comm -23 "$work/packed" "$work/tracked" |
    grep -vxE 'configure|config\.h\.in|Makefile\.in|aclocal\.m4|build-aux/[a-z.-]+|m4/(libtool|lt[a-z~]+)\.m4' >"$work/strange"

head -n 20 "$work/missing" | sed 's/^/missing in the archive: /'
head -n 20 "$work/strange" | sed 's/^/in the archive, but not in git: /'
echo "$(wc -l <"$work/packed") files packed, $(wc -l <"$work/wanted") wanted"
[ -s "$work/packed" ] && [ ! -s "$work/missing" ] && [ ! -s "$work/strange" ]

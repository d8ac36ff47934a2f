#!/bin/bash
# tests/valgrind.sh BUILD_FOLDER: a provider and a consumer, and the unit tests of the call path, under memcheck: no error, nothing lost.
# Ends with status 0 when all is clean. Suppressions, if any, name a library function and a reason: tests/valgrind.supp.
set -u
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-build}" && pwd) || exit 1
export top_srcdir=$source_folder top_builddir=$build
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
failures=0

# The program itself, not libtool's script around it, which a signal would end instead.
export LD_LIBRARY_PATH=$build/.libs
program() {
    if [ -x "$build/$(dirname "$1")/.libs/$(basename "$1")" ]; then
        echo "$build/$(dirname "$1")/.libs/$(basename "$1")"
    else
        echo "$build/$1"
    fi
}

memcheck=(valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect
    --errors-for-leak-kinds=definite,indirect --child-silent-after-fork=yes "--suppressions=$source_folder/tests/valgrind.supp")

report() {
    if [ "$1" -eq 0 ]; then
        echo "clean: $2"
    else
        echo "not clean (status $1): $2"
        failures=$((failures + 1))
        tail -n 40 "$home/log"
    fi
}

for test in codec/jsonrpc_test client/call_test base/config_test; do
    "${memcheck[@]}" "$(program "tests/$test")" >"$home/log" 2>&1
    report $? "tests/$test"
done

# A provider and a consumer that find each other.
export DUBBOC_REGISTRY_ADDRESS=file://$home/registry DUBBOC_SERVER_IP=127.0.0.1 DUBBOC_SERVER_PORT=0
"${memcheck[@]}" "$(program examples/user-provider)" >"$home/out" 2>"$home/provider.log" &
provider=$!
for _ in $(seq 300); do
    grep -q '^listening on ' "$home/out" && break
    sleep 0.1
done
"${memcheck[@]}" "$(program examples/user-consumer)" >"$home/log" 2>&1
report $? "examples/user-consumer"
grep -q 'Ann' "$home/log"
report $? "the consumer got its answer"
kill -TERM "$provider"
wait "$provider"
status=$?
cp "$home/provider.log" "$home/log"
report $status "examples/user-provider"
[ "$failures" -eq 0 ]

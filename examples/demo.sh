#!/bin/bash
# A small tour of dubboc on one machine: providers, a registry that is a folder, calls spread over them, and one that stops on the way.
# examples/demo.sh BUILD_FOLDER (./dev demo builds first and then runs it). Ends with status 0 when all went as told.
set -u
build=$(cd "${1:-build}" && pwd) || exit 1
dubboc=$build/tools/dubboc
home=$(mktemp -d "${TMPDIR:-/tmp}/dubboc-demo-XXXXXX")
export DUBBOC_REGISTRY_ADDRESS=file://$home/registry DUBBOC_SERVER_IP=127.0.0.1 DUBBOC_SERVER_PORT=0
unset DUBBOC_CONF_FILE APP_CONF_FILE
echo_service=com.dubboc.EchoService
user_service=com.ikurento.user.UserProvider
pids=()

clean_up() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

bold='' plain=''
[ -t 1 ] && bold=$'\033[1m' plain=$'\033[0m'
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '$ %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; cat "$home"/*.err >&2 2>/dev/null; exit 1; }

# Starts an example provider and waits until it says that it listens.
start() {
    local name=$1 number=$2 tries=0
    "$build/examples/$name" >"$home/$name.$number.out" 2>"$home/$name.$number.err" &
    pids+=($!)
    until grep -qs '^listening on ' "$home/$name.$number.out"; do
        kill -0 $! 2>/dev/null && [ $((tries += 1)) -lt 200 ] || fail "$name did not start"
        sleep 0.05
    done
    printf '%s (pid %d) is %s\n' "$name" $! "$(cat "$home/$name.$number.out")"
}

# Runs a command and shows it as one would type it, with the tool's short name.
run() {
    local word shown=dubboc
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9._:/=-]*) shown+=" '$word'" ;;
        *) shown+=" $word" ;;
        esac
    done
    show "$shown"
    "$dubboc" "$@" || fail "dubboc $1 ended with status $?"
}

title "Three providers of one service and one of another. The registry is a folder: no ZooKeeper is needed to try it"
show "export DUBBOC_REGISTRY_ADDRESS=$DUBBOC_REGISTRY_ADDRESS"
start echo-provider 1
start echo-provider 2
start echo-provider 3
start user-provider 1

title "What is there"
run ls
run ls "$echo_service"

title "One call: the method, its params as JSON, its result"
run call "$user_service" GetUser '["A003"]'

title "300 calls spread at random, then in turn"
for policy in random roundrobin; do
    run bench --lb "$policy" -c 1 -n 300 "$echo_service" echo '["hello"]'
done

title "One provider is stopped in the middle of calls"
show "dubboc bench -c 4 -d 4s $echo_service echo '[\"hello\"]' &"
"$dubboc" bench -c 4 -d 4s --json "$echo_service" echo '["hello"]' >"$home/outcome" 2>"$home/bench.err" &
bench=$!
sleep 1.5
show "kill -TERM ${pids[0]}"
kill -TERM "${pids[0]}"
wait "$bench" || fail "the calls ended with status $?"
wait "${pids[0]}" || fail "the provider ended with status $?"
pids=("${pids[@]:1}")

field() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" "$home/outcome"; }
calls=$(field calls)
good=$(field ok)
printf '%s calls, %s answered, %s failed; the provider ended with status 0\n' "$calls" "$good" $((calls - good))
[ "$calls" -gt 0 ] && [ "$calls" -eq "$good" ] || fail "calls failed"
run ls "$echo_service"

title "Done. README.md shows the two smallest programs; include/dubboc/ is the manual."

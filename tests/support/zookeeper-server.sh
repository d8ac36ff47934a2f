#!/bin/sh
# A ZooKeeper server for tests, from the packages of the distribution (Debian: zookeeper and a Java runtime).
#
#   zookeeper-server.sh start DIR [PORT] starts one on that or a free port of 127.0.0.1 with its data in DIR, waits until it serves,
#                                        prints the port
#   zookeeper-server.sh stop DIR         ends it and waits for that; DIR stays
#   zookeeper-server.sh run DIR PORT [IP] is the server, in the foreground, on 127.0.0.1 or that IP
set -eu

fail() {
    echo "zookeeper-server.sh: $*" >&2
    exit 1
}

write_configuration() {
    mkdir -p "$1/data"
    cat >"$1/zoo.cfg" <<EOF
tickTime=200
minSessionTimeout=400
maxSessionTimeout=60000
dataDir=$1/data
clientPortAddress=${3:-127.0.0.1}
clientPort=$2
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=*
EOF
}

run() {
    jar=/usr/share/java/zookeeper.jar
    [ -r "$jar" ] || fail "there is no $jar: install the package zookeeper"
    command -v java >/dev/null || fail "there is no java: install default-jre-headless"
    write_configuration "$@"
    nop=/usr/share/java/slf4j-nop.jar
    exec java -Xms16m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dzookeeper.forceSync=no -Dzookeeper.admin.enableServer=false \
        -cp "$jar:$nop" org.apache.zookeeper.server.ZooKeeperServerMain "$1/zoo.cfg" >"$1/log" 2>&1
}

# "srvr" names the mode once sessions are served ("ruok" is answered sooner).
serves() {
    python3 - "$1" <<'EOF'
import socket, sys
try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1) as s:
        s.sendall(b"srvr")
        answer = b""
        while piece := s.recv(4096):
            answer += piece
except OSError:
    sys.exit(1)
sys.exit(b"Mode: " not in answer)
EOF
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
    mkdir -p "$1"
    port=${2:-$(free_port)}
    sh "$0" run "$1" "$port" >"$1/start" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$1/pid"
    tries=0
    while ! serves "$port"; do
        kill -0 "$pid" 2>/dev/null || fail "it ended at once: $(cat "$1/start" "$1/log" 2>/dev/null | tail -5)"
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "it does not serve after 30 s"
        sleep 0.1
    done
    echo "$port"
}

stop() {
    pid=$(cat "$1/pid")
    kill "$pid" 2>/dev/null || return 0
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || kill -9 "$pid"
        sleep 0.1
    done
}

usage="usage: start DIR [PORT] | stop DIR | run DIR PORT [IP]"
case "${1-}" in
start) [ $# -eq 2 ] || [ $# -eq 3 ] || fail "$usage" ;;
stop) [ $# -eq 2 ] || fail "$usage" ;;
run) [ $# -eq 3 ] || [ $# -eq 4 ] || fail "$usage" ;;
*) fail "$usage" ;;
esac
"$@"

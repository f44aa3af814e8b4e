#!/bin/bash
# A storm of packets that are nearly right, against a broker whose gate has the sanitizers; a device and a service that
# behave must not notice. What it does is a function of its seed. The last line is "N passed, N failed".
# usage: [BUILD=build] [SEED=N] [FIRST=N] gate.sh PACKETS     after make storm-built
#        [BUILD=build] gate.sh --broken PACKETS               the same with a gate that was broken on purpose: caught?
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${BUILD:-build}")
broken=""
[ "${1:-}" != --broken ] || { broken=yes && shift; }
packets=${1:-30000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
sanitize='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
parts=$build/storm # where the gate with the sanitizers was built
[ -e "$parts/muster_gate.so" ] || parts=$build
dir=$(mktemp -d /tmp/muster-storm-XXXXXX)
passed=0 failed=0 broker=0

check() { # what, command...
  local what=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED $what"
  fi
}

end_broker() {
  [ "$broker" != 0 ] && kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null
  broker=0
}
trap 'end_broker; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

free_port() {
  local port
  while port=$((10000 + RANDOM % 20000)); (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# A copy of the gate's sources with one of its rules taken out; what has not changed is not compiled again.
break_gate() { # name, file, what sed does to it
  local tree=$dir/$1
  mkdir -p "$tree/b"
  cp -a Makefile certs service topics tests "$tree"
  (cd "$parts" && cp -a --parents certs service topics "$tree/b")
  sed -i "$3" "$tree/$2"
  cmp -s "$2" "$tree/$2" && return 1
  MAKEFLAGS='' make -s -C "$tree" BUILD=b OPT='-O1 -g' FORTIFY= EXTRA="$sanitize" b/muster_gate.so >"$dir/make.log" 2>&1
}

prepare() { # folder, gate
  plain=$(free_port)
  "$build/musterctl" init --dir "$1" --bind 127.0.0.1 --plain-port "$plain" --mtls-port "$(free_port)" \
    --tls-port "$(free_port)" >"$dir/init.log" 2>&1 || return 1
  "$build/tests/bench/fill" "$1/muster.db" 20 storm >"$1/storm.logins" &&
    "$build/tests/bench/fill" "$1/muster.db" 1 keeper >"$1/keeper.logins" || return 1
  sed -i "s|^plugin .*|plugin $2|; /^log_type notice/d" "$1/mosquitto.conf"
  chmod a+rx "$dir" "$(dirname "$2")" # the broker may run as another user
}

start_broker() { # folder
  LD_PRELOAD=$(gcc -print-file-name=libasan.so) \
    ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1 \
    /usr/sbin/mosquitto -c "$1/mosquitto.conf" >"$1/broker.log" 2>&1 &
  broker=$!
  for _ in $(seq 100); do
    (: <"/dev/tcp/127.0.0.1/$plain") 2>/dev/null && return 0
    sleep 0.1
  done
  return 1
}

rss_mib() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$broker/status" 2>/dev/null; }
is_alive() { kill -0 "$broker" 2>/dev/null; }
is_silent() { ! grep -qE 'ERROR: AddressSanitizer|runtime error:' "$1/broker.log"; }
loads_sanitizers() { grep -q libasan "/proc/$broker/maps" && grep -q muster_gate "/proc/$broker/maps"; }

# What the broker may keep of some fifty connections and of sessions that expire, and the sanitizer's own.
stayed_small() { # MiB before and after
  echo "broker: RSS $1 MiB before, ${2:-none} MiB after"
  [ -n "$2" ] && [ "$2" -le $(($1 + 200)) ]
}

storm() { # folder, packets
  "$build/tests/fuzz/storm/storm" "$plain" "$1" "$2" "$seed" "$((60 + $2 / 1000))" ${FIRST:+"$FIRST"}
}

whole() {
  local folder=$dir/whole
  check "a folder, devices and a broker" prepare "$folder" "$parts/muster_gate.so"
  check "the broker starts with the sanitizers" start_broker "$folder"
  check "the gate is there with the sanitizers" loads_sanitizers
  local before
  before=$(rss_mib)
  check "seed $seed: nobody who behaves is disturbed" storm "$folder" "$packets"
  check "seed $seed: the broker's memory is bounded" stayed_small "$before" "$(rss_mib)"
  check "seed $seed: the broker lives" is_alive
  check "seed $seed: the sanitizers are silent" is_silent "$folder"
  is_silent "$folder" || grep -A40 -E 'ERROR: AddressSanitizer|runtime error:' "$folder/broker.log" | head -n 80
  end_broker
}

# Each: what is broken, where, how.
broken() {
  local name=$1 folder=$dir/$1-run
  check "$name: can be built" break_gate "$1" "$2" "$3"
  check "$name: a folder, devices and a broker" prepare "$folder" "$dir/$name/b/muster_gate.so"
  check "$name: the broker starts" start_broker "$folder"
  storm "$folder" "$packets" >"$dir/storm.log" 2>&1
  is_silent "$folder" && tail -n 5 "$dir/storm.log"
  check "$name: seed $seed: the sanitizers caught it" eval '! is_silent "$folder"'
  end_broker
}

echo "seed $seed"
if [ -z "$broken" ]; then
  whole
else
  broken freed service/gate/session.c 's/^    session->closed = true;/&\n    sessions_sweep(sessions);/'
  broken long_topic service/gate/outgoing.c 's/ || strlen(topic) > LIMIT_TOPIC//'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

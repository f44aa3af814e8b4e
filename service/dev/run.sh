#!/bin/bash
# Broker and service in the foreground, for trying things by hand: what `make run` starts.
# usage: BUILD=build MODE=gated|open BIND=ADDRESS service/dev/run.sh RUN_DIR PLAIN_PORT MTLS_PORT TLS_PORT
# MODE (when empty: that of the folder, else gated) and BIND (127.0.0.1) are for a folder that is made.
# shellcheck disable=SC2034 # tend() names its variables by the program
set -u

here=${MUSTER_RUN_PARENT:-}
if [ -z "$here" ]; then
  # A shell that was started in the background ignores SIGINT and cannot change that; env can. make puts a shell between
  # itself and us, which dies without a word when make is ended: then we end too.
  export MUSTER_RUN_PARENT=$PPID
  set -- env --default-signal=INT,TERM "$0" "$@"
  parent=$(cat "/proc/$PPID/comm" 2>/dev/null)
  grandparent=$(cat "/proc/$(awk '{ print $4 }' "/proc/$PPID/stat" 2>/dev/null)/comm" 2>/dev/null)
  case "$parent/$grandparent" in
  make/* | sh/make | dash/make | bash/make) set -- setpriv --pdeathsig TERM "$@" ;;
  esac
  exec "$@"
fi
unset MUSTER_RUN_PARENT
[ "$here" = "$PPID" ] || exit 1

PATH=$PATH:/usr/sbin # where Debian has mosquitto, and a user's PATH does not lead
build=${BUILD:-build}
dir=$1 plain=$2 mtls=$3 tls=$4 mode=${MODE:-} bind=${BIND:-127.0.0.1}
lived_long=5   # seconds after which a program that ends did not end at once
slowest=10     # seconds between two starts at most
broker=0 service=0 teller=0 nap=0 stopping=""

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$1" >&2
  printf '  mend: %s\n' "$2" >&2
  exit 1
}

# shellcheck source=service/dev/run_folder.sh
. "$(dirname "$0")/run_folder.sh"
# shellcheck source=service/dev/run_commands.sh
. "$(dirname "$0")/run_commands.sh"

# --- the two programs -------------------------------------------------------------------------------------------------

# Signals reach the programs, not the prefixer: it ends with its input, so that the last words are printed.
prefixed() { trap '' INT TERM HUP && exec sed -u "s/^/$1 | /"; }

# Should this script be killed, the kernel ends what it started (pdeathsig). Ctrl-C does not reach the broker by itself
# (setsid): the service says goodbye through it first. The kernel forgets pdeathsig when a process changes its user, so a
# broker that does not stay root is not started as root.
start_broker() {
  local user preload as=()
  user=$(sed -n 's/^user //p' -- "$dir/mosquitto.conf")
  if [ "$(id -u)" = 0 ] && [ "${user:-root}" != root ]; then
    as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups)
  fi
  # A gate that was built with a sanitizer wants its library before all others.
  preload=$(ldd "$build/muster_gate.so" 2>/dev/null | awk '$1 ~ /^libasan/ { print "LD_PRELOAD=" $3 }')
  setsid "${as[@]}" setpriv --pdeathsig TERM env ${preload:+"$preload"} mosquitto -c "$dir/mosquitto.conf" > >(prefixed broker) 2>&1 9>&- &
  broker=$! broker_since=$SECONDS
}

start_service() {
  setpriv --pdeathsig TERM "$build/musterd" --config "$dir/muster.conf" > >(prefixed musterd) 2>&1 9>&- &
  service=$! service_since=$SECONDS
}

broker_delay=1 service_delay=1 broker_again=0 service_again=0

alive() { [ "$1" -ne 0 ] && kill -0 "$1" 2>/dev/null; }

sleep_a_bit() {
  sleep "$1" 9>&- &
  nap=$!
  wait "$nap"
}

wait_for_broker() {
  local _
  for _ in $(seq 50); do
    [ -z "$stopping" ] && alive "$broker" && [ -z "$(listener_inode "$plain")" ] || return 0
    sleep_a_bit 0.1
  done
}

# One program that should run: when it has ended, says so and sets when to start it again; when it is time, starts it.
tend() { # name for people, broker or service
  local pid=${!2} again="$2_again" delay="$2_delay" since="$2_since" code
  if [ "$pid" -ne 0 ] && ! alive "$pid"; then
    wait "$pid" 2>/dev/null
    code=$?
    [ $((SECONDS - ${!since})) -lt "$lived_long" ] || printf -v "$delay" 1
    say "$1 ended ($([ "$code" -gt 128 ] && say "signal $((code - 128))" || say "exit $code")); starting it again in ${!delay} s"
    printf -v "$again" %d $((SECONDS + ${!delay}))
    printf -v "$delay" %d $((${!delay} * 2 > slowest ? slowest : ${!delay} * 2))
    printf -v "$2" 0
  elif [ "$pid" -eq 0 ] && [ "$SECONDS" -ge "${!again}" ]; then
    "start_$2"
  fi
}

keep_running() {
  while [ -z "$stopping" ]; do
    tend broker broker
    tend musterd service
    if [ -z "$stopping" ] && alive "$broker" && alive "$service"; then
      wait -n "$broker" "$service" 2>/dev/null
    elif [ -z "$stopping" ]; then
      sleep_a_bit 0.2
    fi
  done
}

# Ends one program and waits for it, ten seconds at most.
end() {
  local _
  alive "$1" || return 0
  kill -TERM "$1" 2>/dev/null
  for _ in $(seq 100); do
    alive "$1" || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

stop() {
  trap '' INT TERM HUP
  end "$teller"
  end "$nap"
  end "$service" # first, so that it can still say goodbye
  end "$broker"
  wait
  say "stopped"
  exit 0
}

# --- until it answers --------------------------------------------------------------------------------------------------

# Waits beside the programs until the service answers, then prints the commands, once. The gate refuses everyone as long as
# it cannot read the database, which may be until the service has opened it.
tell_when_ready() {
  local words code told=$SECONDS patience=$((SECONDS + 15))
  while :; do
    words=$(setpriv --pdeathsig TERM "$build/musterctl" "--dir=$dir" status 2>&1)
    code=$?
    case $code in
    0) break ;;
    5) [ "$SECONDS" -lt "$patience" ] && sleep 0.5 && continue ;;&
    3 | 5) printf '%s\n' "$words" >&2; return ;; # waiting does not mend this
    esac
    if [ $((SECONDS - told)) -ge 30 ]; then
      printf 'not ready yet: %s\n' "$words" >&2
      told=$SECONDS
    fi
    sleep 0.5
  done
  "print_$mode"
}

# --- go ---------------------------------------------------------------------------------------------------------------

# A function, so that bash has read the whole file before it begins: the file may change while it runs.
main() {
  [ $# -eq 4 ] || die "four arguments are needed: RUN_DIR PLAIN_PORT MTLS_PORT TLS_PORT" "use make run"
  [ -x "$build/musterd" ] && [ -x "$build/musterctl" ] || die "there is no musterd in $build" "make"
  trap 'stopping=1' INT TERM HUP
  [ ! -d "$dir" ] || take_folder # "already running" says more than "port in use"
  { [ "$plain" != "$mtls" ] && [ "$plain" != "$tls" ] && [ "$mtls" != "$tls" ]; } ||
    die "two of the ports $plain, $mtls and $tls are the same" "give each listener a port of its own"
  check_port PLAIN_PORT "$plain"
  check_port MTLS_PORT "$mtls"
  check_port TLS_PORT "$tls"
  take_folder
  choose_mode
  init_folder
  [ -z "$stopping" ] || stop
  start_broker
  wait_for_broker
  [ -n "$stopping" ] || start_service
  if [ -z "$stopping" ]; then
    tell_when_ready 9>&- &
    teller=$!
  fi
  keep_running
  stop
}

main "$@"
exit

#!/bin/bash
# Started by images.sh in a network of its own: starts docker/compose.yml and looks at it. This shell stands for the
# machine outside: what is published on 127.0.0.1 is published here.
# usage: stack.sh WORK BUILD
set -u
work=$1 build=$2
log=$work/log
passed=0 failed=0
containers="service broker device1 device2"
outside=$work/outside device=0

# shellcheck source=tests/containers/common.sh
. "$(dirname "$0")/common.sh"

pass() { passed=$((passed + 1)); }
fail() { # what, lines that say more
  failed=$((failed + 1))
  printf 'FAILED %s\n' "$1"
  shift
  [ $# = 0 ] || printf '%s\n' "$@" | tail -n 12 | sed 's/^/  got /'
}
check() { # what, command...: it succeeds
  local what=$1 output
  shift
  if output=$("$@" 2>&1 </dev/null); then pass; else fail "$what" "$output"; fi
}
refused() { # what, command...: it fails by itself, without waiting for ever
  local what=$1 output code
  shift
  output=$(timeout 10 "$@" 2>&1 </dev/null)
  code=$?
  if [ "$code" != 0 ] && [ "$code" != 124 ]; then pass; else fail "$what: exit $code" "$output"; fi
}
matches() { # what, text, pattern
  if grep -qE "$3" <<<"$2"; then pass; else fail "$1, expected: $3" "$2"; fi
}
equal() { # what, got, expected
  if [ "$2" = "$3" ]; then pass; else fail "$1, expected: $3" "$2"; fi
}
within() { # seconds, command...: it succeeds in time
  local until=$(($(date +%s) + $1)) 
  shift
  until "$@" >/dev/null 2>&1 </dev/null; do
    [ "$(date +%s)" -lt "$until" ] || return 1
    sleep 0.3
  done
}

parent=--cgroup-parent=/muster-containers # run.sh removes it
compose() { podman-compose "--podman-run-args=$parent" -f docker/compose.yml -p muster "$@" >>"$log" 2>&1 </dev/null; }
inside() { # container, command...
  local name=$1
  shift
  podman exec "muster_${name}_1" "$@"
}
logs() { podman logs "muster_$1_1" 2>&1; }
control() { inside service musterctl "$@"; }
healthy() { podman healthcheck run "muster_$1_1"; }
online() { control status | grep -q "^devices .* $1 online"; }
# Who each device is, without what time changes.
devices() { control device list --json | python3 -c '
import json, sys
for item in sorted(json.load(sys.stdin)["items"], key=lambda item: item["uuid"]):
    print(item["uuid"], item["deviceId"], item.get("deviceName"), item.get("status"))'; }
# The devices that came with their certificate since a line of the broker's log.
arrived() { logs broker | tail -n +"$1" | grep -c "New client connected .* u'certificate:"; }
everyone_arrived() { [ "$(arrived "$1")" -ge 3 ]; }

look_healthy() {
  local name
  for name in $containers; do
    if within "$1" healthy "$name"; then pass; else fail "$name is not healthy" "$(logs "$name")"; fi
  done
}

images() {
  local name version
  version=$(sed -n 's/^VERSION *:= *//p' Makefile)
  for name in broker service device; do
    equal "muster-$name: version" \
      "$(podman image inspect -f '{{index .Labels "org.opencontainers.image.version"}}' "muster-$name")" "$version"
    equal "muster-$name: keys in it" \
      "$(podman run "$parent" --rm --user 0 --entrypoint find "muster-$name" / -xdev -path '*muster*' -type f \
        \( -name '*.key' -o -name '*.pem' -o -name '*.db*' \) 2>>"$log" && echo none)" none
    say "muster-$name has $(($(podman image inspect -f '{{.Size}}' "muster-$name") / 1048576)) MB"
  done
}

confined() { # what podman was told, and what the kernel says of process 1
  local name status
  for name in $containers; do
    equal "$name: read-only" "$(podman inspect -f '{{.HostConfig.ReadonlyRootfs}}' "muster_${name}_1")" true
    equal "$name: no capabilities" "$(podman inspect -f '{{.EffectiveCaps}} {{.BoundingCaps}}' "muster_${name}_1")" "[] []"
    status=$(inside "$name" cat /proc/1/status)
    equal "$name: process 1" \
      "$(awk '/^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs):/ { printf "%s%s ", $1, $2 + 0 }' <<<"$status")" \
      "CapInh:0 CapPrm:0 CapEff:0 CapBnd:0 CapAmb:0 NoNewPrivs:1 "
    matches "$name: no shell is process 1" "$status" '^Name:.(mosquitto|musterd|muster-device)$'
    matches "$name: the kernel's read-only" "$(inside "$name" grep ' / ' /proc/mounts)" '^[^ ]+ / [^ ]+ ro(,| )'
    matches "$name: its settings" "$(podman inspect "muster_${name}_1")" '"Image"'
    refused "$name: has a secret in its settings" bash -c "podman inspect muster_${name}_1 | grep -E 'm[a-z]k_[a-z2-7]'"
  done
  equal "users" "$(for name in $containers; do inside "$name" id -u; done | tr '\n' ' ')" "801 802 803 803 "
}

files() {
  local readable
  # shellcheck disable=SC2016 # expands inside
  readable=$(inside broker sh -c 'cd /var/lib/muster && for file in *; do [ ! -r "$file" ] || printf "%s " "$file"; done')
  equal "what the broker reads" "$readable" \
    "ca.pem crl.pem mosquitto.conf muster.db muster.db-shm muster.db-wal root.pem server.key server.pem "
  refused "the broker writes into the folder" inside broker touch /var/lib/muster/written
  equal "keys" "$(inside service sh -c 'cd /var/lib/muster && stat -c "%a %U:%G %n" *.key service.pem' | sort -k 3 | tr '\n' ',')" \
    "600 muster:mosquitto admin.key,600 muster:mosquitto ca.key,600 muster:mosquitto provisioning.key,600 muster:mosquitto root.key,600 muster:mosquitto seal.key,640 muster:mosquitto server.key,600 muster:mosquitto service-tls.key,600 muster:mosquitto service.key,600 muster:mosquitto service.pem,600 muster:mosquitto viewer.key,"
  equal "the folder" "$(inside service stat -c '%a %U:%G' /var/lib/muster)" "2750 muster:mosquitto"
  equal "what a device sees" "$(inside device1 ls /var/lib/muster-enrol | tr '\n' ' ')" "ca.pem provisioning.key "
  refused "a device writes there" inside device1 touch /var/lib/muster-enrol/written
  refused "a device has the installation" inside device1 ls /var/lib/muster/ca.pem
}

# What listens in a container for others than itself, as ports.
listening() {
  inside "$1" cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" && $2 !~ /^0100007F:|^00000000000000000000000001000000:/ { print substr($2, length($2) - 3) }' |
    sort -u | while read -r port; do printf '%d ' "0x$port"; done
}

border() {
  local name address
  equal "published" "$(for name in $containers; do podman port "muster_${name}_1"; done | sort | tr '\n' ' ')" \
    "8883/tcp -> 127.0.0.1:8883 8884/tcp -> 127.0.0.1:8884 "
  for name in service device1 device2; do
    equal "$name listens" "$(listening $name)" ""
  done
  equal "broker listens" "$(listening broker)" "8883 8884 "
  address=$(podman inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' muster_broker_1)
  matches "the broker's address" "$address" '^[0-9.]+$'
  local tls=(--cafile "$outside/ca.pem" -E -t muster/v1/device/stranger/reply -i stranger -V 5)
  for name in 127.0.0.1 "$address"; do
    refused "plain MQTT at $name:1883" mosquitto_pub -h "$name" -p 1883 -t a -m b
    refused "plain MQTT at $name:8883" mosquitto_pub -h "$name" -p 8883 -t a -m b
    refused "plain MQTT at $name:8884" mosquitto_pub -h "$name" -p 8884 -t a -m b
  done
  refused "8883 without a certificate" mosquitto_sub -h localhost -p 8883 "${tls[@]}"
  refused "8884 without a key" mosquitto_sub -h localhost -p 8884 "${tls[@]}"
  # The provisioning key with another secret behind its id. Arguments can be seen; here nobody looks.
  local key wrong
  key=$(cat "$outside/provisioning.key")
  wrong=$(sed -E 's/^(mpk_[^_]+_)(.*)$/\1/' <<<"$key")$(sed -E 's/^mpk_[^_]+_//' <<<"$key" | tr 'a-y' 'b-z')
  refused "a wrong key" mosquitto_sub -h localhost -p 8884 "${tls[@]}" -u provision -P "$wrong"
  check "the broker says so" bash -c "podman logs muster_broker_1 2>&1 | grep 'refused stranger'"
  check "the right key" mosquitto_sub -h localhost -p 8884 "${tls[@]}" -u provision -P "$key"
}

take_out() { # what a device outside is given: by whoever may run podman here
  mkdir -p "$outside/device"
  (umask 077
    inside service cat /var/lib/muster/ca.pem >"$outside/ca.pem"
    control key create --uses 1 --expires 1h >"$outside/provisioning.key" 2>>"$log")
  check "a key and a certificate are there" grep -q '^mpk_' "$outside/provisioning.key"
}

enrol_outside() {
  local uuid lines
  "$build/muster-device" run --dir "$outside/device" --broker localhost --cafile "$outside/ca.pem" \
    --provisioning-key-file "$outside/provisioning.key" --name Outside --type sample >"$outside/log" 2>&1 </dev/null &
  device=$!
  if within 30 online 3; then pass; else fail "the device outside is not online" "$(cat "$outside/log")"; fi
  uuid=$(cat "$outside/device/uuid")
  check "musterctl knows it" control device show "$uuid"
  check "it shows its certificate" bash -c "podman logs muster_broker_1 2>&1 | grep \" as $uuid .* u'certificate:\""
  check "its certificate is good for mosquitto_pub" mosquitto_pub -V 5 -q 1 -h localhost -p 8883 --cafile "$outside/ca.pem" \
    --cert "$outside/device/device.pem" --key "$outside/device/device.pem" -i "$uuid~pub" \
    -t "muster/v1/device/$uuid/heartbeat" -m '{}'
}

all_back() { # what happened, a line of the broker's log after which they came back
  if within 60 everyone_arrived "$2" && within 30 online 3; then pass; else
    fail "after $1 not all are back" "$(logs broker | tail -n 4)" "$(logs service | tail -n 6)" "$(control status 2>&1)"
  fi
  equal "after $1 they are the same" "$(devices)" "$known"
  look_healthy 30
}

# Everything but what moves by itself.
fingerprint() { inside service sh -c 'cd /var/lib/muster && sha256sum *.pem *.key *.conf'; }

restart() {
  local before lines
  known=$(devices) before=$(fingerprint)
  equal "three devices" "$(wc -l <<<"$known")" 3
  lines=$(logs broker | wc -l)
  check "the broker restarts" podman restart muster_broker_1
  all_back "a restart of the broker" $((lines + 1))
  check "the service restarts" podman restart muster_service_1
  within 30 control status
  all_back "a restart of the service" 1
  equal "init changes nothing" "$(fingerprint)" "$before"
}

# As docker/README.md says it; and both certificates are made anew meanwhile, as before they end.
back_up_and_come_again() {
  local archive=$outside/muster.tar name
  check "the service stops" timeout 8 podman stop -t 20 muster_service_1
  podman run "$parent" --rm -v muster_data:/data:ro --entrypoint tar muster-service -C /data -cf - . >"$archive" 2>>"$log"
  equal "the backup has authority and database" "$(tar -tf "$archive" | grep -c -e '^./ca.key$' -e '^./muster.db$')" 2
  check "the service starts" podman start muster_service_1
  if within 30 online 3; then pass; else fail "a backup took somebody offline" "$(control status 2>&1)"; fi
  for name in device1 device2 service broker; do
    check "$name stops" timeout 8 podman stop -t 20 "muster_${name}_1"
    equal "$name: exit code" "$(podman inspect -f '{{.State.ExitCode}}' "muster_${name}_1")" 0
  done
  compose down
  equal "no container is left" "$(podman ps -aq)" ""
  podman volume rm muster_data >>"$log" 2>&1
  compose up --no-start
  check "the backup comes back" bash -c "podman run $parent --rm -i -v muster_data:/data --entrypoint tar muster-service -C /data -xpf - <$archive"
  check "certificates are removed" podman run "$parent" --rm -v muster_data:/data --entrypoint rm muster-service /data/server.pem /data/service.pem
  check "the stack starts again" compose up -d
  within 30 control status
  all_back "a restore" 1
}

finish() {
  say "done"
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}

bring_up() {
  check "podman-compose up" compose up -d
  look_healthy 60
  if within 60 online 2; then pass; else fail "the sample devices are not online" "$(logs device1)"; fi
  [ "$failed" = 0 ]
}

main() {
  ip link set lo up
  say "the stack starts"
  bring_up || finish # nothing else is worth a look
  say "what the images hold"; images
  say "how it is confined"; confined
  say "who may read what"; files
  say "what can be reached"; take_out; border
  say "one more device, from outside"; enrol_outside
  say "restarts"; restart
  say "backup, down, restore, up"; back_up_and_come_again
  say "down"
  kill "$device"; wait "$device"
  equal "the device outside says goodbye" $? 0
  compose down -v
  equal "no container is left" "$(podman ps -aq)" ""
  equal "no volume is left" "$(podman volume ls -q)" ""
  finish
}

main

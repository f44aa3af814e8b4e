#!/bin/sh
# Installs the Debian packages that Muster needs and that are missing. Quiet and quick when there are none.
# usage: setup.sh [run|check|bench|containers]
set -eu

packages="gcc libc6-dev libpaho-mqtt-dev libssl-dev libcjson-dev libsqlite3-dev libsmartcols-dev mosquitto-dev libmosquitto-dev"
case "${1:-}" in
run) packages="$packages mosquitto mosquitto-clients openssl" ;;
check) packages="$packages mosquitto mosquitto-clients openssl jq strace sqlite3 pkg-config python3 python3-paho-mqtt clang-format clang-tidy cppcheck" ;;
bench) packages="$packages mosquitto mosquitto-clients openssl python3 python3-paho-mqtt valgrind" ;;
containers)
  # debootstrap makes the base image, podman builds and runs (by runc, with netavark's network and aardvark's names).
  packages="$packages mosquitto-clients python3 debootstrap podman runc netavark aardvark-dns podman-compose iptables iproute2 util-linux"
  ;;
esac

missing=""
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root="sudo"
else
  echo "error: Debian packages are missing and there is neither root nor sudo to install them." >&2
  echo "  mend: run as root: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "installing Debian packages:$missing"
# Debian starts a freshly installed mosquitto, which would take port 1883. policy-rc.d is dpkg's way to say no; one that
# stands there already is kept.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '$as_root rm -f "$policy"' EXIT INT TERM
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi
log=$(mktemp)
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  echo "error: apt-get could not install:$missing (the whole log: $log)" >&2
  exit 1
fi
rm -f "$log"

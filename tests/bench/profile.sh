#!/bin/sh
# Where the service's time goes while a fleet beats, by thread and function: by perf, in microseconds of CPU per heartbeat;
# or by callgrind, in instructions per heartbeat, which do not wander.
# usage: BUILD=build tests/bench/profile.sh [perf|callgrind [PAYLOAD]]
set -eu
cd "$(dirname "$0")/../.."
how=${1:-callgrind}
case "$how" in
perf) package=linux-perf ;;
callgrind) package=valgrind ;;
*)
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
  ;;
esac
if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
  echo "error: $package is not installed." >&2
  echo "  mend: run as root: apt-get install --no-install-recommends $package" >&2
  exit 1
fi
make -s bench-built
BUILD=${BUILD:-build} exec /usr/bin/python3 tests/bench/profile_service.py "$how" "${2:-}"

#!/bin/bash
# Builds the images of docker/, starts docker/compose.yml, and looks at it from inside and outside: what `make
# containers` runs. It needs root, and Debian's mirror; no Docker engine. The last line is "N passed, N failed".
#
# Everything happens in namespaces of its own for mounts, processes and (once the images are built) the network: nothing
# meets the machine's own containers, ports or firewall, and when this script ends, however it ends, the kernel takes
# the rest away. What stays is build/containers/: the log, and the base image's archive for the next time.
# usage: BUILD=build tests/containers/run.sh
set -u
build=$(realpath "${BUILD:-build}")
here=$(dirname "$(realpath "$0")")
work=$build/containers
started=$(date +%s)
child=0
export MUSTER_CONTAINERS_STARTED=$started

die() {
  printf 'error: %s\n  mend: %s\n' "$1" "$2" >&2
  exit 1
}

clean() {
  rm -rf "${work:?}"/{storage,rootfs,settings,outside}
  find /sys/fs/cgroup -depth -type d -path '*/muster-containers*' -exec rmdir {} + 2>/dev/null
}

finish() {
  trap '' INT TERM HUP
  if [ "$child" != 0 ]; then
    # Process 1 of the namespace: unshare ends once it is gone, and with it everything in there.
    read -r inside _ <"/proc/$child/task/$child/children"
    kill -KILL "${inside:-$child}" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  clean
}

main() {
  [ "$(id -u)" = 0 ] || die "namespaces, debootstrap and podman's network need root" "run make containers as root"
  mkdir -p "$work"
  exec 9>"$work/lock"
  flock -n 9 || die "another make containers runs in $work" "wait for it, or use another folder: make BUILD=... containers"
  printf '%4d s  %s\n' 0 "installing what is missing"
  "$here/../../service/dev/setup.sh" containers || exit 1
  trap 'exit 130' INT TERM HUP
  trap finish EXIT
  clean # what a machine that went down has left
  # In the background, so that a signal is heard at once.
  setpriv --pdeathsig TERM unshare --mount --pid --fork --kill-child --mount-proc -- \
    "$here/images.sh" "$work" "$build" 9>&- &
  child=$!
  wait "$child"
  code=$?
  child=0
  exit "$code"
}

main "$@"
exit

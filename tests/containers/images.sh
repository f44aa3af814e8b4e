#!/bin/bash
# Started by run.sh in namespaces of its own: makes the base image, builds docker/Dockerfile with it, then starts
# stack.sh in a network of its own.
# usage: images.sh WORK BUILD
set -u
work=$1 build=$2
here=$(dirname "$0")
cd "$here/../.." || exit 1
log=$work/log
: >"$log"

# shellcheck source=tests/containers/common.sh
. "$here/common.sh"

# podman's own places, seen by nobody else: it would find the machine's containers, networks and settings there.
make_places() {
  local resolv
  resolv=$(readlink -f /etc/resolv.conf)
  mkdir -p "$work/settings" "$work/storage" "$work/rootfs"
  # In memory, where there is enough of it: dpkg waits for a disk half of its time.
  if [ "$(awk '$1 == "MemAvailable:" { print int($2 / 1048576) }' /proc/meminfo)" -ge 6 ]; then
    mount -t tmpfs -o size=3g tmpfs "$work/storage"
    mount -t tmpfs -o size=1g tmpfs "$work/rootfs"
  fi
  cp "$resolv" "$work/settings/resolv.conf"
  mount -t tmpfs tmpfs /run
  case $resolv in
  /run/*) mkdir -p "$(dirname "$resolv")" && cp "$work/settings/resolv.conf" "$resolv" ;;
  esac
  mount --bind "$work/settings" /etc/containers
  printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' >"$work/settings/policy.json"
  printf 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n' >"$work/settings/registries.conf"
  printf '[storage]\ndriver = "overlay"\nrunroot = "/run/containers"\ngraphroot = "%s/storage"\n' "$work" >"$work/settings/storage.conf"
  printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nruntime = "runc"\n[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "%s/storage/networks"\n[containers]\nlog_driver = "k8s-file"\n' \
    "$work" >"$work/settings/containers.conf"
}

# What debian:bookworm-slim is, as far as the Dockerfile sees: a small Debian with its security updates. No registry can
# be asked, so that it is made here.
make_base() {
  local archive=$work/base.tar mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
  local security=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
  if [ -z "$(find "$archive" -mtime -7 2>/dev/null)" ]; then
    say "debootstrap makes the base image"
    debootstrap --variant=minbase bookworm "$work/rootfs" "$mirror" >>"$log" 2>&1 || return 1
    printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s bookworm-security main\n' \
      "$mirror" "$mirror" "$security" >"$work/rootfs/etc/apt/sources.list"
    echo force-unsafe-io >"$work/rootfs/etc/dpkg/dpkg.cfg.d/speed"
    rm -rf "$work"/rootfs/var/cache/apt/archives/*.deb "$work"/rootfs/var/lib/apt/lists/*
    tar -C "$work/rootfs" -cf "$archive.new" . && mv "$archive.new" "$archive" || return 1
    rm -rf "$work"/rootfs/*
  fi
  say "the base image becomes debian:bookworm-slim"
  podman import --change 'CMD ["bash"]' "$archive" docker.io/library/debian:bookworm-slim >>"$log" 2>&1
}

build_images() {
  say "podman-compose builds the images"
  # Dockerfiles have health checks, which podman's own format of images does not know.
  BUILDAH_FORMAT=docker BUILDAH_ISOLATION=chroot podman-compose -f docker/compose.yml -p muster build >>"$log" 2>&1
  podman image exists muster-broker && podman image exists muster-service && podman image exists muster-device
}

if ! { make_places && make_base && build_images; }; then
  tail -n 30 "$log"
  echo "FAILED the images cannot be built; the whole log: $log"
  echo "0 passed, 1 failed"
  exit 1
fi
unshare --net -- "$here/stack.sh" "$work" "$build"

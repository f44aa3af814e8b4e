#!/bin/sh
# Makes the folder, or what is missing in it; hands out what devices need to enrol; then is the service.
set -eu
umask 077
trap 'exit 143' TERM INT # process 1 would ignore them
for name in ${MUSTER_SERVER_NAMES:-}; do
  set -- "$@" --server-name "$name"
done
musterctl init --broker-host broker --broker-group mosquitto "$@"
# Devices get these two and nothing else, in a volume of their own.
for file in ca.pem provisioning.key; do
  if ! cmp -s "/var/lib/muster/$file" "/var/lib/muster-enrol/$file"; then
    install -m 0640 -g muster-device "/var/lib/muster/$file" "/var/lib/muster-enrol/$file.new"
    mv "/var/lib/muster-enrol/$file.new" "/var/lib/muster-enrol/$file"
  fi
done
exec musterd --config /var/lib/muster/muster.conf

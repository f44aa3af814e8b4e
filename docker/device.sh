#!/bin/sh
# Waits for what the service's container hands out, then is the device. Arguments are options of muster-device run.
set -eu
trap 'exit 143' TERM INT # process 1 would ignore them
until [ -r /var/lib/muster-enrol/ca.pem ] && [ -r /var/lib/muster-enrol/provisioning.key ]; do
  sleep 0.5
done
exec muster-device run --cafile /var/lib/muster-enrol/ca.pem \
  --provisioning-key-file /var/lib/muster-enrol/provisioning.key "$@"

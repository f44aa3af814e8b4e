#!/bin/sh
# Waits for the folder that the service's container makes, then is the broker.
set -eu
trap 'exit 143' TERM INT # process 1 would ignore them
# musterctl init writes muster.conf last.
until [ -e /var/lib/muster/muster.conf ] && [ -r /var/lib/muster/mosquitto.conf ]; do
  sleep 0.5
done
exec /usr/sbin/mosquitto -c /var/lib/muster/mosquitto.conf

# Sourced by images.sh and stack.sh: progress with the seconds since run.sh began.
# shellcheck shell=bash
say() { printf '%4d s  %s\n' "$(($(date +%s) - MUSTER_CONTAINERS_STARTED))" "$*"; }

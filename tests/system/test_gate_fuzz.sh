#!/bin/bash
# The gate in a short storm of packets that are nearly right, and two gates that were broken on purpose: the storm must
# find both. make fuzz-gate is the long one.
cd "$(dirname "$0")/../.." || exit 1
log=$(mktemp /tmp/muster-storm-XXXXXX)
trap 'rm -f "$log"' EXIT
tests/fuzz/gate.sh 30000 | tee "$log"
SEED=7 tests/fuzz/gate.sh --broken 20000 | tee -a "$log"
awk '/^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3; runs++ }
     END { if (runs != 2) failed++; print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 }' "$log"

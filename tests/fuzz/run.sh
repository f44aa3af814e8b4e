#!/bin/bash
# Builds each harness of this folder with libFuzzer and the sanitizers into $BUILD/fuzz and runs it.
# What a run finds stays in $BUILD/fuzz/NAME.found; what breaks it in $BUILD/fuzz/NAME-*. Ends with "N passed, N failed".
# usage: [BUILD=build] run.sh [SECONDS each, default 20] [NAME]...
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-20}
[ $# = 0 ] || shift
out=${BUILD:-build}/fuzz
passed=0
failed=0
command -v clang >/dev/null || {
  echo "error: clang is missing; mend: apt-get install clang libclang-rt-dev" >&2
  exit 1
}

names=("$@")
[ $# != 0 ] || for source in tests/fuzz/fuzz_*.c; do names+=("$(basename "$source" .c | sed 's/^fuzz_//')"); done
for name in "${names[@]}"; do
  mkdir -p "$out/$name.found"
  log="$out/$name.log"
  if clang -std=c11 -D_GNU_SOURCE -I. -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    "tests/fuzz/fuzz_$name.c" topics/*.c -o "$out/fuzz_$name" -lcjson &&
    "$out/fuzz_$name" -max_total_time="$seconds" -max_len=20000 -timeout=5 -artifact_prefix="$out/$name-" \
      -print_final_stats=1 "$out/$name.found" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "fuzz_$name: $(grep -Eo 'number_of_executed_units: *[0-9]+' "$log" | grep -Eo '[0-9]+') runs"
  else
    failed=$((failed + 1))
    echo "FAILED fuzz_$name; the end of $log:"
    tail -n 30 "$log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

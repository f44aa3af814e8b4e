#!/bin/bash
# Runs every test and adds up their closing lines; the last line is "N passed, N failed".
# usage: BUILD=build check.sh [unit|flow|year|system]...   (all of them without a word)
set -u
build=${BUILD:-build}
export BUILD="$build"
kinds=${*:-unit flow year system}
logs="$build/test-logs"
mkdir -p "$logs"
passed=0
failed=0

# Takes the last "N passed, N failed" of a log; a test that ends without one, or with a wrong exit code, has failed.
add_up() { # name, log, exit code
  local line
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1)
  local p=0 f=0
  [ -n "$line" ] && read -r p _ f _ <<<"$line"
  if [ -z "$line" ] || { [ "$3" != 0 ] && [ "$f" = 0 ]; }; then
    f=$((f + 1))
    echo "FAILED $1: exit code $3 without a failed check in its count; the end of its output:"
    tail -n 20 "$2"
  elif [ "$f" != 0 ]; then
    grep -E '^FAILED|^  (got|expected)|ERROR: .*Sanitizer' "$2" | head -n 40
  fi
  passed=$((passed + p))
  failed=$((failed + f))
  printf '%-28s %5d passed, %d failed  (%s s)\n' "$1" "$p" "$f" "$4"
}

run() { # name, command...
  local name=$1 start=$SECONDS code=0
  shift
  timeout 600 "$@" >"$logs/$name.log" 2>&1 </dev/null || code=$?
  add_up "$name" "$logs/$name.log" "$code" $((SECONDS - start))
}

for kind in $kinds; do
  case $kind in
  unit)
    for source in tests/unit/test_*.c; do
      name=$(basename "$source" .c)
      run "$name" "$build/tests/unit/$name"
    done
    ;;
  flow) run flow "$build/tests/flow/run_traces" tests/flow/*.trace ;;
  year)
    run year "$build/tests/year/run_year"
    cat "$logs/year.log"
    ;;
  system)
    for test in tests/system/test_*; do
      name=system_$(basename "$test" | sed 's/^test_//; s/\..*//')
      run "$name" "$test"
    done
    ;;
  esac
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

#!/bin/bash
# The tables in docs/ are what the programs print.
build=${BUILD:-build}
passed=0
failed=0
check() { # what, document, command...
  local what=$1 document=$2
  shift 2
  if diff <("$@" | grep '^|') <(grep '^|' "$document") >"$build/docs-diff" && [ -s "$document" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $what: $document differs from: $*"
    head -n 20 "$build/docs-diff"
  fi
  rm -f "$build/docs-diff"
}
check "error codes" docs/errors.md "$build/musterctl" errors --markdown
check "configuration keys" docs/configuration.md "$build/musterctl" config keys --markdown
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

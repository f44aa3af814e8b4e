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
# each command of the first program, and no other, has a row in the second's table
commands() {
  if [ "$1" = program ]; then
    "$build/muster-device" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
  else
    sed -n '/^## Commands/,/^## What/s/^| \(`.*`\) | .*/\1/p' docs/device-client.md | sed 's/ | .*//' | grep -o '`[a-z][a-z]*' | tr -d '`'
  fi | sort
}
if [ -n "$(commands program)" ] && diff <(commands program) <(commands document); then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  echo "FAILED commands of muster-device: docs/device-client.md lists others"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

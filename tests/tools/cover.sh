#!/bin/bash
# Builds everything for coverage, runs the unit and flow tests and prints how much of each file they reach.
# Fails when the build or a test fails, when a source was not compiled, or when a file of the folders in `strict`
# has less than 95 % of its branches reached.
# usage: BUILD=build-cover MAKE=make cover.sh [unit|flow]...   (both without a word)
set -u
build=${BUILD:-build-cover}
kinds=${*:-unit flow}
case ${MAKEFLAGS:-} in
*-j* | *jobserver*) jobs="" ;;
*) jobs="-j$(nproc)" ;;
esac

mkdir -p "$build"
log="$build/build.log"
# Counts of another build do not fit the new objects.
find "$build" -name '*.gcda' -delete
# shellcheck disable=SC2086
if ! ${MAKE:-make} $jobs BUILD="$build" OPT='-O0 -g -DNDEBUG' FORTIFY= EXTRA='--coverage' tests-built >"$log" 2>&1; then
  grep -E 'error|Error|undefined|\*\*\*' "$log" | head -n 20 >&2
  echo "error: the build for coverage failed; all of it: $log" >&2
  exit 1
fi

code=0
# shellcheck disable=SC2086
BUILD="$build" tests/tools/check.sh $kinds || code=1
[ "$code" = 0 ] || echo "error: tests failed, so the figures below say less than they should" >&2

python3 - "$build" <<'PYTHON' || code=1
import json, pathlib, subprocess, sys

build, strict, least = pathlib.Path(sys.argv[1]), ("topics/", "service/core/"), 95.0
folders = ("topics", "certs", "service", "device-client")

def reached(counts):
    return sum(1 for count in counts if count > 0), len(counts)

def percent(part):
    return 100.0 * part[0] / part[1] if part[1] else 100.0

def measure(source):
    """Lines and branches of a source: (reached, all) each; none without its object."""
    notes = (build / source).with_suffix(".gcno")
    if not notes.exists():
        return None
    out = subprocess.run(["gcov", "--branch-probabilities", "--json-format", "--stdout", str(notes)],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    lines = [line for file in json.loads(out)["files"] if file["file"] == str(source) for line in file["lines"]]
    counts, branches = {}, []
    for line in lines:
        counts[line["line_number"]] = counts.get(line["line_number"], 0) + line["count"]
        branches += [branch["count"] for branch in line["branches"]]
    return reached(counts.values()), reached(branches)

def show(name, lines, branches):
    print(f"{name:<34} {percent(lines):6.1f} % of {lines[1]:5} lines {percent(branches):6.1f} % of {branches[1]:5} branches")

missing, low, sums = [], [], {}
print()
sources = [file for folder in folders for file in pathlib.Path(folder).rglob("*.c")]
for source in sorted(file for file in sources if "examples" not in file.parts):
    figures = measure(source)
    if figures is None:
        missing.append(str(source))
        continue
    show(str(source), *figures)
    if str(source).startswith(strict) and percent(figures[1]) < least:
        low.append(f"{source} ({percent(figures[1]):.1f} %)")
    for folder in {source.parts[0], str(source.parent)}:
        old = sums.get(folder, ((0, 0), (0, 0)))
        sums[folder] = tuple((a + c, b + d) for (a, b), (c, d) in zip(old, figures))
print()
for folder in sorted(sums):
    show(folder + "/", *sums[folder])
for name in missing:
    print(f"error: {name} was not compiled", file=sys.stderr)
for name in low:
    print(f"error: less than {least:.0f} % of the branches: {name}", file=sys.stderr)
sys.exit(bool(missing or low))
PYTHON
exit "$code"

#!/bin/bash
# The looks and the linters: clang-format, clang-tidy, cppcheck. Prints what they find; exit 1 when they find anything.
# usage: BUILD=build tidy.sh
set -u
build=${BUILD:-build}
failed=0
mapfile -t files < <(git ls-files '*.c' '*.h')
mapfile -t sources < <(git ls-files 'topics/*.c' 'certs/*.c' 'service/*.c' 'device-client/*.c')
flags=(-std=c11 -D_GNU_SOURCE -I. -Idevice-client "-I$build" '-DMUSTER_VERSION="0"' -DMUSTER_RELEASED=0)

echo "clang-format: ${#files[@]} files"
clang-format --dry-run --Werror "${files[@]}" || failed=1

# One file at a time: several in one run confuse the analyzer's view of va_list.
echo "clang-tidy: ${#sources[@]} files"
printf '%s\0' "${sources[@]}" |
  xargs -0 -P 2 -n 1 -I FILE clang-tidy --quiet FILE -- "${flags[@]}" 2>/dev/null || failed=1

echo "cppcheck: ${#sources[@]} files"
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem -I. "-I$build" -D_GNU_SOURCE '-DMUSTER_VERSION="0"' -DMUSTER_RELEASED=0 -j 2 "${sources[@]}" || failed=1

[ "$failed" = 0 ] && echo "tidy: clean"
exit "$failed"

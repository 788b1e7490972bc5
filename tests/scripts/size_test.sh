#!/bin/sh
# size_test.sh: libspore.so of a Release build, stripped, is below 1.5 MB (1,500,000 bytes).
set -eu
: "${BUILD:?the build folder}"
limit=1500000
library=$BUILD/lib/libspore.so
cache=$BUILD/CMakeCache.txt
skip() {
    echo "size: not looked at: $*"
    exit 77
}
command -v strip >/dev/null || skip 'no strip here'
[ -f "$library" ] || skip "no $library"
grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release$' "$cache" || skip 'not a Release build'
! grep -q '^SPORE_SANITIZE:[A-Z]*=.' "$cache" || skip 'a sanitizer'
! grep -q '^CMAKE_C_FLAGS:[A-Z]*=.*\(coverage\|-O[0-9g]\)' "$cache" || skip 'flags of its own'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/stripped.so" "$library"
bytes=$(wc -c <"$work/stripped.so")
echo "libspore.so, stripped: $bytes bytes, limit $limit"
[ "$bytes" -lt "$limit" ] && exit 0
echo 'What grew (bytes of code and constants):'
size "$BUILD"/CMakeFiles/spore_objects.dir/src/*/*.o | sort -rn | awk 'NR <= 12 { print $1, $6 }'
exit 1

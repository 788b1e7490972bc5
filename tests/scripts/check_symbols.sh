#!/bin/sh
# check_symbols.sh FOLDER: what FOLDER/libspore.so exports is what include/ declares with SP_API, both ways, and every
# name that libspore.a adds to a program begins with sp_ (SP_ for constants).
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER (that holds libspore.so and libspore.a)"; exit 2; }
library=$1/libspore.so archive=$1/libspore.a
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' | LC_ALL=C sort -u >"$work/exported"

# With SP_BUILD defined, SP_API becomes a visibility attribute. One declaration a line; what follows the attribute is a
# type and then the name: the word before the first parenthesis, or the last one of a variable.
find include -name '*.h' | sed 's|^include/|#include <|; s|$|>|' |
    ${CC:-cc} -std=c11 -E -P -DSP_BUILD -DSP_EXPERIMENTAL -Iinclude - | tr '\n' ' ' | tr ';' '\n' |
    sed -n 's/.*visibility("default")))//p' |
    sed -E 's/\(.*//; s/\[.*//; s/[ \t]+$//; s/.*[^A-Za-z0-9_]//' | LC_ALL=C sort -u >"$work/declared"

[ -s "$work/declared" ] || { echo 'no SP_API declaration found in include/'; exit 1; }
LC_ALL=C comm -23 "$work/declared" "$work/exported" | sed 's/$/: declared in include\/, not exported (not defined?)/' >"$work/bad"
LC_ALL=C comm -13 "$work/declared" "$work/exported" | sed 's/$/: exported, not declared in include\//' >>"$work/bad"
nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(sp|SP)_/ { print $3 ": in libspore.a without the prefix sp_" }' \
    >>"$work/bad"
cat "$work/bad"
echo "$(wc -l <"$work/declared") declared, $(wc -l <"$work/exported") exported"
[ ! -s "$work/bad" ]

#!/bin/sh
# run_example.sh FOLDER EXPECTED: runs an example and compares what it prints. EXPECTED is a transcript: its first line is
# "$ NAME ARGUMENTS", the rest is the output; same_output.awk says how lines are compared. It runs in an empty folder.
set -eu
folder=$1 expected=$2 scripts=$(cd "$(dirname "$0")" && pwd)
[ -f "$expected" ] || { echo "$expected: an example needs its expected output"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command=$(sed -n '1s/^\$ //p' "$expected")
[ -n "$command" ] || { echo "$expected: the first line must be: \$ NAME ARGUMENTS"; exit 1; }
sed 1d "$expected" >.expected
status=0
# shellcheck disable=SC2086 # the command is words
"$folder/"$command >.printed 2>.errors || status=$?
if [ $status -ne 0 ] && grep -q 'this library was built without' .errors; then
    cat .errors
    exit 77 # skipped
fi
if [ $status -ne 0 ]; then
    cat .printed .errors
    echo "$command: exit status $status"
    exit 1
fi
awk -f "$scripts/same_output.awk" .expected .printed || { echo '--- all of it:'; cat .printed .errors; exit 1; }

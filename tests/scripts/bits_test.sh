#!/bin/sh
# bits_test.sh: the same seed, build and number of threads give the same bits: two processes, and any number of
# workers in the data pipeline, end with the same parameters, byte for byte.
set -eu
: "${BUILD:?the build folder}"
[ -x "$BUILD/tests/same_bits" ] || { echo 'tests/same_bits is not built'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for threads in 1 2; do
    for run in 'a 0' 'b 0' 'a 1' 'b 1' 'a 2' 'b 2'; do
        set -- $run
        "$BUILD/tests/same_bits" "$2" "$threads" >"$work/$threads-$2-$1" || { echo "same_bits $2 $threads: failed"; exit 1; }
        cmp "$work/$threads-0-a" "$work/$threads-$2-$1" || { echo "threads $threads, workers $2, run $1: other bits"; status=1; }
    done
    [ -s "$work/$threads-0-a" ] || { echo 'no parameters came'; status=1; }
done
exit $status

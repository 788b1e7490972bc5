#!/bin/sh
# The comparison that the examples are judged by says yes and no where it should.
set -u
compare=$(cd "$(dirname "$0")" && pwd)/same_output.awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
check() { # check SAME|OTHER EXPECTED PRINTED
    printf '%b' "$2" >"$work/expected"
    printf '%b' "$3" >"$work/printed"
    said=OTHER
    awk -f "$compare" "$work/expected" "$work/printed" >"$work/why" && said=SAME
    [ $said = "$1" ] || { echo "'$2' against '$3': $said, not $1"; status=1; }
}
check SAME 'a 1.25 b\n' 'a 1.27 b\n'
check OTHER 'a 1.25 b\n' 'a 1.28 b\n'
check OTHER 'a 1.25 b\n' 'a 1.25 c\n'
check OTHER 'x 5\n' 'x 6\n'
check OTHER 'x -0.5\n' 'x 0.5\n'
check SAME '[9.27767083e-02 1]\n' '[9.27767084e-02 1]\n'
check OTHER '[9.27767083e-02 1]\n' '[9.27767089e-02 1]\n'
check OTHER 'loss 0.50\n' 'loss nan\n'
check SAME 'accuracy 0.94+-0.02 ok\n' 'accuracy 0.925 ok\n'
check OTHER 'accuracy 0.94+-0.02 ok\n' 'accuracy 0.915 ok\n'
check OTHER 'accuracy 0.94+-0.02\n' 'accuracy nan\n'
check SAME '[0.125+-1e-6  1]\n' '[0.1250002 1]\n'
check OTHER '[0.125+-1e-6 1]\n' '[0.12500021]\n'
check OTHER '[0.125  1]\n' '[0.125 1]\n'
check SAME 'took <any> s\n' 'took 1.2 s\n'
check OTHER 'took <any> s\n' 'took 1.2 m\n'
check SAME 'a\n<any>\nb\n' 'a\n1\n2\nb\n'
check OTHER 'a\n<any>\nb\n' 'a\n1\n2\n'
check SAME '<any>\n' 'x\ny\n'
check OTHER 'a\n' 'a\nb\n'
check OTHER 'a\nb\n' 'a\n'
check OTHER '' 'x\n'
check OTHER 'a\n' ''
exit $status

# What the tests of the command share; read with `.`: a folder of their own, in which they are then, and checks.
set -u
: "${SPORE:?the command}" "${SRC:?the root of the source}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0

wrong() {
    bad=$((bad + 1))
    echo "$*"
    sed 's/^/    stdout: /' out | cut -c -300 | head -n 5
    sed 's/^/    stderr: /' err | cut -c -300 | head -n 5
}
# spore STATUS ARGUMENTS...: runs the command; its output is in the files out and err.
spore() {
    want=$1
    shift
    "$SPORE" "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$want" ] || wrong "spore $*: exit status $status, not $want"
}
on() { grep -q -- "$2" "$1" || wrong "spore $said: no '$2' on std$1"; }
silent() { [ ! -s "$1" ] || wrong "spore $said: std$1 is not empty"; }
one_line() { [ "$(wc -l <err)" -eq 1 ] || wrong "spore $said: the error is not one line"; }

#!/bin/sh
# cli_startup_test.sh: the command starts without what it does not need. Counted, not timed: libraries loaded and times
# that the program begins. A time is looked at as well, with a limit that only a mistake of kind can pass.
set -eu
: "${BUILD:?the build folder}" "${SPORE:?the command}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
wrong() {
    echo "start-up: $*"
    status=1
}

linked='^SPORE_LAZY:[A-Z]*=OFF\|^SPORE_SANITIZE:[A-Z]*=.'
if command -v ldd >/dev/null && ! grep -q "$linked" "$BUILD/CMakeCache.txt"; then
    ldd "$SPORE" >"$work/needs" 2>/dev/null || :
    for part in onednn:libdnnl curl:libcurl archive:libarchive; do
        [ -f "$BUILD/lazy/base/lazy/${part%:*}.h" ] || continue # linked: -DSPORE_LAZY=OFF, or outside of the system's folders
        ! grep "${part#*:}" "$work/needs" || wrong "the command needs ${part#*:} before anybody asks for it"
    done
fi

# The GNU loader tells what it does. A command that computes begins twice (src/cli/main.c says why), others once.
began() { # began NUMBER ARGUMENT...
    expected=$1
    shift
    env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY -u KMP_BLOCKTIME LD_DEBUG=statistics "$SPORE" "$@" >"$work/out" 2>&1 || :
    n=$(grep -c 'total startup time' "$work/out" || :)
    [ "$n" -eq 0 ] || [ "$n" -eq "$expected" ] || wrong "spore $*: began $n times, expected $expected"
}
if [ -x /proc/self/exe ] && env -u GOMP_SPINCOUNT true 2>/dev/null; then
    began 1 --version
    began 1 --help
    began 1 info nothing.ckpt
    began 2 eval nothing.mindir
fi

# The fastest of ten, in milliseconds; `date` of GNU and BusyBox knows nanoseconds.
case $(date +%N) in
*[!0-9]* | '') ;;
*)
    best=1000000
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        before=$(date +%s%N)
        "$SPORE" --version >"$work/version"
        after=$(date +%s%N)
        took=$(((after - before) / 1000000))
        [ "$took" -ge "$best" ] || best=$took
    done
    grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release' "$BUILD/CMakeCache.txt" && ! grep -q '^SPORE_SANITIZE:[A-Z]*=.' "$BUILD/CMakeCache.txt" &&
        [ "$best" -gt 50 ] && wrong "spore --version took $best ms at best, expected 5"
    echo "spore --version: $best ms at best, the time to start a process counted in"
    ;;
esac
exit $status

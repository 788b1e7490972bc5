#!/bin/sh
# spore bench and bench/compare.py from outside: what they print and whether it adds up, with as few steps as there can be.
# Whether it is fast is for people (./dev bench): a machine that runs tests is no place to measure.
set -u
: "${SPORE:?the command}" "${SRC:?the root of the source}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
few='--steps 2 --blocks 2'

wrong() {
    bad=$((bad + 1))
    echo "$*"
    sed 's/^/    stdout: /' "$work/out" | head -n 5
    sed 's/^/    stderr: /' "$work/err" | head -n 5
}
# bench ARGUMENTS...: its output is in the files out and err.
bench() {
    said=$*
    "$SPORE" bench "$@" >"$work/out" 2>"$work/err" </dev/null || wrong "spore bench $said: exit status $?, not 0"
    [ ! -s "$work/err" ] || wrong "spore bench $said: something on stderr"
}
# holds PYTHON: whether the expression is true of x, the first object, and of the list `all`.
holds() {
    python3 - "$work/out" "$1" <<'END' >>"$work/err" 2>&1 || wrong "spore bench $said: not $1"
import json, sys
all = [json.loads(line) for line in open(sys.argv[1])]
x = all[0]
assert eval(sys.argv[2]), all
END
}
timed='x["best_ms"] > 0 and x["median_ms"] >= x["best_ms"]'

# shellcheck disable=SC2086 # words on purpose
{
    bench mlp --json --threads 1 $few
    holds "$timed"' and len(all) == 1 and x["workload"] == "mlp" and x["mode"] == "compiled" and x["steps"] == 2'
    holds 'x["threads"] == 1 and x["floor_ms"] > 0 and abs(x["ratio"] - x["best_ms"] / x["floor_ms"]) < 1e-6 * x["ratio"]'
    # 64 x (784 x 512 twice, 512 x 512 and 512 x 10 three times), each a multiplication and an addition
    holds 'abs(x["floor_gflop_per_s"] * x["floor_ms"] / (2e-6 * 64 * (2*784*512 + 3*512*512 + 3*512*10)) - 1) < 1e-6'
    holds 'x["nodes"] > 0 and x["arena_bytes"] > 0'
    bench mlp --without all --json --width 8 $few
    holds "$timed"' and x["mode"] == "compiled"'
    bench mlp --scaling --json --width 8 --depth 1 $few
    holds "$timed"' and x["one_thread_ms"] > 0 and x["speedup"] > 0 and x["speedup_of_tanh"] > 0'
    bench mlp --eager --json --batch 16 --width 8 --depth 1 $few
    holds "$timed"' and x["mode"] == "eager"'
    holds 'abs(x["floor_gflop_per_s"] * x["floor_ms"] / (2e-6 * 16 * (2*784*8 + 3*8*10)) - 1) < 1e-6'
    bench mlp --json --depth 0 $few
    holds 'abs(x["floor_gflop_per_s"] * x["floor_ms"] / (2e-6 * 64 * 2*784*10) - 1) < 1e-6'
    for eager in '' --eager; do
        bench lenet5 infer $eager --json $few
        holds '[y["workload"] for y in all] == ["lenet5", "infer"] and all[1]["best_ms"] > 0 and "floor_ms" not in x'
        bench convbn $eager --json --batch 4 --steps 1 --blocks 1
        holds "$timed"' and x["workload"] == "convbn"'
    done
    for workers in -1 2; do
        bench data --workers $workers --json $few
        holds "$timed"' and x["workers"] == max('$workers', 0)'
        holds 'abs(x["rows_per_s"] * x["best_ms"] / 64e3 - 1) < 1e-6 and abs(x["batch_us"] / x["best_ms"] / 1e3 - 1) < 1e-6'
    done
    bench startup ops --json $few
    holds "$timed"' and x["one_op_ms"] > 0 and x["one_op_median_ms"] >= x["one_op_ms"]'
    holds 'all[1]["add_ns"] > 0 and all[1]["add_taped_ns"] > 0 and all[1]["add_gb_per_s"] > 0 and all[1]["steps"] == 1000'
    bench infer --eager --threads 1 $few
    grep -Eqx 'infer eager best=[0-9.e-]+ median=[0-9.e-]+ ms/step threads=1' "$work/out" ||
        wrong "spore bench $said: not its line"
    bench mlp --width 8 --threads 1 $few
    floor='floor=[^ ]+ floor_median=[^ ]+ ratio=[^ ]+ floor_gflop_per_s=[^ ]+ nodes=[0-9]+ arena_bytes=[0-9]+'
    grep -Eqx "mlp compiled best=[^ ]+ median=[^ ]+ ms/step threads=1 $floor" "$work/out" ||
        wrong "spore bench $said: not its line"
}

# The table, without any peer: stand-ins for the command print what it would.
said='compare.py'
cat >"$work/spore" <<'END'
#!/bin/sh
case "$*" in
--version) echo 'spore 9.9' ;;
*--eager*) echo '{"best_ms": 3, "median_ms": 4, "floor_ms": 1.75, "floor_median_ms": 2}' ;;
*) echo '{"best_ms": 2, "median_ms": 2.5, "floor_ms": 1.6, "floor_median_ms": 1.7}' ;;
esac
END
chmod +x "$work/spore"
compare() { python3 "$SRC/bench/compare.py" --spore "$work/spore" --rounds 2 --threads 1 "$@" >"$work/out" 2>"$work/err"; }
compare mlp || wrong 'compare.py mlp: exit status is not 0'
grep -q '^| mlp      | 2 / 2.5        | 3 / 4, 1.50 x |$' "$work/out" || wrong 'compare.py mlp: not its row'
grep -q '^mlp: its matrix products alone take 1.6 / 1.7 ms, the compiled step 1.250 x that$' "$work/out" ||
    wrong 'compare.py mlp: not its floor'
if compare mlp --check; then wrong 'compare.py --check: a goal is missed, and the exit status is 0'; fi
grep -q '^FAIL  mlp compiled, by its matrix products alone: 1.25 x (least by least 1.25), goal at most 1.15 x$' "$work/out" ||
    wrong 'compare.py --check: not the goal that is missed'
grep -q '^?     mlp compiled, faster than PyTorch: PyTorch is not installed$' "$work/out" ||
    wrong 'compare.py --check: not what could not be measured'
grep -q '^2 missed, 2 not measured$' "$work/out" || wrong 'compare.py --check: not its last line'
compare --grow || wrong 'compare.py --grow: exit status is not 0'
grep -q '^| 64 | 512 | 2 | 2 | 1.6, 128 | 1.25 x | 31.2 |$' "$work/out" || wrong 'compare.py --grow: not its row'
compare nonsense
[ $? -eq 2 ] || wrong 'compare.py nonsense: exit status is not 2'

[ $bad -eq 0 ] || echo "$bad wrong"
[ $bad -eq 0 ]

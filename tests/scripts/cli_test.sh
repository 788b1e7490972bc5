#!/bin/sh
# The spore command from outside: exit status 0 done, 1 failed, 2 misused; results on stdout, errors on stderr; what it
# saves it can read again.
set -u
: "${SPORE:?the command}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0

wrong() {
    bad=$((bad + 1))
    echo "$*"
    sed 's/^/    stdout: /' out | head -n 5
    sed 's/^/    stderr: /' err | head -n 5
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

said=--version
spore 0 --version
on out '[0-9]\.[0-9]'
silent err
said=--help
spore 0 --help
silent err
for command in train eval predict info download; do
    on out "$command"
done
for command in train eval predict info download; do
    said="$command --help"
    spore 0 "$command" --help
    on out "spore $command"
    silent err
done

# Misused: 2, the cause on stderr, nothing on stdout.
said='without arguments'
spore 2
silent out
for arguments in nonsense '--nonsense' 'train --nonsense' 'train --data digits --epochs many' 'train --data digits --lr x' \
    'train --data digits --epochs -1' 'eval' 'predict' 'info' 'info one two'; do
    said=$arguments
    # shellcheck disable=SC2086 # words on purpose
    spore 2 $arguments
    silent out
    [ -s err ] || wrong "spore $said: says nothing"
done
said='train with a layer that does not exist'
spore 2 train --data digits --layers 'flatten, densely 10' --epochs 1
on err densely

if [ "${PROTOBUF:-ON}" = OFF ]; then # built without: such files can be neither written nor read, and it says so
    said='train --save without protobuf-c'
    spore 1 train --data digits --layers 'flatten, dense 10' --epochs 1 --save model.ckpt
    on err protobuf
    [ $bad -eq 0 ] || echo "$bad wrong"
    [ $bad -eq 0 ]
    exit
fi

# Failed: 1, one line that names the file.
printf 'this is not a checkpoint, nor a graph\n' >garbage.ckpt
cp garbage.ckpt garbage.mindir
: >empty.ckpt
for file in missing.ckpt missing.mindir garbage.ckpt garbage.mindir empty.ckpt; do
    said="info $file"
    spore 1 info "$file"
    silent out
    on err "$file"
    one_line
done
said='eval missing.mindir'
spore 1 eval missing.mindir --data digits
on err missing.mindir
said='train --save into a folder that is not there'
spore 1 train --data digits --layers 'flatten, dense 10' --epochs 1 --save nowhere/model.ckpt
on err nowhere/model.ckpt

# Train, save, export; read again.
said=train
spore 0 train --data digits --layers 'flatten, dense 32, relu, dense 10' --epochs 1 --batch 64 --optimizer sgd --lr 0.05 \
    --seed 1 --save model.ckpt --export model.mindir
for file in model.ckpt model.mindir; do
    [ -s $file ] || wrong "train wrote no $file"
    said="info $file"
    spore 0 info $file
    on out '1\.weight'
    silent err
    spore 0 info $file --json
    python3 -m json.tool out >/dev/null || wrong "info $file --json: not JSON"
done
[ "$(find . -type f | wc -l)" -eq 7 ] || { ls >out; wrong 'train left files of its own behind'; }
cp model.ckpt first.ckpt
spore 0 train --data digits --layers 'flatten, dense 32, relu, dense 10' --epochs 1 --batch 64 --optimizer sgd --lr 0.05 \
    --seed 1 --save model.ckpt
cmp -s model.ckpt first.ckpt || wrong 'the same seed gave another checkpoint'
said='eval'
spore 0 eval model.mindir --data digits
on out '[Aa]ccuracy'

# predict: 64 images of zeros in NumPy's format; every answer must be the same row of 10 logits.
header="{'descr': '<f4', 'fortran_order': False, 'shape': (64, 1, 28, 28), }"
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "$header"
    head -c $((64 * 28 * 28 * 4)) /dev/zero
} >x.npy
said=predict
spore 0 predict model.mindir --input x.npy --output y.npy
python3 - <<'END' || wrong 'predict: y.npy is not 64 equal rows of 10 float32'
data = open("y.npy", "rb").read()
size = int.from_bytes(data[8:10], "little")
head, body = data[10:10 + size].decode(), data[10 + size:]
rows = {body[i:i + 40] for i in range(0, len(body), 40)}
assert "<f4" in head and "(64, 10)" in head and len(body) == 64 * 40 and len(rows) == 1, head
END
said='predict with too few inputs'
spore 2 predict model.mindir --output y.npy

[ $bad -eq 0 ] || echo "$bad wrong"
[ $bad -eq 0 ]

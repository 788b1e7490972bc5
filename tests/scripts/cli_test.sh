#!/bin/sh
# The spore command from outside: exit status 0 done, 1 failed, 2 misused; results on stdout, errors on stderr; what it
# saves it can read again.
. "${SRC:?the root of the source}/tests/scripts/cli_support.sh"

said=--version
spore 0 --version
on out '[0-9]\.[0-9]'
silent err
said=--help
spore 0 --help
silent err
for command in train eval predict info convert graph download bench; do
    on out "$command"
done
for command in train eval predict info convert graph download bench; do
    said="$command --help"
    spore 0 "$command" --help
    on out "spore $command"
    silent err
done

said='the page docs/command.md (see tests/scripts/command_page.sh)'
sh "$SRC/tests/scripts/command_page.sh" >out 2>err
diff "$SRC/docs/command.md" out >err || wrong "$said differs"
said='help train'
spore 0 train --help
mv out first
spore 0 help train
cmp -s first out || wrong 'spore help train is not spore train --help'
spore 0 train -h
cmp -s first out || wrong 'spore train -h is not spore train --help'
rm first

# Misused: 2, the cause on stderr, nothing on stdout.
said='without arguments'
spore 2
silent out
grep -v '^#' "$SRC/tests/scripts/cli_messages.txt" >messages
while IFS='|' read -r status arguments message; do
    said=$arguments
    eval "spore $status $arguments"
    silent out
    [ "$(cat err)" = "$message" ] || wrong "spore $said: not '$message'"
done <messages
rm messages
said='train with a layer that does not exist'
spore 2 train --data digits --limit 10 --layers 'flatten, densely 10' --epochs 1
on err densely
said='output that cannot be written'
if [ -e /dev/full ]; then
    "$SPORE" --version >/dev/full 2>err </dev/null
    [ $? -eq 1 ] || wrong "spore --version >/dev/full: exit status is not 1"
    : >out
    on err 'standard output'
fi

if [ "${PROTOBUF:-ON}" = OFF ]; then # built without: such files can be neither written nor read, and it says so
    said='train --save without protobuf-c'
    spore 1 train --data digits --layers 'flatten, dense 10' --epochs 1 --save model.ckpt
    on err protobuf
    [ $bad -eq 0 ] || echo "$bad wrong"
    [ $bad -eq 0 ]
    exit
fi

# Failed: 1, one line that names the file.
said='train --resume of a file that is not there'
spore 1 train --resume missing.ckpt
[ "$(cat err)" = 'spore: checkpoint: missing.ckpt: No such file or directory' ] || wrong "$said: $(cat err)"
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
small="--data digits --limit 2000 --batch 64 --epochs 2 --optimizer sgd --lr 0.05 --seed 1"
layers='flatten, dense 32, relu, dense 10'
# numbers FILE: with every number as N, so that what is printed can be compared
numbers() { sed -E 's/[0-9][0-9.,]*/N/g; s/ +/ /g; s/ $//' "$1"; }
said=train
# shellcheck disable=SC2086 # words on purpose
spore 0 train $small --layers "$layers" --save model.ckpt --export model.mindir
silent err
numbers out >first
cat >expected <<'END'
Epoch N
-------------------------------
loss: N [ N/ N]
Test:
 Accuracy: N%, Avg loss: N

Epoch N
-------------------------------
loss: N [ N/ N]
Test:
 Accuracy: N%, Avg loss: N

Done: N parameters, N epochs in N s, accuracy N%
Saved model.ckpt
Exported model.mindir
END
diff expected first >err || wrong 'train prints something else'
on out '^Done: 25,450 parameters, 2 epochs in '
on out '^loss: 2\.[0-9]* *\[  0/ 32\]$'
for file in model.ckpt model.mindir; do
    [ -s $file ] || wrong "train wrote no $file"
    said="info $file"
    spore 0 info $file
    on out '1\.weight'
    silent err
    spore 0 info $file --json
    python3 -m json.tool out >/dev/null || wrong "info $file --json: not JSON"
    on out '"elements": 25450' # the checkpoint's state of the training is not counted
done
spore 0 info model.mindir
on out '25,450'
[ "$(ls model.*)" = "$(printf 'model.ckpt\nmodel.mindir')" ] || { ls >out; wrong 'train left files of its own behind'; }

# Pictures of the graph, as it is and as it is run.
said='graph model.mindir'
spore 0 graph model.mindir
on out '^Wrote model.svg$'
silent err
for options in '' --optimized --profile; do
    said="graph model.mindir $options"
    spore 0 graph model.mindir $options --output -
    on out '^<svg '
    python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' out || wrong 'the picture is no XML'
done
on out ' ms</text>'
said='graph model.mindir --output model.dot'
spore 0 graph model.mindir --output model.dot
grep -q '^digraph' model.dot || wrong 'the picture is not in Graphviz language'
said='graph model.mindir --text --optimized'
spore 0 graph model.mindir --text --optimized
on out FusedMatMul
said='graph into a folder that is not there'
spore 1 graph model.mindir --output nowhere/model.svg
on err 'nowhere/model.svg could not be written'
rm -f model.svg model.dot
cp model.ckpt first.ckpt
said='train --quiet'
# shellcheck disable=SC2086
spore 0 train $small --layers "$layers" --save model.ckpt --quiet --threads 1
[ "$(wc -l <out)" -eq 2 ] || wrong 'train --quiet prints more than its last lines'
cmp -s model.ckpt first.ckpt || wrong 'the same seed gave another checkpoint'
for setting in OMP_DYNAMIC=true OMP_THREAD_LIMIT=1 OMP_NUM_THREADS=3; do # the runtime may give fewer threads than it is asked for
    said="train with $setting"
    # shellcheck disable=SC2086
    env $setting "$SPORE" train $small --layers "$layers" --save model.ckpt --quiet >out 2>err </dev/null
    cmp -s model.ckpt first.ckpt || wrong "$said gave another checkpoint"
done
said='train --json'
# shellcheck disable=SC2086
spore 0 train $small --layers "$layers" --json --init first.ckpt
silent err
python3 - <<'END' || wrong 'train --json: not an object for each epoch and one at the end'
import json
lines = [json.loads(line) for line in open("out")]
assert [x["event"] for x in lines] == ["epoch", "epoch", "done"], lines
assert lines[0]["loss"] < 2 and 0 <= lines[2]["accuracy"] <= 1 and lines[2]["parameters"] == 25450, lines
END
for more in '--optimizer adam' '--optimizer momentum --lr 0.01' '--loss mse' '--loss bce' '--weight-decay 0.001'; do
    said="train $more"
    # shellcheck disable=SC2086
    spore 0 train --data digits --limit 500 --layers "$layers" --epochs 1 $more
    on out '^Done: '
done
said='train with convolutions'
spore 0 train --data digits --limit 200 --epochs 1 --export conv.mindir --save conv.ckpt --layers \
    'conv 4 3 stride 2 bias, bn, relu, maxpool 2, avgpool 2 stride 1, flatten, layernorm, dropout 0.1, dense 10'
spore 0 eval conv.mindir --data digits --limit 200
cp out first
spore 0 eval conv.ckpt --data digits --limit 200 --layers \
    'conv 4 3 stride 2 bias, bn, relu, maxpool 2, avgpool 2 stride 1, flatten, layernorm, dropout 0.1, dense 10'
sed -i '$d' out first # the time
cmp -s out first || wrong 'the graph and the checkpoint of a network differ'
said='train --export of an .onnx file'
spore 0 train --data digits --limit 64 --epochs 1 --export conv.onnx --dynamic-batch --layers \
    'conv 4 3 stride 2, bn, relu, maxpool 2, flatten, layernorm, dense 10, softmax'
on out '^Exported conv.onnx'
for word in Conv BatchNormalization LayerNormalization net/6/Gemm; do
    grep -aq "$word" conv.onnx || wrong "conv.onnx has no $word"
done
said='convert to .onnx'
spore 0 convert conv.mindir converted.onnx
grep -aq BatchNormalization converted.onnx || wrong 'converted.onnx has no BatchNormalization'
test "$(ls | grep -c 'conv.onnx')" = 1 || wrong "there is more than conv.onnx: $(ls)"

# Ctrl-C, or a batch system's time limit: it stops after the step, saves what it has and says so.
for signal in INT TERM; do
    said="train, stopped by SIG$signal"
    rm -f stopped.ckpt
    timeout --foreground --preserve-status -s "$signal" 3 "$SPORE" train --data digits --limit 64 --layers "$layers" \
        --epochs 1000000 --save stopped.ckpt >out 2>err </dev/null
    [ $? -eq 130 ] || wrong "train after SIG$signal: exit status is not 130"
    on err '^spore: interrupted after epoch [0-9]*, step [0-9]*; saved stopped.ckpt$'
    spore 0 info stopped.ckpt
done

said='eval'
spore 0 eval model.mindir --data digits --limit 1000
on out 'Accuracy: [0-9.]*%, Avg loss: '
on out '^1,000 samples in '
sed '$d' out >first
spore 0 eval model.ckpt --data digits --limit 1000 --layers "$layers"
sed '$d' out >second
cmp -s first second || wrong 'eval of the graph and of the checkpoint differ'
spore 0 eval model.mindir --data digits --limit 1000 --batch 7 --json
python3 -c 'import json; x = json.load(open("out")); assert x["samples"] == 1000 and 0.2 < x["accuracy"] <= 1, x' 2>err ||
    wrong 'eval --json'
said='eval with other layers'
spore 1 eval model.ckpt --data digits --limit 10 --layers 'flatten, dense 31, relu, dense 10'
one_line
on err '1\.weight'

# A folder with IDX files, train and test side by side: 3 images of 2x2, 1 byte a pixel.
mkdir idx
for part in train t10k; do
    printf '\000\000\010\003\000\000\000\003\000\000\000\002\000\000\000\002abcdefghijkl' >idx/$part-images-idx3-ubyte
    printf '\000\000\010\001\000\000\000\003\000\001\002' >idx/$part-labels-idx1-ubyte
done
said='train --data FOLDER'
spore 0 train --data idx --layers 'flatten, dense 3' --batch 2 --epochs 1
on out '^Done: 15 parameters, 1 epoch in '
said='train with labels beyond the outputs'
spore 1 train --data idx --layers 'flatten, dense 2' --epochs 1
one_line
head -c 20 idx/t10k-images-idx3-ubyte >cut && mv cut idx/t10k-images-idx3-ubyte
said='train with a truncated file'
spore 1 train --data idx --layers 'flatten, dense 3' --epochs 1
on err 't10k-images-idx3-ubyte'
one_line

# predict: 64 images of zeros in NumPy's format; every answer must be the same row of 10 logits.
header="{'descr': '<f4', 'fortran_order': False, 'shape': (64, 1, 28, 28), }"
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "$header"
    head -c $((64 * 28 * 28 * 4)) /dev/zero
} >x.npy
said=predict
spore 0 predict model.mindir --input x.npy --output y.npy
silent err
on out '^output 0: (64, 10) Float32 -> y.npy$'
python3 - <<'END' || wrong 'predict: y.npy is not 64 equal rows of 10 float32'
data = open("y.npy", "rb").read()
size = int.from_bytes(data[8:10], "little")
head, body = data[10:10 + size].decode(), data[10 + size:]
rows = {body[i:i + 40] for i in range(0, len(body), 40)}
assert "<f4" in head and "(64, 10)" in head and len(body) == 64 * 40 and len(rows) == 1, head
END
spore 0 predict model.ckpt --layers "$layers" --input x.npy --output z.npy --json
cmp -s y.npy z.npy || wrong 'predict with the graph and with the checkpoint differ'
python3 -c 'import json; x = json.load(open("out"))["outputs"][0]
assert x["shape"] == [64, 10] and x["file"] == "z.npy" and len(x["argmax"]) == 64, x' 2>err || wrong 'predict --json'
said='predict --sample'
spore 0 predict model.mindir --data digits --sample 3
on out '^sample 3 of digits, label [0-9]$'
on out '^largest of each row: [0-9]$'
spore 1 predict model.mindir --data digits --sample 1000000
said='predict with a picture and IDX files'
python3 - <<'END'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
side = 56  # twice the network's, each pixel four times: 28 x 28 of them are left
pixels = [[(3 * (x // 2) + 7 * (y // 2)) % 256 for x in range(side)] for y in range(side)]
rows = b"".join(b"\0" + bytes(row) for row in pixels)
with open("big.png", "wb") as f:
    f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
same = b"".join(bytes((3 * x + 7 * y) % 256 for x in range(28)) for y in range(28))
with open("two-ubyte", "wb") as f:
    f.write(struct.pack(">IIII", 0x803, 2, 28, 28) + same + bytes(784))
with open("two.csv", "w") as f:
    for image in same, bytes(784):
        f.write(",".join(repr((v / 255 - 0.1307) / 0.3081) for v in image) + "\n")
END
spore 0 predict model.mindir --input two-ubyte --output y.npy
on out '^two-ubyte: 2 pictures of 28 x 28$'
spore 0 predict model.ckpt --layers "$layers" --input two.csv --output z.npy
python3 - <<'END' || wrong 'predict: a table of the same numbers gave other answers'
import struct
y, z = (struct.unpack("<20f", open(name, "rb").read()[-80:]) for name in ("y.npy", "z.npy"))
assert all(abs(a - b) < 1e-4 * (1 + abs(a)) for a, b in zip(y, z)), (y, z)
END
if "$SPORE" --version | grep -q libpng; then
    spore 0 predict model.mindir --input big.png --output z.npy
    on out '^big.png: 56 x 56 pixels, resized to 28 x 28$'
fi
spore 1 predict model.mindir --input "$SRC/README.md"
said='predict with too few or too many arrays'
spore 2 predict model.mindir --output y.npy
spore 2 predict model.mindir --input x.npy --input x.npy
spore 2 predict model.mindir --input x.npy --output y.npy --output z.npy
said='predict with a file that is no array'
spore 1 predict model.mindir --input model.ckpt
on err model.ckpt
one_line

# Offline, and with nothing in the cache: what to do instead is said.
said='download from nowhere'
SPORE_CACHE=$PWD/cache
export SPORE_CACHE
spore 1 download file:///nowhere/at/all.zip
silent out
one_line
: >payload.txt
echo payload >payload.txt
if "$SPORE" download "file://$PWD/payload.txt" --data-dir fetched >out 2>err; then # a build without libcurl cannot
    cmp -s payload.txt fetched/payload.txt || wrong 'download: another file'
    said='download with another checksum'
    spore 1 download "file://$PWD/payload.txt" --data-dir fetched2 --sha256 \
        0000000000000000000000000000000000000000000000000000000000000000
    on err '^spore: download: .*SHA-256 is .*, expected 00000'
    [ ! -e fetched2/payload.txt ] || wrong 'download: a file with a wrong checksum is there'
fi

[ $bad -eq 0 ] || echo "$bad wrong"
[ $bad -eq 0 ]

#!/bin/sh
# spore info and spore convert on files of every kind; training from and to them. Files of others: tests/fixtures/tensors.
. "${SRC:?the root of the source}/tests/scripts/cli_support.sh"
fixtures=$SRC/tests/fixtures/tensors
"$SPORE" --version >version
has() { grep -q "$1" version; }
# json TEXT: python that may use x, the object on stdout
json() { python3 -c "import json; x = json.load(open('out')); assert $1, str(x)[:300]" 2>err || wrong "spore $said: not $1"; }

# ---- what needs no library ----
said='info of an archive of numpy'
spore 0 info "$fixtures/stored.npz"
silent err
on out 'stored.npz: archive of arrays, 60 tensors, 288 elements, '
on out '^  float64_matrix  *(2, 3)  *Float64  *48$'
spore 0 info "$fixtures/stored.npz" --json --stats
json "x['format'] == 'npz' and x['elements'] == 288 and len(x['tensors']) == 60"
json "[t for t in x['tensors'] if t['name'] == 'float32_vector'][0] == {'name': 'float32_vector', 'shape': [5], 'dtype': 'Float32', 'bytes': 20, 'role': 'parameter', 'min': -0.75, 'max': 1.75, 'mean': 0.55, 'nan': 0, 'inf': 0}"

# NaN, infinities and a big-endian file of columns: the header is NumPy's
{
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
    printf '\000\000\300\177\000\000\200\177\000\000\200\377\000\000\200\100' # nan, inf, -inf, 4
} >special.npy
said='info --stats of NaN and infinity'
spore 0 info special.npy --stats
on out 'special.npy: array, 1 tensor, 4 elements, 16 bytes'
on out '^  special  (4,)  *Float32  *16  *4  *4  *4  *1  *2$'
spore 0 info special.npy --stats --json
json "x['tensors'][0]['nan'] == 1 and x['tensors'][0]['inf'] == 2 and x['tensors'][0]['mean'] == 4"

printf '\000\000\010\003\000\000\000\002\000\000\000\001\000\000\000\003abcdef' >some-images-idx3-ubyte
printf '\000\000\013\001\000\000\000\002\377\376\001\000' >shorts
said='info of IDX files'
spore 0 info some-images-idx3-ubyte --stats
on out '^  some-images-idx3-ubyte  (2, 1, 3)  *UInt8  *6  *97  *102  *99.5  *0  *0$'
spore 0 info shorts --stats --json
json "x['format'] == 'idx' and x['tensors'][0]['dtype'] == 'Int16' and x['tensors'][0]['min'] == -2 and x['tensors'][0]['max'] == 256"
head -c 21 some-images-idx3-ubyte >cut
spore 1 info cut
on err '5 bytes of elements, expected those of UInt8 (2, 1, 3)'
one_line

said='convert an array out of an archive and back'
spore 0 convert special.npy special.npz --verify
on out '^special.npy -> special.npz: 1 tensor, 4 elements, 16 bytes; verified bit for bit$'
spore 0 convert special.npz again.npy --verify --json
json "x['tensors'] == 1 and x['elements'] == 4 and x['verified'] == 'bits'"
cmp -s special.npy again.npy || wrong 'special.npy came back as another file'
spore 0 convert special.npy half.npy --dtype float16 --verify
on out '8 bytes'
said='info of optimizer state'
cp special.npy moment1.w.npy
spore 0 convert moment1.w.npy state.npz
spore 0 info state.npz
on out '^State of the training, optimizer: 1 tensor, 4 elements, 16 bytes$'
spore 0 info state.npz --json
json "x['tensors'][0]['role'] == 'optimizer'"
said='convert a file into itself'
spore 0 convert special.npz special.npz --verify
spore 2 convert special.npz special.npz --dtype float16
on err '^spore: convert: special.npz and special.npz are one file, of which something would be lost$'
ln special.npz other.npy
spore 2 convert special.npz other.npy
said='convert several arrays into one'
spore 1 convert "$fixtures/stored.npz" one.npy
on err 'found 60 records to write, expected one array'
one_line
[ ! -e one.npy ] || wrong 'convert left a file behind'
said='convert into a folder that is not there'
spore 1 convert special.npy nowhere/x.npz
on err nowhere/x.npz
one_line

# ---- .safetensors ----
if has jansson; then
    said='info of a file of the safetensors package'
    spore 0 info "$fixtures/all.safetensors"
    on out 'all.safetensors: safetensors, 65 tensors, 312 elements, '
    on out '^  note  *text: quotes " and \\, a line?break'
    spore 0 info "$fixtures/all.safetensors" --json
    json "x['texts']['format'] == 'pt' and x['texts']['note'].startswith('quotes \" and') and len(x['tensors']) == 65"
    said='convert what NumPy has no type for'
    spore 1 convert "$fixtures/all.safetensors" all.npz
    on err "'bfloat16.*' is BFloat16, which NumPy does not have: --dtype float32 converts it$"
    one_line
    spore 0 convert "$fixtures/all.safetensors" all.npz --dtype float32 --verify
    on out '65 tensors, .*, 3 texts; verified bit for bit$'
    spore 0 convert all.npz all.safetensors --verify
    spore 0 info all.safetensors --json
    json "x['texts']['format'] == 'pt' and len(x['tensors']) == 65"
else
    said='info of .safetensors without jansson'
    spore 1 info "$fixtures/all.safetensors"
    on err jansson
fi

# ---- checkpoints and graphs ----
if has protobuf; then
    said='info of a checkpoint with texts'
    spore 0 info "$SRC/tests/fixtures/mindspore/2.10.0/ckpt/append.ckpt"
    on out '^  epoch_num  *3$'
    on out '^  step_num  *1234567890123$'
    on out '^  learning_rate  *0.01$'
    ! grep -q checksum out || wrong 'info append.ckpt: it has no checksum'
    spore 0 info "$SRC/tests/fixtures/mindspore/2.10.0/ckpt/crc.ckpt"
    on out '^checksum: there, and right$'
    spore 0 info "$SRC/tests/fixtures/mindspore/2.10.0/ckpt/append.ckpt" --json
    json "x['format'] == 'ckpt' and 'checksum' in x"

    layers='conv 4 3 stride 2 bias, bn, relu, maxpool 2, avgpool 2 stride 1, flatten, layernorm, dense 10'
    said='train --save model.npz'
    spore 0 train --data digits --limit 64 --epochs 1 --layers "$layers" --save model.npz --export model.mindir
    on out '^Saved model.npz$'
    spore 0 eval model.npz --data digits --limit 64 --layers "$layers"
    sed '$d' out >first
    for file in $(has jansson && echo model.safetensors) model.ckpt; do
        said="convert model.npz $file"
        spore 0 convert model.npz $file --verify
        on out "^model.npz -> $file: 10 tensors, 1,794 elements, 7.2 kB; verified bit for bit$"
        spore 0 eval $file --data digits --limit 64 --layers "$layers"
        sed '$d' out >second
        cmp -s first second || wrong "eval of $file is not that of model.npz"
        said="train --init $file"
        spore 0 train --data digits --limit 64 --epochs 1 --layers "$layers" --init $file --save again.ckpt
        said="convert model.mindir parameters.${file##*.}"
        spore 0 convert model.mindir "parameters.${file##*.}" --verify
        spore 0 eval "parameters.${file##*.}" --data digits --limit 64 --layers "$layers"
        sed '$d' out >second
        cmp -s first second || wrong "the parameters of model.mindir are not those of $file"
    done

    said='info of a graph: layers'
    spore 0 info model.mindir
    cat >expected <<'END'
layers
  layer  type         input           output            parameters     multiply-adds
  0      Conv2d       (1, 1, 28, 28)  (1, 4, 14, 14)            40             7,056
  1      BatchNorm2d  (1, 4, 14, 14)  (1, 4, 14, 14)            16               784
  2      ReLU         (1, 4, 14, 14)  (1, 4, 14, 14)             -                 -
  3      MaxPool2d    (1, 4, 14, 14)  (1, 4, 7, 7)               -                 -
  4      AvgPool2d    (1, 4, 7, 7)    (1, 4, 6, 6)               -               576
  5      Flatten      (1, 4, 6, 6)    (1, 144)                   -                 -
  6      LayerNorm    (1, 144)        (1, 144)                 288               288
  7      Dense        (1, 144)        (1, 10)                1,450             1,440

END
    sed -n '/^layers$/,/^$/p' out >table
    diff expected table >err || wrong 'info model.mindir: another table of layers'
    on out '^parameters: 1,794 (trainable 1,794), 7.2 kB; multiply-adds: 10,144; results of all nodes: '
    ! grep -q '^nodes$' out || wrong 'info lists nodes unasked'
    spore 0 info model.mindir --nodes
    on out '^  %1 = Conv2D(%0, 0.weight; '
    said='info --batch'
    spore 0 info model.mindir --batch 64 --json
    json "x['multiply_adds'] == 64 * 10144 and x['layers'][0]['output'] == [64, 4, 14, 14] and x['layers'][0]['parameters'] == 40"
    json "[n['op'] for n in x['operators']][:3] == ['Conv2D', 'BiasAdd', 'BatchNorm'] and x['elements'] == 1794"
    spore 0 info model.mindir --input 2,1,28,28 --json
    json "x['multiply_adds'] == 2 * 10144"
    spore 1 info model.mindir --input 2,3,28,28
    one_line
    spore 1 info model.mindir --input 2,x
    on err "^spore: --input: found '2,x', expected a shape like 1,3,224,224$"
    spore 1 info model.mindir --input 1,1,28,28 --input 1
    said='info of a graph of MindSpore'
    spore 0 info "$SRC/tests/fixtures/mindspore/2.10.0/mlp/net.mindir"
    on out '^  dense_relu_sequential/0  Dense  *(2, 784)  *(2, 32)  *25,120  *50,176$'
    on out '^parameters: 25,818 (trainable 25,818), 103.3 kB; multiply-adds: 51,520; '

    said='convert a graph'
    spore 0 convert model.mindir copy.mindir --verify
    on out '^model.mindir -> copy.mindir: 14 nodes; verified: largest difference 0, relative 0$'
    spore 0 convert "$SRC/tests/fixtures/mindspore/2.10.0/mlp/net.mindir" mlp.mindir --verify --batch 3 --json
    json "x['verified'] == 'results' and x['relative'] < 1e-6"
    spore 1 convert model.mindir copy.mindir --verify --input 1,2,3,4
    one_line
fi

[ $bad -eq 0 ] || echo "$bad wrong"
[ $bad -eq 0 ]

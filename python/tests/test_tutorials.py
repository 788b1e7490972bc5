"""Short scripts in the manner of MindSpore's tutorials, run as a user runs them; what they print, line by line."""
import os
import re
import subprocess
import sys

import pytest

FOLDER = os.path.join(os.path.dirname(__file__), "tutorials")
EXPECTED = {
    "tensors": ["first row: [0. 1.] corner: 3.0 last column: [1. 3.] first column: [0. 2.]", "add: [5. 7. 9.]", "sub: [-3. -3. -3.]",
                "mul: [ 4. 10. 18.]", "div: [4.  2.5 2. ]", "mod: [0. 1. 0.]", "floordiv: [4. 2. 2.]", "(4, 2) (2, 2, 2)",
                "[2. 3. 4.] [1. 2. 3.]"],
    "datasets": ["[Tensor(shape=[1], dtype=Float32, value= [ 0.00000000e+00]), Tensor(shape=[], dtype=Int64, value= 0)]",
                 "[Tensor(shape=[1], dtype=Float32, value= [ 1.00000000e+00]), Tensor(shape=[], dtype=Int64, value= 1)]",
                 "[Tensor(shape=[1], dtype=Float32, value= [ 2.00000000e+00]), Tensor(shape=[], dtype=Int64, value= 0)]",
                 "[3, 2, 1] [0, 1, 4, 9]", "(4, 1, 4, 4) Float32 0.2 [ 0 10 20 30]", "(2, 1, 4, 4) Float32 0.2 [40 50]"],
    "derivatives": ["0.91301525 [-0.5986874 -1.1973748] [-0.5986874]", "[-0.2993435  0.2993435] (1, 1)",
                    "18.0 (Tensor(shape=[], dtype=Float32, value= 5), Tensor(shape=[], dtype=Float32, value= 1))"],
    "training": ["loop: good", "model: 240 good", "([], [])"],
    "precision": ["good True"],
    "compiled": ["5.0 10.0 2.0 2", "line named: True", "True"],
    "generative": ["(2, 1, 8, 8) good", "good"],
    "networks": ["Net<", "  (body): SequentialCell<", "    (0): Flatten<>",
                 "    (1): Dense<input_channels=16, output_channels=8, has_bias=True>",
                 "    (2): ReLU<>", "    >", "  (scale): Scale<>", "  (heads): CellList<",
                 "    (0): Dense<input_channels=8, output_channels=2, has_bias=True>",
                 "    (1): Dense<input_channels=8, output_channels=3, has_bias=True>", "    >", "  >", "(5, 2) (5, 3) (5,)",
                 "body.1.weight (8, 16) Float32 True", "body.1.bias (8,) Float32 True", "scale.factor (8,) Float32 True",
                 "heads.0.weight (2, 8) Float32 True", "heads.0.bias (2,) Float32 True", "heads.1.weight (3, 8) Float32 True",
                 "heads.1.bias (3,) Float32 True", "6 189 Parameter (name=p, shape=(1,), dtype=Float32, requires_grad=True)"]}


def test_every_script_is_run():
    assert sorted(EXPECTED) == sorted(f[:-3] for f in os.listdir(FOLDER) if f.endswith(".py"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_tutorials(name, tmp_path):
    done = subprocess.run([sys.executable, "-m", "spore", os.path.join(FOLDER, name + ".py")], capture_output=True, text=True,
                          cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if not re.match("(epoch: |Train epoch)", line)]
    assert [_rounded(line) for line in lines] == [_rounded(line) for line in EXPECTED[name]]


def _rounded(line):
    """Fractions to four digits: the last ones differ between machines."""
    return re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]):.4g}", re.sub(" +", " ", line)).replace(" ]", "]")

"""tutorial.py as a user runs it: python3 -m spore."""
import os
import re
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))

NETWORK = """Network<
  (flatten): Flatten<>
  (dense_relu_sequential): SequentialCell<
    (0): Dense<input_channels=784, output_channels=512, has_bias=True>
    (1): ReLU<>
    (2): Dense<input_channels=512, output_channels=512, has_bias=True>
    (3): ReLU<>
    (4): Dense<input_channels=512, output_channels=10, has_bias=True>
    >
  >
"""

LINES = """logits (1, 10) Float32
(3, 28, 28)
(3, 784)
(3, 20)
not negative: True
(3, 10)
rows of softmax sum to [1.0, 1.0, 1.0]
Layer: dense_relu_sequential.0.weight, Size: (512, 784), values shown: (2, 784)
Layer: dense_relu_sequential.4.bias, Size: (10,), values shown: (2,)
Parameter (name=dense_relu_sequential.4.bias, shape=(10,), dtype=Float32, requires_grad=True)
669706 numbers
loss 3.5979202
['w', 'b']
second derivative: 12.0
['image', 'label'] 60000 10000
Shape of image [N, C, H, W]: (64, 1, 28, 28) Float32
Shape of label: (64,) Int32
['image', 'label'] (64, 1, 28, 28)
Done!
[]
the same as before: True (10,) (10,)
(1, 10) difference below 1e-5: True
compiled: True
loss of a compiled step below 1: True
"""

GRADS = """(Tensor(shape=[5, 3], dtype=Float32, value=
[[ 3.19"""


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    root = os.path.dirname(os.path.dirname(HERE))
    places = [os.environ.get("SPORE_MNIST_ZIP"), os.path.join(root, "../shared/data/MNIST_Data.zip"),
              os.path.join(root, "../../shared/data/MNIST_Data.zip")]
    archive = next((p for p in places if p and os.path.exists(p)), None)
    if archive is None:
        pytest.skip("no MNIST_Data.zip here: set SPORE_MNIST_ZIP")
    folder = tmp_path_factory.mktemp("tutorial")
    done = subprocess.run([sys.executable, "-m", "spore", os.path.join(HERE, "tutorial.py"), "file://" + os.path.abspath(archive),
                           os.environ.get("SPORE_EPOCHS", "3")], cwd=folder, capture_output=True, text=True, timeout=300)
    print(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_printed(output):
    text = output[0]
    assert text.startswith(NETWORK)
    lines = text.splitlines()
    for line in LINES.splitlines():
        assert line in lines, line


def test_accuracy(output):
    found = re.findall(r"Accuracy: ([\d.]+)%", output[0])
    assert len(found) == int(os.environ.get("SPORE_EPOCHS", "3")) and (len(found) < 3 or float(found[-1]) >= 93)

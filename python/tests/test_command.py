"""python3 -m spore, the alias on PYTHONPATH, --coverage."""
import os
import subprocess
import sys



def run(*args, **environment):
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, timeout=60, env=dict(os.environ, **environment))


def test_script(tmp_path):
    script = tmp_path / "s.py"
    script.write_text("import sys, mindspore as ms, mindspore.nn as nn, mindspore.dataset.vision as vision\n"
                      "from mindspore.common.initializer import Normal\nfrom mindspore.nn.cell import Cell\n"
                      "from mindspore import Tensor, ops\nfrom download import download\n"
                      "from mindspore.train.callback import LossMonitor\n"
                      "assert nn.Cell is Cell and ms.nn is nn\nprint(sys.argv[1:], ms.__version__, Tensor([1.0]))\nsys.exit(3)\n")
    done = run("-m", "spore", str(script), "a", "--b")
    assert (done.returncode, done.stdout) == (3, "['a', '--b'] 2.3.0 [1.]\n"), done.stderr


def test_alias(tmp_path):
    paths = os.pathsep.join(p for p in sys.path if p)
    folder = run("-m", "spore", "--alias-path").stdout.strip()
    assert sorted(os.listdir(folder)) == ["download", "mindspore"]
    done = run("-c", "import mindspore.nn as nn; from mindspore import ops; print(nn.ReLU()(ops.ones(1)))",
               PYTHONPATH=folder + os.pathsep + paths)
    assert done.stdout == "[1.]\n", done.stderr
    done = run("-c", "import spore, sys; print('mindspore' in sys.modules)")
    assert done.stdout == "False\n", done.stderr


def test_coverage(tmp_path):
    script = tmp_path / "s.py"
    script.write_text("import mindspore as ms\nfrom mindspore import nn, ops\nms.set_seed(1)\nnn.Dense(1, 2)\nnn.CTCLoss(1, 2)\nops.svd(x)\n"
                      "x.asnumpy()\n")
    done = run("-m", "spore", "--coverage", str(script))
    assert done.returncode == 1
    assert "yes  mindspore.nn.Dense\n" in done.stdout and "NO   mindspore.nn.CTCLoss\n" in done.stdout and "NO   mindspore.ops.svd\n" in done.stdout
    assert "yes  mindspore.set_seed\n" in done.stdout and "yes  Tensor/Cell.asnumpy" in done.stdout


def test_nothing_given():
    assert run("-m", "spore").returncode == 2
    assert run("-m", "spore", "no_such_file.py").returncode == 2

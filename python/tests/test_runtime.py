"""What a program that runs for long meets: no leaks, threads, interrupts."""
import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import mindspore
from mindspore import Parameter, Tensor, nn, ops
from spore import _core


def resident():
    """KiB of this process that are in memory."""
    with open("/proc/self/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def small_net():
    return nn.SequentialCell(nn.Dense(8, 16), nn.ReLU(), nn.Dropout(p=0.1), nn.Dense(16, 3))


def make_step(seed=1):
    mindspore.set_seed(seed)
    net = small_net()
    optimizer = nn.Adam(net.trainable_params(), 0.01)
    loss_fn = nn.CrossEntropyLoss()

    def forward(x, y):
        logits = net(x)
        return loss_fn(logits, y), logits

    grad_fn = mindspore.value_and_grad(forward, None, optimizer.parameters, has_aux=True)

    def step(x, y):
        (loss, _), grads = grad_fn(x, y)
        optimizer(grads)
        return loss

    return net, step


X = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
Y = np.array([0, 1, 2, 1], np.int32)


def settle():
    gc.collect()
    return _core.memory()["live_blocks"], len(gc.get_objects()), resident()


@pytest.mark.parametrize("compiled", [False, True])
def test_no_leak_in_10000_steps(compiled):
    net, step = make_step()
    net.set_train()
    run = mindspore.jit(step) if compiled else step
    for i in range(1000):
        run(Tensor(X), Tensor(Y))
    blocks, objects, memory = settle()
    for i in range(10000):
        loss = run(Tensor(X), Tensor(Y))
    last = float(loss)
    del loss
    after = settle()
    assert last < 0.5
    assert after[0] <= blocks + 2, f"blocks of the library: {blocks}, then {after[0]}"
    assert after[1] <= objects + 50, f"Python objects: {objects}, then {after[1]}"
    assert after[2] <= memory + 2048, f"KiB in memory: {memory}, then {after[2]}"


def everything():
    """One of each thing that allocates."""
    x = Tensor(X)
    w = Parameter(Tensor(np.ones((8, 2), np.float32)), name="w")
    net = small_net()
    x[0, 1:3] = 5
    str(x), repr(w), str(net), x.asnumpy(), x.tolist(), x[1:, ::2], x[[0, 1]], x[x > 0]
    mindspore.grad(lambda a: ops.matmul(a, w).sum())(x)
    mindspore.value_and_grad(lambda a: (a * a).sum(), None, [w])(x)
    mindspore.jvp(lambda a: a * a, x, x)
    mindspore.jit(lambda a: ops.tanh(a) + 1)(x)
    data = mindspore.dataset.NumpySlicesDataset({"a": X}, shuffle=True).map(lambda a: a + 1, "a").batch(2)
    for row in data.create_dict_iterator():
        row["a"].sum()
    for bad in (lambda: ops.matmul(x, x), lambda: x.reshape(7), lambda: x[9], lambda: Tensor("text"), lambda: ops.add(x, None),
                lambda: mindspore.grad(lambda a: 1 / 0)(x), lambda: mindspore.grad(lambda a: None)(x),
                lambda: mindspore.load_checkpoint("/nowhere/at/all.ckpt"), lambda: mindspore.jit(lambda a: 1 / 0)(x)):
        with pytest.raises(Exception):
            bad()


def test_no_leak_in_calls_and_failures():
    for _ in range(20):
        everything()
    blocks, objects, _ = settle()
    for _ in range(100):
        everything()
    after = settle()
    assert after[0] <= blocks + 5 and after[1] <= objects + 100, (blocks, objects, after)


def test_cells_are_collected():
    everything()
    before = settle()[0]
    for _ in range(50):
        net, step = make_step()
        step(Tensor(X), Tensor(Y))
        mindspore.jit(step)(Tensor(X), Tensor(Y))
        net.itself = [net]  # a cycle
        del net, step
    assert settle()[0] <= before + 50


# ---- threads ----

def in_threads(work, n):
    results, failures = [None] * n, []

    def body(i):
        try:
            results[i] = work(i)
        except BaseException as error:  # shown by the test
            failures.append(error)

    threads = [threading.Thread(target=body, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    assert not any(t.is_alive() for t in threads), "a thread hangs"
    assert not failures, failures
    return results


@pytest.mark.parametrize("compiled", [False, True])
def test_models_trained_side_by_side(compiled):
    def work(i):
        net, step = make_step(seed=i % 2)
        net.set_train()
        run = mindspore.jit(step) if compiled else step
        for _ in range(200):
            loss = run(Tensor(X), Tensor(Y))
        return float(loss), [p.asnumpy() for p in net.trainable_params()]

    alone = [work(0), work(1)]
    together = in_threads(work, 6)
    for i, (loss, params) in enumerate(together):
        assert loss == alone[i % 2][0]
        for a, b in zip(params, alone[i % 2][1]):
            np.testing.assert_array_equal(a, b)


def test_one_model_asked_by_many(tmp_path):
    net = small_net().set_train(False)
    mindspore.export(net, Tensor(X), file_name=str(tmp_path / "net"), file_format="MINDIR")
    ways = [net, mindspore.jit(net), nn.GraphCell(mindspore.load(str(tmp_path / "net.mindir")))]
    expected = net(Tensor(X)).asnumpy()

    def work(i):
        return [ways[i % 3](Tensor(X)).asnumpy() for _ in range(300)]

    for answers in in_threads(work, 9):
        for answer in answers:
            np.testing.assert_allclose(answer, expected, 1e-6, 1e-6)


def test_a_compiled_function_that_calls_itself():
    @mindspore.jit
    def forever(a):
        return forever(a) + 1

    with pytest.raises((RuntimeError, RecursionError)):
        forever(Tensor(X))


def test_tensors_shared_by_threads():
    shared = Tensor(np.arange(1000, dtype=np.float32))
    sums = in_threads(lambda i: [float((shared[i:] * 2).sum()) for _ in range(500)], 4)
    for i, answers in enumerate(sums):
        assert set(answers) == {2.0 * sum(range(i, 1000))}


def test_exceptions_stay_in_their_thread():
    def work(i):
        for _ in range(200):
            if i % 2:
                with pytest.raises(ZeroDivisionError):
                    mindspore.grad(lambda a: 1 / 0)(Tensor(X))
            else:
                with pytest.raises(ValueError):
                    ops.matmul(Tensor(X), Tensor(X))
                assert float(ops.ones((3,), mindspore.float32).sum()) == 3
        return True

    assert all(in_threads(work, 4))


def test_python_goes_on_during_kernels():
    a = Tensor(np.ones((1500, 1500), np.float32))
    ticks, done = 0, threading.Event()

    def work():
        for _ in range(10):
            ops.matmul(a, a)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks >= 10, f"another thread ran {ticks} times during ten products"


# ---- Ctrl-C ----

LOOPS = {
    "operators": "x = Tensor(np.ones((600, 600), np.float32))\nready()\nwhile True:\n    x = ops.tanh(ops.matmul(x, x))",
    "gradients": "x = Tensor(np.ones((300, 300), np.float32))\ng = mindspore.grad(lambda a: ops.matmul(a, a).sum())\nready()\n"
                 "while True:\n    g(x)",
    "compiled": "x = Tensor(np.ones((300, 300), np.float32))\ng = mindspore.jit(lambda a: ops.tanh(ops.matmul(a, a)))\ng(x)\nready()\n"
                "while True:\n    g(x)",
    "data": "d = mindspore.dataset.NumpySlicesDataset({'a': np.ones((100000, 8), np.float32)}).map(lambda a: a + 1, 'a').batch(10)"
            ".repeat(1000)\nready()\nfor row in d.create_tuple_iterator():\n    pass",
    "workers": "d = mindspore.dataset.GeneratorDataset(Slow(), ['a'], num_parallel_workers=2).batch(4)\nready()\n"
               "for row in d.create_tuple_iterator():\n    pass",
    "model": "net = nn.Dense(8, 3)\nmodel = mindspore.Model(net, nn.MSELoss(), nn.SGD(net.trainable_params(), 0.01))\n"
             "d = mindspore.dataset.NumpySlicesDataset((np.ones((10000, 8), np.float32), np.ones((10000, 3), np.float32)), "
             "['a', 'b']).batch(10)\nready()\nmodel.train(10000, d)",
}

PROGRAM = """
import os, sys, time
import numpy as np
import mindspore
from mindspore import Tensor, nn, ops

class Slow:
    def __len__(self):
        return 100000
    def __getitem__(self, i):
        time.sleep(0.01)
        return np.ones(3, np.float32)

def ready():
    print("ready", flush=True)

try:
    BODY
except KeyboardInterrupt:
    print("interrupted", float(Tensor(np.ones(3, np.float32)).sum()), flush=True)
"""


@pytest.mark.parametrize("name", LOOPS)
def test_ctrl_c(name, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM.replace("BODY", LOOPS[name].replace("\n", "\n    ")))
    with subprocess.Popen([sys.executable, "-m", "spore", str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ)) as child:
        try:
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            time.sleep(0.3)
            begun = time.monotonic()
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=20)
            assert (out, child.returncode) == ("interrupted 3.0\n", 0), err
            assert time.monotonic() - begun < 10
        finally:
            child.kill()


def test_end_of_the_process_in_the_middle(tmp_path):
    """A daemon thread at work and live views do not harm the end of the interpreter."""
    script = tmp_path / "script.py"
    script.write_text("import threading, numpy as np\nfrom mindspore import Tensor, ops\nx = Tensor.from_numpy(np.ones((200, 200), 'f'))\n"
                      "keep = np.from_dlpack(x)\ndef work():\n    while True:\n        ops.matmul(x, x)\n"
                      "threading.Thread(target=work, daemon=True).start()\nimport time; time.sleep(0.2); print('end')\n")
    done = subprocess.run([sys.executable, "-m", "spore", str(script)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork():
    """A child made by fork (multiprocessing's way on Linux) computes, on one thread."""
    x = Tensor(np.ones((300, 300), np.float32))
    ops.matmul(x, x)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, str(float(ops.matmul(x, x)[0, 0])).encode())
        os._exit(0)
    os.close(write)
    deadline = time.monotonic() + 20
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        time.sleep(0.01)
    assert os.read(read, 100) == b"300.0"
    os.close(read)

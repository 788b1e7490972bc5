#!/usr/bin/env python3
"""The workloads of `spore bench`, done by other libraries.

    peers.py --list                        which peers this Python has, with versions, as JSON
    peers.py PEER WORKLOAD [--threads N]   best and median ms a step
    peers.py PEER WORKLOAD --serve         for compare.py: says "ready", then answers each line "N" with the ms a step of
                                           N blocks, as JSON

The work is the same as in src/cli/bench_nets.c: a network (NETS), an optimizer, batches of 64 gathered by a shuffled order
from 12,800 Float32 images in memory; infer is the network forward on one image. Each peer has one function that sets up and
returns (step, finish): step(rows) does one step on the images with these numbers, finish(what step returned) waits for it.
"""
import argparse
import functools
import importlib.metadata
import importlib.util
import json
import os
import statistics
import sys
import time

BATCH, IMAGES, CLASSES = 64, 12800, 10

DENSE_NET = [("flatten",), ("dense", 784, 512), ("relu",), ("dense", 512, 512), ("relu",), ("dense", 512, CLASSES)]
NETS = {  # conv: in, out, kernel, padding
    "mlp": DENSE_NET,
    "infer": DENSE_NET,
    "lenet5": [("conv", 1, 6, 5, 0), ("relu",), ("pool",), ("conv", 6, 16, 5, 0), ("relu",), ("pool",), ("flatten",),
               ("dense", 400, 120), ("relu",), ("dense", 120, 84), ("relu",), ("dense", 84, CLASSES)],
    "convbn": [("conv", 1, 32, 3, 1), ("norm", 32), ("relu",), ("pool",), ("conv", 32, 64, 3, 1), ("norm", 64), ("relu",),
               ("pool",), ("flatten",), ("dense", 4096, 128), ("relu",), ("dense", 128, CLASSES)],
}
OPTIMIZERS = {"mlp": ("sgd", 1e-2), "lenet5": ("momentum", 1e-2), "convbn": ("adam", 1e-3)}
STEPS = {"mlp": 200, "lenet5": 50, "convbn": 15, "infer": 1000}


class Unsuitable(Exception):
    """This peer has no such workload here."""


def images_and_labels(workload):
    import numpy as np
    side = 28 if NETS[workload] is DENSE_NET else 32
    random = np.random.default_rng(7)
    return (random.standard_normal((IMAGES, 1, side, side), dtype=np.float32),
            random.integers(0, CLASSES, IMAGES, dtype=np.int32))


# ---- peers ----

def torch_net(nn, layers):
    make = {"flatten": nn.Flatten, "relu": nn.ReLU, "pool": lambda: nn.MaxPool2d(2), "dense": nn.Linear,
            "conv": lambda i, o, k, p: nn.Conv2d(i, o, k, padding=p), "norm": nn.BatchNorm2d}
    return nn.Sequential(*(make[kind](*sizes) for kind, *sizes in layers))


def torch_peer(workload, threads, compiled):
    import torch
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    images, labels = map(torch.from_numpy, images_and_labels(workload))
    net = torch_net(torch.nn, NETS[workload])
    if workload == "infer":
        net.eval()
        forward = torch.compile(net) if compiled else net
        image = images[:1]

        def infer(rows):
            with torch.inference_mode():
                return forward(image)
        return infer, torch.Tensor.tolist

    labels = labels.long()
    name, rate = OPTIMIZERS[workload]
    optimizer = {"sgd": torch.optim.SGD, "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
                 "adam": torch.optim.Adam}[name](net.parameters(), lr=rate)
    forward = torch.compile(net) if compiled else net
    criterion = torch.nn.CrossEntropyLoss()

    def train(rows):
        rows = torch.from_numpy(rows)
        optimizer.zero_grad()
        loss = criterion(forward(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        return loss
    return train, torch.Tensor.item


def jax_peer(workload, threads):
    if NETS[workload] is not DENSE_NET:
        raise Unsuitable("the MLP alone is written for JAX")
    import jax
    import jax.numpy as jnp
    images, labels = images_and_labels(workload)
    images = images.reshape(IMAGES, -1)
    sizes = [layer[1:] for layer in NETS[workload] if layer[0] == "dense"]
    keys = jax.random.split(jax.random.key(1), len(sizes))
    weights = [{"w": jax.random.uniform(key, size, minval=-size[0] ** -0.5, maxval=size[0] ** -0.5), "b": jnp.zeros(size[1])}
               for key, size in zip(keys, sizes)]

    def forward(weights, x):
        for layer in weights[:-1]:
            x = jax.nn.relu(x @ layer["w"] + layer["b"])
        return x @ weights[-1]["w"] + weights[-1]["b"]

    if workload == "infer":
        run, image = jax.jit(forward), jnp.asarray(images[:1])
        return lambda rows: run(weights, image).block_until_ready(), lambda answer: None

    def loss(weights, x, y):
        chosen = jnp.take_along_axis(jax.nn.log_softmax(forward(weights, x)), y[:, None], axis=1)
        return -chosen.mean()

    @functools.partial(jax.jit, donate_argnums=0)
    def update(weights, x, y):
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
        return value, jax.tree.map(lambda w, g: w - OPTIMIZERS["mlp"][1] * g, weights, gradients)

    def train(rows):
        nonlocal weights
        value, weights = update(weights, images[rows], labels[rows])
        return value
    return train, lambda value: value.block_until_ready()


def mindspore_peer(workload, threads, graph):
    import mindspore as ms
    from mindspore import nn
    ms.set_context(mode=ms.GRAPH_MODE if graph else ms.PYNATIVE_MODE)
    images, labels = images_and_labels(workload)
    make = {"flatten": nn.Flatten, "relu": nn.ReLU, "pool": lambda: nn.MaxPool2d(2, 2), "dense": nn.Dense,
            "conv": lambda i, o, k, p: nn.Conv2d(i, o, k, pad_mode="pad", padding=p, has_bias=True), "norm": nn.BatchNorm2d}
    net = nn.SequentialCell(*(make[kind](*sizes) for kind, *sizes in NETS[workload]))
    if workload == "infer":
        image = ms.Tensor(images[:1])
        net.set_train(False)
        return lambda rows: net(image), lambda answer: answer.asnumpy()
    net.set_train()
    name, rate = OPTIMIZERS[workload]
    optimizer = {"sgd": nn.SGD, "momentum": functools.partial(nn.Momentum, momentum=0.9),
                 "adam": nn.Adam}[name](net.trainable_params(), learning_rate=rate)
    criterion = nn.CrossEntropyLoss()

    def loss_of(x, y):  # not a lambda: the graph mode reads the source, and takes none from within a call
        return criterion(net(x), y)
    gradient = ms.value_and_grad(loss_of, None, optimizer.parameters)

    def update(x, y):
        loss, gradients = gradient(x, y)
        optimizer(gradients)
        return loss
    if graph:
        update = ms.jit(update)
    return lambda rows: update(ms.Tensor(images[rows]), ms.Tensor(labels[rows])), lambda loss: loss.asnumpy()


def onnxruntime_peer(workload, threads):
    if workload != "infer":
        raise Unsuitable("ONNX Runtime does not train here")
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    images, _ = images_and_labels(workload)
    random = np.random.default_rng(1)
    nodes, weights, value = [], [], "x"
    for number, (kind, *sizes) in enumerate(NETS[workload]):
        inputs, settings = [value], {}
        if kind == "dense":
            w, b = f"w{number}", f"b{number}"
            weights += [numpy_helper.from_array((random.standard_normal(sizes[::-1]) * 0.05).astype(np.float32), w),
                        numpy_helper.from_array(np.zeros(sizes[1], np.float32), b)]
            inputs, settings = [value, w, b], {"transB": 1}
        value = f"h{number}"
        nodes.append(helper.make_node({"flatten": "Flatten", "dense": "Gemm", "relu": "Relu"}[kind], inputs, [value], **settings))
    graph = helper.make_graph(nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, images[:1].shape)],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, (1, CLASSES))], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    image = {"x": images[:1]}
    return lambda rows: session.run(None, image), lambda answer: None


PEERS = {  # name: modules that it needs, what sets it up
    "torch": (["torch"], functools.partial(torch_peer, compiled=False)),
    "torch-compile": (["torch"], functools.partial(torch_peer, compiled=True)),
    "jax": (["jax"], jax_peer),
    "mindspore": (["mindspore"], functools.partial(mindspore_peer, graph=False)),
    "mindspore-graph": (["mindspore"], functools.partial(mindspore_peer, graph=True)),
    "onnxruntime": (["onnxruntime", "onnx"], onnxruntime_peer),
}


# ---- the clock ----

class Clock:
    def __init__(self, workload, step, finish):
        import numpy as np
        self.steps, self.step, self.finish = STEPS[workload], step, finish
        self.random = np.random.default_rng(3)

    def block(self):
        """ms a step of a block of steps, each on the next 64 images of an order shuffled for this block"""
        began = time.perf_counter()
        order = self.random.permutation(IMAGES)
        for number in range(self.steps):
            at = number * BATCH % (IMAGES - BATCH)
            last = self.step(order[at:at + BATCH])
        self.finish(last)
        return (time.perf_counter() - began) / self.steps * 1e3


def processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def installed():
    return {peer: importlib.metadata.version(modules[0]) for peer, (modules, _) in PEERS.items()
            if all(importlib.util.find_spec(module) for module in modules)}


def main():
    parser = argparse.ArgumentParser(description="Times other libraries on the workloads of spore bench.")
    parser.add_argument("peer", nargs="?", choices=PEERS)
    parser.add_argument("workload", nargs="?", choices=NETS)
    parser.add_argument("--threads", type=int, default=processors())
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--serve", action="store_true")
    args = parser.parse_args()
    if args.list:
        return print(json.dumps(installed()))
    if not args.workload:
        parser.error("expected PEER and WORKLOAD, or --list")
    # Not every library can be told how many threads to use: none has more processors than that.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:args.threads])
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    try:
        clock = Clock(args.workload, *PEERS[args.peer][1](args.workload, args.threads))
    except Unsuitable as why:
        sys.exit(f"{args.peer} {args.workload}: {why}")
    clock.block()  # warms up, compiles
    if not args.serve:
        times = [clock.block() for _ in range(args.blocks)]
        return print(f"{args.peer} {args.workload} best={min(times):.4g} median={statistics.median(times):.4g} ms/step "
                     f"threads={args.threads}")
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps([clock.block() for _ in range(int(line))]), flush=True)


if __name__ == "__main__":
    main()

"""Writes optim.json: five steps of SGD, Momentum and Adam, and the optimizers' state after them. See README.md."""

import itertools

from mindspore import Parameter, Tensor, nn

from golden import normal, rng, tensor, write

STEPS = 5
SHAPES = {"fc.weight": (2, 3), "bn.gamma": (2,), "bn.beta": (2,), "fc.bias": (1,)}  # weight decay skips beta and gamma
rows = []


def case(kind, label, **hyper):
    """One optimizer on the same parameters and gradients as all others. The second gradient of fc.bias is 0."""
    make = getattr(nn, kind)
    start = {name: normal(rng("optim/" + name), shape) for name, shape in SHAPES.items()}
    gradients = [
        {name: normal(rng(f"optim/{name}/{step}"), shape) for name, shape in SHAPES.items()} for step in range(STEPS)
    ]
    gradients[1]["fc.bias"][:] = 0
    parameters = [Parameter(Tensor(v), name=name) for name, v in start.items()]
    optimizer = make(parameters, **hyper)
    after = []
    for g in gradients:
        optimizer(tuple(Tensor(v) for v in g.values()))
        after.append(list(map(tensor, parameters)))
    state = [{"name": p.name, **tensor(p)} for p in optimizer.get_parameters() if p.name not in SHAPES]
    rows.append(
        {
            "id": f"{kind}/{label}",
            "optimizer": kind,
            "hyper": hyper,
            "names": list(SHAPES),
            "initial": [tensor(v) for v in start.values()],
            "gradients": [[tensor(v) for v in g.values()] for g in gradients],
            "after": after,
            "state": state,
            "order": [p.name for p in optimizer.get_parameters()],
            "tol": 5e-6 if kind == "Adam" else 1e-6,
        }
    )


def label_of(hyper):
    return "_".join(f"{k}{v}" for k, v in hyper.items() if k != "learning_rate").lower() or "default"


def sgd():
    for momentum, dampening, nesterov, decay in itertools.product((0.0, 0.9), (0.0, 0.5), (False, True), (0.0, 0.1)):
        if nesterov and (momentum == 0 or dampening != 0):
            continue  # refused by MindSpore: nesterov needs momentum and no dampening
        hyper = {
            "learning_rate": 0.1,
            "momentum": momentum,
            "dampening": dampening,
            "nesterov": nesterov,
            "weight_decay": decay,
        }
        case("SGD", label_of(hyper), **hyper)
    for scale in (2.0, 1024.0):
        case("SGD", f"loss_scale{scale}", learning_rate=0.1, momentum=0.9, weight_decay=0.1, loss_scale=scale)
    case("SGD", "momentum_one_tenth", learning_rate=0.01, momentum=0.1, nesterov=True)
    case("SGD", "all_default")
    case("SGD", "zero_rate", learning_rate=0.0, momentum=0.9)
    case("SGD", "schedule", learning_rate=[0.1, 0.05, 0.02, 0.01, 0.005], momentum=0.9)


def momentum():
    for nesterov, decay in itertools.product((False, True), (0.0, 0.1)):
        hyper = {"learning_rate": 0.1, "momentum": 0.9, "use_nesterov": nesterov, "weight_decay": decay}
        case("Momentum", label_of(hyper), **hyper)
    case("Momentum", "loss_scale2.0", learning_rate=0.1, momentum=0.9, weight_decay=0.1, loss_scale=2.0)
    case("Momentum", "zero", learning_rate=0.1, momentum=0.0)
    case("Momentum", "schedule", learning_rate=[0.1, 0.05, 0.02, 0.01, 0.005], momentum=0.9)


def adam():
    for nesterov, amsgrad, decay in itertools.product((False, True), (False, True), (0.0, 0.1)):
        if not (nesterov and amsgrad):
            hyper = {"learning_rate": 0.01, "use_nesterov": nesterov, "use_amsgrad": amsgrad, "weight_decay": decay}
            case("Adam", label_of(hyper), **hyper)
    for hyper in (
        {"eps": 1e-2},
        {"beta1": 0.5},
        {"beta2": 0.9},
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.01},
        {"loss_scale": 2.0, "weight_decay": 0.1},
        {},
    ):
        case("Adam", label_of(hyper), learning_rate=0.1, **hyper)
    case("Adam", "all_default")
    case("Adam", "amsgrad_beta2_0.5", learning_rate=0.1, use_amsgrad=True, beta2=0.5)
    case("Adam", "schedule", learning_rate=[0.1, 0.05, 0.02, 0.01, 0.005])


if __name__ == "__main__":
    for family in (sgd, momentum, adam):
        family()
    write("optim", rows)

"""Compares ops.json, cells.json and optim.json with plain numpy in float64; needs numpy alone, no MindSpore.

Shows that the recorded answers mean what their names say, so that no defect of one MindSpore version is on record:
values against definitions.py, gradients against central differences of it, optimizers against their formulae below.
Exit status 1 if anything differs.
"""

import json
import os
import sys

import numpy as np

from definitions import DEFINITION, cross_entropy, run_net


def array(t):
    """A recorded tensor as a numpy array of its own type (BFloat16 as float32)."""
    if t is None:
        return None
    kind = {"BFloat16": "float32"}.get(t["dtype"], t["dtype"].lower())
    return np.array([float(v) if isinstance(v, str) else v for v in t["data"]], kind).reshape(t["shape"])


def widen(x):
    return x.astype(np.float64) if x is not None and x.dtype.kind == "f" else x


def wide(t):
    return widen(array(t))


def differs(got, want, tol):
    """None, or what is wrong; NaN equals NaN, infinities must match."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return f"shape {want.shape}, numpy has {got.shape}"
    got = got.astype(np.float32).astype(np.float64) if got.dtype.kind == "f" and tol > 1e-7 else got.astype(np.float64)
    want = want.astype(np.float64)
    bad = ~((got == want) | (np.isnan(got) & np.isnan(want)) | (np.abs(got - want) <= tol * np.maximum(1, np.abs(got))))
    if bad.any():
        i = np.flatnonzero(bad)[0]
        return f"{bad.sum()} of {bad.size}, first at {i}: {want.reshape(-1)[i]!r}, numpy has {got.reshape(-1)[i]!r}"
    return None


def slopes(f, x, h=1e-6):
    """Central differences of the scalar f() in each element of x; NaN where the two sides disagree (a kink)."""
    out, flat, here = np.empty(x.size), x.reshape(-1), f()
    for i, v in enumerate(flat):
        step = h * max(1.0, abs(v))
        flat[i] = v + step
        up = f()
        flat[i] = v - step
        down = f()
        flat[i] = v
        centre = (up - down) / (2 * step)
        out[i] = centre if abs((up - here) - (here - down)) / step <= 1e-3 * max(1, abs(centre)) else np.nan
    return out.reshape(x.shape)


def check_gradient(objective, x, recorded, tol):
    """The recorded gradient in x of the scalar objective(), at the elements where it is smooth."""
    numeric, want = slopes(objective, x), wide(recorded)
    smooth = np.isfinite(numeric)
    size = max(1, abs(objective()))  # the objective's own rounding bounds what differences can tell
    return differs(numeric[smooth], want[smooth], max(tol, 1e-7 * size))


def check_op(c):
    """Every difference of one case of ops.json, as text or None."""
    mixed = "/mixed_" in c["id"]
    inputs = [wide(t) for t in c["inputs"]]
    if mixed:
        inputs = [x.astype(np.float64) for x in inputs]

    def define():
        y = DEFINITION[c["op"]](c["attrs"], *inputs)
        return y if isinstance(y, tuple) else (y,)

    got = define()
    if len(got) != len(c["outputs"]):
        return [f"{len(c['outputs'])} outputs, numpy has {len(got)}"]
    found = [differs(g, array(w), c["tol"]) for g, w in zip(got, c["outputs"])]
    finite = all(np.isfinite(x).all() for x in inputs if x is not None and x.dtype.kind == "f")
    if c["cotangent"] is None or not finite:
        return found
    if c["op"] == "Cast":  # differences mean nothing across a rounding: the gradient is the cotangent, cast back
        recorded = array(c["grads"][0])
        return found + [differs(array(c["cotangent"]).astype(recorded.dtype), recorded, 0)]
    cotangent = wide(c["cotangent"])
    for x, g in zip(inputs, c["grads"]):
        if g is not None:
            found.append(check_gradient(lambda: float((define()[0] * cotangent).sum()), x, g, c["tol"]))
    return found


def check_cell(c):
    """Every difference of one net of cells.json."""
    parameters = {p["name"]: wide(p) for p in c["parameters"]}
    x, tol, moved = wide(c["input"]), c["tol"], {}
    found = [differs(run_net(c["net"], x, parameters, False, {}), array(c["output_eval"]), tol)]
    if "loss" not in c:
        return found
    y = run_net(c["net"], x, parameters, True, moved)
    found.append(differs(y, array(c["output_train"] or c["output_eval"]), tol))
    for p in c["updated"]:
        found.append(differs(moved.get(p["name"], parameters[p["name"]]), array(p), tol))

    def loss():
        y = run_net(c["net"], x, parameters, True, {})
        if c["cotangent"]:
            return float((y * array(c["cotangent"])).sum())
        plain = {"reduction": "mean", "ignore_index": -100, "label_smoothing": 0}
        return float(cross_entropy(plain, y, array(c["labels"])))

    found.append(differs(loss(), array(c["loss"]), tol))
    found.append(check_gradient(loss, x, c["input_grad"], tol))
    return found + [check_gradient(loss, parameters[g["name"]], g, tol) for g in c["grads"]]


def sgd(h, t, p, g, s):
    m = h.get("momentum", 0.0)
    if m == 0:
        return p - h["lr"] * g
    s["v"] = g if t == 1 else m * s["v"] + (1 - h.get("dampening", 0.0)) * g
    return p - h["lr"] * (g + m * s["v"] if h.get("nesterov") else s["v"])


def momentum(h, t, p, g, s):
    """use_nesterov changes nothing on the CPU."""
    s["v"] = h["momentum"] * s.get("v", 0.0) + g
    return p - h["lr"] * s["v"]


def adam(h, t, p, g, s):
    b1, b2 = h.get("beta1", 0.9), h.get("beta2", 0.999)
    s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g * g
    s["max"] = np.maximum(s.get("max", 0.0), s["v"])
    m = b1 * s["m"] + (1 - b1) * g if h.get("use_nesterov") else s["m"]
    v = s["max"] if h.get("use_amsgrad") else s["v"]
    return p - h["lr"] * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + h.get("eps", 1e-8))


def check_optimizer(c):
    """Every step of one run of optim.json. The gradient is first divided by loss_scale, then the decay is added."""
    step = {"SGD": sgd, "Momentum": momentum, "Adam": adam}[c["optimizer"]]
    default_rate = {"SGD": 0.1, "Adam": 0.001}.get(c["optimizer"])
    parameters, state, found = [wide(p) for p in c["initial"]], [{} for _ in c["initial"]], []
    for t, (gradients, after) in enumerate(zip(c["gradients"], c["after"]), 1):
        rate = c["hyper"].get("learning_rate", default_rate)
        h = {**c["hyper"], "lr": rate[t - 1] if isinstance(rate, list) else rate}
        for i, (name, g) in enumerate(zip(c["names"], gradients)):
            decay = 0.0 if "beta" in name or "gamma" in name else h.get("weight_decay", 0.0)
            g = wide(g) / h.get("loss_scale", 1.0) + decay * parameters[i]
            parameters[i] = step(h, t, parameters[i], g, state[i])
            found.append(differs(parameters[i], array(after[i]), c["tol"]))
    return found


def main():
    here, failures = os.path.dirname(os.path.abspath(__file__)), 0
    for name, check in (("ops", check_op), ("cells", check_cell), ("optim", check_optimizer)):
        with open(os.path.join(here, name + ".json"), encoding="utf-8") as f:
            cases = json.load(f)
        for c in cases:
            with np.errstate(all="ignore"):
                found = [text for text in check(c) if text]
            failures += len(found)
            for text in found:
                print(f"{name} {c['id']}: {text}")
        print(f"{name}.json: {len(cases)} cases")
    print(f"{failures} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

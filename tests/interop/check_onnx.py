"""Shows that the ONNX checker accepts and that ONNX Runtime runs what Spore wrote, with the numbers that Spore has.

    check_onnx.py FOLDER [--verbose]

NAME.onnx is checked (onnx.checker, with shape inference) and run on NAME.input0.npy ..., and each output must have the type, the
shape and the values of NAME.expected0.npy ...; the same for each batch size there is, NAME.batch4.input0.npy ... Integers must
be equal; Float32 and Float64 within 1e-5 of the array's largest number (or of 1), 16-bit floats within two steps of theirs. Where ONNX Runtime has
no kernel for a type (Float64 of a few operators), the reference evaluator of the onnx package runs the model.

One line per model that fails, a summary at the end. Exit status 0: all agree; 1: some do not; 2: nothing to check.
"""

import argparse
import glob
import os
import re
import sys

import numpy as np
import onnx
import onnx.reference
import onnxruntime

TOLERANCE = {"Float16": 2e-3, "BFloat16": 1.6e-2}


class Failure(Exception):
    """A check that did not hold; its text is what is printed."""


def arrays(stem, what):
    found = glob.glob(glob.escape(stem) + f".{what}*.npy")
    numbered = {int(re.search(r"(\d+)\.npy$", p).group(1)): np.load(p) for p in found}
    return [numbered[k] for k in sorted(numbered)]


def compare(k, got, want, tolerance):
    got = np.asarray(got)
    if got.dtype != want.dtype or got.shape != want.shape:
        raise Failure(f"output {k} is {got.dtype} {list(got.shape)}, expected {want.dtype} {list(want.shape)}")
    if not want.size or np.array_equal(got, want, equal_nan=want.dtype.kind == "f"):
        return 0.0
    if want.dtype.kind != "f":
        raise Failure(f"output {k} is {got.tolist()}, expected {want.tolist()}")
    got, want = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(invalid="ignore"):
        same = (got == want) | (np.isnan(got) & np.isnan(want))
        difference = np.where(same, 0.0, np.abs(got - want))
    finite = want[np.isfinite(want)]
    scale = max(1.0, np.abs(finite).max() if finite.size else 1.0)
    worst = np.where(np.isnan(difference), np.inf, difference).max() / scale
    if worst > tolerance:
        raise Failure(f"output {k} is {got.tolist()}, expected {want.tolist()}")
    return float(worst)


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]), "ONNX Runtime"
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return onnx.reference.ReferenceEvaluator(path), "reference"


def check(path):
    """Raises what is wrong; returns (the largest difference, who ran it, how many batch sizes)."""
    stem = path[: -len(".onnx")]
    model = onnx.load(path)
    onnx.checker.check_model(path, full_check=True)
    if model.producer_name != "spore" or model.ir_version != 8 or model.opset_import[0].version != 17:
        raise Failure(f"producer {model.producer_name}, IR {model.ir_version}, opset {model.opset_import[0].version}")
    runner, who = session(path)
    batches = sorted({re.search(r"\.batch\d+", p).group(0) for p in glob.glob(glob.escape(stem) + ".batch*.input0.npy")})
    name = os.path.basename(stem)
    tolerance = next((t for k, t in TOLERANCE.items() if name.endswith("-" + k)), 1e-5)
    tolerance = 2e-3 if "half" in name or "f16" in name else tolerance
    worst = 0.0
    for batch in batches or [""]:
        inputs, expected = arrays(stem + batch, "input"), arrays(stem + batch, "expected")
        if not inputs or not expected:
            raise Failure("no input or no expected output")
        names = [i.name for i in model.graph.input]
        got = runner.run(None, dict(zip(names, inputs)))
        if len(got) != len(expected):
            raise Failure(f"{len(got)} outputs, expected {len(expected)}")
        for k, (y, want) in enumerate(zip(got, expected)):
            worst = max(worst, compare(k, y, want, tolerance))
    return worst, who, max(len(batches), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--verbose", action="store_true", help="a line for models that agree, too")
    args = parser.parse_args()
    paths = sorted(glob.glob(os.path.join(args.folder, "*.onnx")))
    if not paths:
        print(f"{args.folder}: no .onnx files", file=sys.stderr)
        return 2
    failed, by_reference, runs, worst = 0, 0, 0, 0.0
    for path in paths:
        try:
            difference, who, n = check(path)
            runs += n
            by_reference += who == "reference"
            worst = max(worst, difference)
            if args.verbose:
                print(f"ok   {path}: {who}, difference {difference:.1e}")
        except Exception as e:  # the runtime raises a great many types
            failed += 1
            reason = str(e) if isinstance(e, Failure) else f"{type(e).__name__}: {e}"
            print(f"FAIL {path}: {' '.join(reason.split())[:400]}")
    print(
        f"{len(paths) - failed} of {len(paths)} models agree in {runs} runs, {by_reference} of them by the reference "
        f"evaluator; onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}; largest difference {worst:.1e}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

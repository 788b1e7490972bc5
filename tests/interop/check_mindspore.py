"""Shows that the real MindSpore, 2.0.0 or 2.10.0 on the CPU, reads and runs files written by Spore.

    check_mindspore.py DIR [--tol 1e-5]     check all nets and checkpoints in DIR and below
    check_mindspore.py --inspect FILE.ckpt  list a checkpoint's entries

Files that belong together share a name: NAME.ckpt, NAME.mindir, NAME.input0.npy, NAME.input1.npy ...,
NAME.expected0.npy ... (the number may be left out where there is one). A folder with one net may leave NAME out of the
arrays: input0.npy, expected0.npy.
  NAME.mindir         is run by nn.GraphCell on the inputs; each output must have the expected type, shape and values
  NAME.ckpt           must load; parameters that NAME.mindir has too must be equal bit for bit
  NAME.expected.json  if there is one, lists what NAME.ckpt holds, in order: numbers as
                      {"name", "type", "shape", "values"}, text as {"name", "value"}

One line per net. Exit status 0: all passed; 1: something failed; 2: nothing to check, or misused.
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys

os.environ.setdefault("GLOG_v", "3")  # errors only; read when MindSpore is imported

ENCRYPTED = (b"\xd8\x5e\x3a\x7f", b"\xd9\x5e\x3a\x7f", b"\xda\x5e\x3a\x7f")


class Failure(Exception):
    """A check that did not hold; its text is the line that is printed."""


def find_stems(folder):
    """Path without extension of every net or lone checkpoint at or below folder, sorted."""
    stems = set()
    for kind in ("mindir", "ckpt"):
        stems.update(p[: -len(kind) - 1] for p in glob.glob(os.path.join(folder, "**", "*." + kind), recursive=True))
    return sorted(stems)


def arrays(stem, what):
    """The .npy files of a net by number: STEM.input0.npy ..., or input0.npy ... if the net is alone in its folder."""
    folder = os.path.dirname(stem)
    found = glob.glob(glob.escape(stem) + f".{what}*.npy")
    if not found and len(glob.glob(os.path.join(glob.escape(folder), "*.mindir"))) == 1:
        found = glob.glob(os.path.join(glob.escape(folder), f"{what}*.npy"))
    return sorted(found, key=lambda p: int(re.search(r"(\d*)\.npy$", p).group(1) or 0))


def read_ckpt(path):
    import mindspore as ms

    with open(path, "rb") as f:
        if f.read(4) in ENCRYPTED:
            return None
    return ms.load_checkpoint(path)


def host(x):
    """A numpy array of a Tensor or Parameter; bfloat16, which numpy lacks, as float32."""
    import mindspore as ms

    return x.astype(ms.float32).asnumpy() if str(x.dtype) == "BFloat16" else x.asnumpy()


def check_listed(entries, path):
    """A checkpoint against its .expected.json: same names in the same order, same types, shapes and values."""
    import numpy as np

    with open(path, encoding="utf-8") as f:
        listed = json.load(f)
    if [e["name"] for e in listed] != list(entries):
        raise Failure(f"checkpoint holds {list(entries)}, expected {[e['name'] for e in listed]}")
    for e in listed:
        got = entries[e["name"]]
        if "value" in e:
            if got != e["value"]:
                raise Failure(f"checkpoint entry {e['name']} is {got!r}, expected {e['value']!r}")
            continue
        a = host(got)
        if a.shape == (1,) and e["shape"] == []:
            a = a.reshape(())  # 2.0.0 reads a lone bool of its own writing so
        want = np.array(e["values"], a.dtype).reshape(e["shape"])
        if str(got.dtype) != e["type"] or a.shape != want.shape:
            raise Failure(
                f"checkpoint entry {e['name']} is {got.dtype} {list(a.shape)}, expected {e['type']} {e['shape']}"
            )
        if a.tobytes() != want.tobytes():
            raise Failure(f"checkpoint entry {e['name']} has other values than expected")


def compare(k, got, want, tol):
    """Output k against what Spore computed; returns the largest difference."""
    import numpy as np

    got = host(got)
    if got.dtype != want.dtype or got.shape != want.shape:
        raise Failure(f"output {k} is {got.dtype} {list(got.shape)}, expected {want.dtype} {list(want.shape)}")
    if not want.size:
        return 0.0
    got, want = got.astype(np.float64), want.astype(np.float64)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    difference = np.where(same, 0.0, np.abs(got - want))
    if not (difference <= tol * np.maximum(1, np.abs(want))).all():
        at = np.unravel_index(np.argmax(np.where(np.isnan(difference), np.inf, difference)), want.shape)
        raise Failure(f"output {k} at {[int(i) for i in at]} is {got[at]!r}, expected {want[at]!r}, tolerance {tol}")
    return float(difference.max())


def run_net(stem, entries, tol):
    """Run STEM.mindir and compare; returns what to print."""
    import mindspore as ms
    import numpy as np
    from mindspore import nn

    inputs, expected = arrays(stem, "input"), arrays(stem, "expected")
    if not inputs or not expected:
        raise Failure("no input or no expected .npy beside the .mindir")
    cell = nn.GraphCell(ms.load(stem + ".mindir"))
    out = cell(*[ms.Tensor(np.load(p)) for p in inputs])
    out = list(out) if isinstance(out, (tuple, list)) else [out]
    if len(out) != len(expected):
        raise Failure(f"{len(out)} outputs, expected {len(expected)}")
    worst = max(compare(k, y, np.load(p), tol) for k, (y, p) in enumerate(zip(out, expected)))
    parameters = {p.name: p for p in cell.get_parameters()}
    shared = [name for name in parameters if name in (entries or {})]
    for name in shared:
        if host(parameters[name]).tobytes() != host(entries[name]).tobytes():
            raise Failure(f"parameter {name} differs between .mindir and .ckpt")
    text = f"max difference {worst:.1e}, {len(parameters)} parameters"
    return text + (f", {len(shared)} of them also in the checkpoint" if entries is not None else "")


def check(stem, tol):
    """All checks of one net or lone checkpoint; returns what to print, raises whatever is wrong."""
    said, entries = [], None
    if os.path.exists(stem + ".ckpt"):
        entries = read_ckpt(stem + ".ckpt")
        if entries is None:
            return "skipped: an encrypted checkpoint"
        said.append(f"checkpoint of {len(entries)} entries")
        if os.path.exists(stem + ".expected.json"):
            check_listed(entries, stem + ".expected.json")
            said[-1] += " as listed"
    if os.path.exists(stem + ".mindir"):
        said.insert(0, run_net(stem, entries, tol))
    return "; ".join(said)


def work(stems, tol):
    """In the child: print one line per stem, 'ok   STEM: ...' or 'FAIL STEM: ...'."""
    import mindspore as ms

    ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")  # 2.0.0 runs a loaded graph in this mode only
    for stem in stems:
        try:
            line = f"ok   {stem}: {check(stem, tol)}"
        except Exception as e:  # MindSpore's loaders raise a great many types
            reason = (str(e).strip() or type(e).__name__).split("\n")[0]
            line = f"FAIL {stem}: {reason if isinstance(e, Failure) else f'MindSpore: {type(e).__name__}: {reason}'}"
        print(line, flush=True)


def check_folder(folder, tol):
    """Checks run in a child process: a file that crashes MindSpore fails alone, the rest goes on in a new child."""
    stems = find_stems(folder)
    if not stems:
        print(f"{folder}: no .mindir or .ckpt", file=sys.stderr)
        return 2
    failed, left = 0, stems
    while left:
        child = subprocess.run(
            [sys.executable, __file__, "--tol", repr(tol), "--child"] + left, stdout=subprocess.PIPE, encoding="utf-8"
        )
        lines = [l for l in child.stdout.split("\n") if l.startswith(("ok   ", "FAIL "))]
        left = left[len(lines) :]
        if left:
            lines.append(f"FAIL {left[0]}: MindSpore ended with status {child.returncode}")
            left = left[1:]
        print("\n".join(lines), flush=True)
        failed += sum(l.startswith("FAIL ") for l in lines)
    print(f"{len(stems)} checked, {failed} failed")
    return 1 if failed else 0


def inspect(path):
    entries = read_ckpt(path)
    if entries is None:
        print(f"{path}: an encrypted checkpoint", file=sys.stderr)
        return 1
    for name, e in entries.items():
        if isinstance(e, str):
            print(f"{name}  text  {e!r}")
        else:
            first = ", ".join(str(v) for v in host(e).reshape(-1)[:4])
            print(f"{name}  {e.dtype} {list(e.shape)}  {first}{', ...' if e.size > 4 else ''}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--inspect", metavar="FILE.ckpt")
    parser.add_argument("--tol", type=float, default=1e-5, help="times max(1, |expected|); default 1e-5")
    parser.add_argument("--child", nargs="+", metavar="STEM", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return work(args.child, args.tol)
    if args.inspect:
        return inspect(args.inspect)
    if not args.folder:
        parser.error("a folder or --inspect FILE.ckpt is needed")
    return check_folder(args.folder, args.tol)


if __name__ == "__main__":
    sys.exit(main())

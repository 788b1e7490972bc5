#!/usr/bin/env python3
"""`./dev bench`: Spore and every peer that is installed in turn, and one table of ratios. Needs no package itself.

The speed of a machine drifts, so all contestants of a workload take turns: a few blocks of steps each, for several rounds. A
figure is the least over all rounds, and behind the slash the median of the rounds' medians. A ratio is taken within each
round, by the round's least: what counts is the median of these. (The least of all rounds may be from a good minute that one
contestant met and the other did not.)
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = ["mlp", "lenet5", "convbn", "infer"]
OWN = ["data", "startup", "ops"]  # nobody to compare with
ONLY = {"jax": ["mlp", "infer"], "onnxruntime": ["infer"]}  # what peers.py has for them
NAMES = {"compiled": "Spore compiled", "eager": "Spore eager", "torch": "PyTorch", "torch-compile": "PyTorch compile",
         "jax": "JAX jit", "mindspore": "MindSpore", "mindspore-graph": "MindSpore graph", "onnxruntime": "ONNX Runtime"}


def processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def say(text):
    print(text, flush=True)


def note(text):
    print(text, file=sys.stderr, flush=True)


# ---- contestants: start(), then times() as often as there are rounds, then stop() ----

class Figures:
    """What one contestant needed for one workload, in ms a step."""

    def __init__(self):
        self.bests, self.medians = [], []  # of each round

    def add(self, best, median):
        self.bests.append(best)
        self.medians.append(median)

    @property
    def best(self):
        return min(self.bests)

    @property
    def median(self):
        return statistics.median(self.medians)


class Ratio:
    """How many times b's figure a's is: in the median round, and least by least of all."""

    def __init__(self, a, b):
        self.usual = statistics.median(x / y for x, y in zip(a.bests, b.bests))
        self.least = a.best / b.best

    def __str__(self):
        return f"{self.usual:.3g} x (least by least {self.least:.3g})"


class Spore:
    def __init__(self, options, workload, *words):
        self.command = [options.spore, "bench", workload, "--json", "--threads", str(options.threads),
                        "--blocks", str(options.blocks), *words]
        self.figures, self.floor, self.last = Figures(), Figures(), {}

    def start(self):
        return None

    def measure(self):
        done = subprocess.run(self.command, stdout=subprocess.PIPE, text=True, check=True)
        self.last = json.loads(done.stdout)
        self.figures.add(self.last["best_ms"], self.last["median_ms"])
        if "floor_ms" in self.last:
            self.floor.add(self.last["floor_ms"], self.last["floor_median_ms"])

    def stop(self):
        pass


class Peer:
    """A process that waits while it is not its turn: it sets up, and compiles, once."""

    def __init__(self, options, workload, name, python):
        self.command = [python, os.path.join(HERE, "peers.py"), name, workload, "--serve", "--threads", str(options.threads)]
        self.blocks, self.figures = options.blocks, Figures()

    def start(self):
        """None, or why it cannot take part"""
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True)
        for line in self.process.stdout:  # some libraries greet on the standard output
            if line == "ready\n":
                return None
        self.process.wait()
        self.errors.seek(0)
        return (self.errors.read().strip().splitlines() or ["it ended"])[-1]

    def measure(self):
        self.process.stdin.write(f"{self.blocks}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"bench: {' '.join(self.command)} ended before its time")
        times = json.loads(answer)
        self.figures.add(min(times), statistics.median(times))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def peers_of(pythons):
    """{peer: (python, version)}: the first Python that has a peer runs it"""
    found = {}
    for python in pythons:
        listed = subprocess.run([python, os.path.join(HERE, "peers.py"), "--list"], stdout=subprocess.PIPE, text=True)
        if listed.returncode != 0:
            sys.exit(f"bench: {python} does not run bench/peers.py")
        for peer, version in json.loads(listed.stdout).items():
            found.setdefault(peer, (python, version))
    return found


def in_turn(contestants, rounds, what):
    """Starts all; {name: contestant} of those that took part. A B C, A B C, ..."""
    taking_part = {}
    for name, contestant in contestants.items():
        why_not = contestant.start()
        if why_not is None:
            taking_part[name] = contestant
        else:
            note(f"{what}: without {NAMES.get(name, name)}: {why_not}")
    for number in range(rounds):
        note(f"{what}: round {number + 1} of {rounds}")
        for contestant in taking_part.values():
            contestant.measure()
    for contestant in taking_part.values():
        contestant.stop()
    return taking_part


def compare(options, workload, peers):
    contestants = {"compiled": Spore(options, workload), "eager": Spore(options, workload, "--eager")}
    for name, (python, _) in peers.items():
        if workload in ONLY.get(name, WORKLOADS):
            contestants[name] = Peer(options, workload, name, python)
    return in_turn(contestants, options.rounds, workload)


# ---- the table ----

def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def say_circumstances(options, peers):
    version = subprocess.run([options.spore, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    versions = [version[0].strip()] + [f"{NAMES[name]} {v}" for name, (_, v) in peers.items() if "-" not in name]
    say(f"{processor()}, {options.threads} threads; {', '.join(versions)}")
    say(f"{options.rounds} rounds in turn, {options.blocks} blocks each")


def cell(found, name):
    if name not in found:
        return ""
    mine, reference = found[name].figures, found["compiled"].figures
    text = f"{mine.best:.3g} / {mine.median:.3g}"
    return text if name == "compiled" else f"{text}, {Ratio(mine, reference).usual:.2f} x"


def say_table(results):
    names = [name for name in NAMES if any(name in found for found in results.values())]
    rows = [["workload"] + [NAMES[name] for name in names]]
    rows += [[workload] + [cell(found, name) for name in names] for workload, found in results.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        say("| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |")


def say_floor(results):
    if "mlp" in results:
        spore = results["mlp"]["compiled"]
        say(f"mlp: its matrix products alone take {spore.floor.best:.3g} / {spore.floor.median:.3g} ms, the compiled step "
            f"{Ratio(spore.figures, spore.floor).usual:.3f} x that")


# ---- how cost grows ----

def operations(batch, width, depth):
    """of the products of a training step of the MLP: three a layer, without the one behind its input"""
    return 2 * batch * (2 * 784 * width + 3 * width * width * (depth - 1) + 3 * width * 10)


def say_growth(options):
    settings = [(64, 512, 2)]
    settings += [(batch, 512, 2) for batch in (1, 8, 512)]
    settings += [(64, width, 2) for width in (64, 128, 1024, 2048)]
    settings += [(64, 512, depth) for depth in (1, 4, 8, 16)]
    contestants = {}
    for batch, width, depth in settings:
        steps = min(2000, max(2, round(1e10 / operations(batch, width, depth))))
        sizes = ["--batch", str(batch), "--width", str(width), "--depth", str(depth), "--steps", str(steps)]
        contestants[batch, width, depth] = Spore(options, "mlp", *sizes, *["--eager"] * options.eager)
    in_turn(contestants, options.rounds, "growth")
    say("| batch | width | hidden layers | ms a step | of it products, GFLOP/s | step by products | us an image |")
    say("|---|---|---|---|---|---|---|")
    for setting in sorted(contestants):
        spore = contestants[setting]
        best, floor = spore.figures.best, spore.floor.best
        say(f"| {' | '.join(map(str, setting))} | {best:.3g} | {floor:.3g}, {operations(*setting) / floor / 1e6:.0f} "
            f"| {Ratio(spore.figures, spore.floor).usual:.2f} x | {best / setting[0] * 1e3:.3g} |")


# ---- the goals ----

class Goals:
    def __init__(self):
        self.missed = self.unknown = 0

    def line(self, verdict, text):
        say(f"{verdict:<5} {text}")

    def at_most(self, what, found, limit, unit):
        self.verdict(found <= limit, what, f"{found:.3g} {unit}, goal at most {limit:g} {unit}")

    def ratio_at_most(self, what, ratio, limit):
        self.verdict(ratio.usual <= limit, what, f"{ratio}, goal at most {limit:g} x")

    def ratio_at_least(self, what, ratio, limit):
        self.verdict(ratio.usual >= limit, what, f"{ratio}, goal at least {limit:g} x")

    def verdict(self, reached, what, text):
        self.missed += not reached
        self.line("pass" if reached else "FAIL", f"{what}: {text}")

    def left_out(self, what, why):
        self.unknown += 1
        self.line("?", f"{what}: {why}")

    def faster(self, workload, found, peer, limit):
        what = f"{workload} compiled, faster than {NAMES[peer]}"
        if peer in found:
            self.ratio_at_least(what, Ratio(found[peer].figures, found["compiled"].figures), limit)
        else:
            self.left_out(what, f"{NAMES[peer]} is not installed")


def check_steps(goals, results):
    if "mlp" in results:
        found = results["mlp"]
        compiled, eager = found["compiled"], found["eager"]
        goals.ratio_at_most("mlp compiled, by its matrix products alone", Ratio(compiled.figures, compiled.floor), 1.15)
        goals.faster("mlp", found, "jax", 1.8)
        goals.faster("mlp", found, "torch", 2.1)
        goals.ratio_at_most("mlp eager, by the compiled step", Ratio(eager.figures, compiled.figures), 1.25)
    for workload, peer, limit in (("lenet5", "torch", 2), ("convbn", "torch", 2), ("infer", "onnxruntime", 1.2),
                                  ("infer", "torch", 2)):
        if workload in results:
            goals.faster(workload, results[workload], peer, limit)


def check_startup(goals, options):
    spore = Spore(options, "startup")
    in_turn({"startup": spore}, 1, "startup")
    goals.at_most("spore --version", spore.figures.best, 5, "ms")
    goals.at_most("a program of one matrix product", spore.last["one_op_ms"], 15, "ms")


def check_size(goals, library):
    if not os.path.exists(library) or not shutil.which("strip"):
        return goals.left_out("libspore.so, stripped", f"no {library}, or no strip")
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, library], check=True)
        goals.at_most("libspore.so, stripped", os.path.getsize(stripped.name) / 1e6, 1.5, "MB")


def check_threads(goals, options):
    if processors() < 2:
        return goals.left_out("mlp of width 2048, 1 -> 2 threads", "one processor")
    wide = {threads: Spore(options, "mlp", "--width", "2048", "--steps", "10", "--threads", threads) for threads in ("1", "2")}
    in_turn(wide, options.rounds, "mlp of width 2048")
    goals.ratio_at_least("mlp of width 2048, 1 -> 2 threads", Ratio(wide["1"].figures, wide["2"].figures), 1.8)


def check_tutorial(goals, options):
    """Load, 3 epochs of training and testing, save, export: seconds, and the most memory that was resident"""
    seconds, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [options.spore, "train", *options.data.split(), "--epochs", "3", "--quiet", "--save", f"{folder}/model.ckpt",
                   "--export", f"{folder}/model.mindir"]
        for _ in range(2):
            note("tutorial")
            began = time.monotonic()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if status != 0:
                return goals.left_out("the whole tutorial", f"{' '.join(command)} failed")
            seconds.append(time.monotonic() - began)
            memory.append(used.ru_maxrss / 1e3)
    goals.at_most("the whole tutorial", min(seconds), 5, "s")
    goals.at_most("the tutorial's memory, resident", max(memory), 200, "MB")


def check(options, results):
    goals = Goals()
    check_steps(goals, results)
    if len(results) == len(WORKLOADS):
        check_startup(goals, options)
        check_size(goals, options.library)
        check_threads(goals, options)
        check_tutorial(goals, options)
    say(f"{goals.missed} missed" + (f", {goals.unknown} not measured" if goals.unknown else ""))
    return 1 if goals.missed else 0


def at_least_one(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a whole number from 1")
    return int(text)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Times Spore and every peer that is installed in turn.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"{', '.join(WORKLOADS + OWN)}; else all")
    parser.add_argument("--check", action="store_true", help="test the goals, a line each; exit status 1 if one is missed")
    parser.add_argument("--grow", action="store_true", help="instead: Spore's MLP alone, by batch, width and depth")
    parser.add_argument("--eager", action="store_true", help="with --grow: not compiled")
    parser.add_argument("--rounds", type=at_least_one, default=7)
    parser.add_argument("--blocks", type=at_least_one, default=2, help="of steps, in a round")
    parser.add_argument("--threads", type=at_least_one, default=processors())
    parser.add_argument("--python", action="append", default=[], help="one that has peers; may be given several times")
    parser.add_argument("--spore", default="build/bin/spore", help="the command")
    parser.add_argument("--library", default="build/lib/libspore.so")
    parser.add_argument("--data", default="--data digits", help="the data of the tutorial, as for spore train")
    options = parser.parse_args()
    for name in options.workloads:
        if name not in WORKLOADS + OWN:
            parser.error(f"no workload '{name}', expected {', '.join(WORKLOADS + OWN)}")
    if options.grow:
        say_circumstances(options, {})
        say_growth(options)
        return 0
    chosen = options.workloads or WORKLOADS + OWN
    peers = peers_of(options.python)
    left_out = [name for key, name in NAMES.items() if key not in peers and not name.startswith("Spore")]
    results = {workload: compare(options, workload, peers) for workload in WORKLOADS if workload in chosen}
    say_circumstances(options, peers)
    say("ms a step, least / median; x: times Spore compiled, in the median round")
    if left_out:
        say(f"not installed: {', '.join(left_out)}")
    if results:
        say_table(results)
        say_floor(results)
    own = [workload for workload in OWN if workload in chosen]
    if own and not options.check:
        subprocess.run([options.spore, "bench", *own, "--threads", str(options.threads)], check=True)
    return check(options, results) if options.check else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failure:
        sys.exit(f"bench: {' '.join(failure.cmd)} failed")

"""What an editor and a type checker see of the package: docstrings, signatures, stubs."""
import ast
import importlib
import inspect
import os
import subprocess
import sys

import pytest

import spore
from spore import _alias, _core

PACKAGE = os.path.dirname(os.path.abspath(spore.__file__))
MODULES = ("spore", "spore.ops", "spore.nn", "spore.dataset", "spore.dataset.vision", "spore.dataset.transforms",
           "spore.train", "spore.amp", "spore.mint", "spore.numpy", "spore.communication", "spore.experimental.optim",
           "spore.mindrecord", "spore.dataset.text")


def public(module):
    """(name, function or class) of a module's public names."""
    for name in getattr(module, "__all__", None) or dir(module):
        value = getattr(module, name)
        if not name.startswith("_") and callable(value) and not inspect.ismodule(value):
            yield name, value


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    found = list(public(importlib.import_module(name)))
    assert found
    own = [(n, vars(v).get("__doc__") if inspect.isclass(v) else v.__doc__) for n, v in found]
    assert [n for n, text in own if not text] == []


@pytest.mark.parametrize("name", MODULES)
def test_signatures(name):
    """Nothing hides its arguments: every public function can be asked for them."""
    lacking = []
    for n, value in public(importlib.import_module(name)):
        try:
            inspect.signature(value)
        except (TypeError, ValueError):
            lacking.append(n)
    assert lacking == []


def stub():
    """The names of _core.pyi; of its classes a set each."""
    with open(os.path.join(PACKAGE, "_core.pyi"), encoding="ascii") as f:
        body = ast.parse(f.read()).body
    names, classes = {}, {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            names[node.target.id] = node
        elif isinstance(node, ast.ClassDef):
            classes[node.name] = {d.name if isinstance(d, ast.FunctionDef) else d.target.id for d in node.body
                                  if isinstance(d, (ast.FunctionDef, ast.AnnAssign))}
    return names, classes


def test_stub_of_core():
    names, classes = stub()
    there = {n: getattr(_core, n) for n in dir(_core) if not n.startswith("_")}
    assert set(names) | set(classes) == set(there)
    for name, declared in classes.items():
        has = {n for n in vars(there[name]) if not n.startswith("__")}
        assert {n for n in declared if not n.startswith("__")} == has, name
        assert {n for n in declared if not hasattr(there[name], n)} == set(), name


def test_arguments_of_core():
    """The stub has the arguments that docstrings of the form name(arguments) show."""
    shown = 0
    for name, node in stub()[0].items():
        text = getattr(_core, name).__doc__ if isinstance(node, ast.FunctionDef) else ""
        if text and text.startswith(name + "("):
            call = ast.parse(text[:text.index(")") + 1], mode="eval").body
            documented = [a.value.id if isinstance(a, ast.Starred) else a.id for a in call.args]
            documented += [k.arg for k in call.keywords if k.arg]
            a = node.args
            declared = [x.arg for x in a.posonlyargs + a.args + ([a.vararg] if a.vararg else []) + a.kwonlyargs]
            assert [d.lower() for d in documented] == declared, name
            shown += 1
    assert shown > 20


def test_types_are_not_made_by_hand():
    """Objects of the library's types come from its functions: made empty they would point nowhere."""
    for name in ("DType", "Op", "Graph", "Optimizer", "Dataset", "Iterator", "Transform", "TensorBase"):
        with pytest.raises(TypeError):
            getattr(_core, name)()
        with pytest.raises(TypeError):
            object.__new__(getattr(_core, name))


def mypy(path, folder):
    return subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", str(folder), "--follow-imports=silent",
                           str(path)], capture_output=True, text=True, timeout=300, cwd=folder,
                          env=dict(os.environ, MYPYPATH=os.pathsep.join([os.path.dirname(PACKAGE), _alias.path()])))


def test_mypy(tmp_path):
    pytest.importorskip("mypy")
    tutorial = mypy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tutorial.py"), tmp_path)
    assert tutorial.returncode == 0, tutorial.stdout
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from spore import _core\n_core.zeros((1, 2)).shape\n_core.set_seed('1')\n_core.Graph.shap\n")
    lines = mypy(wrong, tmp_path).stdout.splitlines()
    assert len(lines) == 3 and '"str"' in lines[0] and '"shap"' in lines[1], lines

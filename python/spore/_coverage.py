"""python3 -m spore --coverage: which of MindSpore's names a script uses, found in its text, and which Spore has."""
import ast
import importlib
import sys

from ._missing import Missing, known

_METHODS = {"asnumpy", "set_train", "trainable_params"}


class _Uses(ast.NodeVisitor):
    """Dotted names of mindspore in a program, and the methods that Tensor or Cell alone may have."""

    def __init__(self):
        self.local, self.names, self.methods = {}, set(), set()

    def visit_Import(self, node):
        for one in node.names:
            if one.name.split(".")[0] == "mindspore":
                self.local[one.asname or "mindspore"] = one.name if one.asname else "mindspore"
                self.names.add(one.name)

    def visit_ImportFrom(self, node):
        if node.level == 0 and node.module and node.module.split(".")[0] == "mindspore":
            for one in node.names:
                full = f"{node.module}.{one.name}" if one.name != "*" else node.module
                self.local[one.asname or one.name] = full
                self.names.add(full)

    def visit_Attribute(self, node):
        chain, at = [], node
        while isinstance(at, ast.Attribute):
            chain.append(at.attr)
            at = at.value
        if isinstance(at, ast.Name) and at.id in self.local:
            self.names.add(".".join([self.local[at.id]] + chain[::-1]))
        else:
            self.methods.add(node.attr)
        self.generic_visit(node)


def uses(text):
    """(dotted names, attributes of other things) in a program."""
    found = _Uses()
    tree = ast.parse(text)
    for node in ast.walk(tree):  # imports first, wherever they stand
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.visit(node)
    found.visit(tree)
    names = {n for n in found.names if not any(m.startswith(n + ".") for m in found.names)}
    return names, found.methods


def there(name):
    """Whether Spore has mindspore.NAME: True, False, or None if MindSpore 2.10 does not know it either."""
    parts = name.split(".")
    from ._alias import _Finder
    value, at = None, 0
    for at in range(len(parts), 0, -1):
        place = _Finder._place(".".join(parts[:at]))
        if place:
            value = importlib.import_module(place)
            break
    for part in parts[at:]:
        try:
            value = getattr(value, part)
        except (AttributeError, NotImplementedError):
            return False
        if isinstance(value, Missing):
            return False
    return True


def report(paths):
    """Prints it; 0 if everything is there."""
    if not paths:
        print("spore: --coverage needs a script", file=sys.stderr)
        return 2
    from . import Tensor
    from .nn import Cell
    names, methods = set(), set()
    for path in paths:
        with open(path, encoding="utf-8") as f:
            n, m = uses(f.read())
        names, methods = names | n, methods | m
    rows = [(n, there(n)) for n in sorted(names)]
    both = known()["Tensor"] | known()["Cell"]
    rows += [(f"Tensor/Cell.{m}", hasattr(Tensor, m) or hasattr(Cell, m)) for m in sorted(methods & both)
             if not hasattr(object, m)]
    for name, good in rows:
        print(f"{'yes' if good else 'NO ':3}  {name}")
    missing = sum(not good for _, good in rows)
    print(f"{len(rows)} names of MindSpore's, {len(rows) - missing} that Spore has, {missing} that it has not")
    return 1 if missing else 0

"""Names that MindSpore has and Spore does not: importing one is allowed, using it raises NotImplementedError."""
import os
import sys

_KNOWN = None


def known():
    """{"mindspore.nn": {"Dense", ...}, ..., "Tensor": {...}, "Cell": {...}}: the names of MindSpore 2.10."""
    global _KNOWN
    if _KNOWN is None:
        path = os.path.join(os.path.dirname(__file__), "names.txt")
        with open(path, encoding="ascii") as f:
            lines = [line.split() for line in f if line.strip() and not line.startswith("#")]
        _KNOWN = {words[0]: set(words[1:]) for words in lines}
    return _KNOWN


def not_there(name):
    """The exception that says that a feature is missing."""
    return NotImplementedError(f"{name} is not supported by Spore")


class Missing:
    """Stands for a name that Spore does not have."""

    def __init__(self, name):
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args, **kwargs):
        raise not_there(self.__name__)

    def __getattr__(self, attr):
        if attr.startswith("__"):
            raise AttributeError(attr)
        raise not_there(f"{self.__name__}.{attr}")

    def __mro_entries__(self, bases):
        raise not_there(self.__name__)

    def __repr__(self):
        return f"<{self.__name__}, which Spore does not have>"


def module_getattr(module, public=None, lazy=()):
    """A __getattr__ for `module` ("spore.nn"): submodules in `lazy` on first use, Missing for MindSpore's other names."""
    public = public or module.replace("spore", "mindspore", 1)

    def __getattr__(name):
        if name in lazy:
            import importlib
            return importlib.import_module(f"{module}.{name}")
        if not name.startswith("_") and name in known().get(public, ()):
            return Missing(f"{public}.{name}")
        raise AttributeError(f"module '{public}' has no attribute '{name}'")

    return __getattr__


def has(public, name):
    """Whether Spore has `name` of MindSpore's module `public`: used by --coverage."""
    import importlib
    module = importlib.import_module(public.replace("mindspore", "spore", 1))
    return not isinstance(getattr(module, name, Missing(name)), Missing)


def explain(kind, name):
    """AttributeError or NotImplementedError for an attribute of Tensor or Cell."""
    if name in known().get(kind, ()):
        return not_there(f"{kind}.{name}")
    return AttributeError(f"'{kind}' object has no attribute '{name}'")


__all__ = ["Missing", "explain", "has", "known", "module_getattr", "not_there"]
assert sys.version_info >= (3, 9), "Spore needs Python 3.9 or later"

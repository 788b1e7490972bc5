"""Names that MindSpore has and Spore does not: importing one is allowed, using it raises NotImplementedError."""
import os
import sys
import types

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
        if name in _INTERNAL:
            return internal(f"{public}.{name}")
        if not name.startswith("_") and name in known().get(public, ()):
            return Missing(f"{public}.{name}")
        raise AttributeError(f"module '{public}' has no attribute '{name}'")

    return __getattr__


_INTERNAL = {"_c_expression", "_c_dataengine", "_checkparam", "_extends", "_grad_ops", "_inner_ops", "_quant_ops", "_sequence_ops",
             "_rl_inner_ops", "_scalar_ops", "_map_tensor_ops", "_tensor_array", "_grad", "_utils", "_vmap", "_decorator",
             "_stub_tensor", "_register_for_tensor", "_register_for_adapter"}


def is_internal(name):
    """Whether it is a module that MindSpore keeps to itself ("mindspore.ops.operations._grad_ops")."""
    return name.rpartition(".")[2] in _INTERNAL


def internal(name):
    """A module of names that Spore does not have, whatever they are."""
    module = types.ModuleType(name, "Names that MindSpore keeps to itself.")
    module.__path__ = []

    def __getattr__(attr):
        if attr.startswith("__"):
            raise AttributeError(attr)
        return Missing(f"{name}.{attr}")

    module.__getattr__ = __getattr__
    return module


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


__all__ = ["Missing", "explain", "has", "internal", "is_internal", "known", "module_getattr", "not_there"]
assert sys.version_info >= (3, 9), "Spore needs Python 3.9 or later"

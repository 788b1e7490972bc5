"""Makes `import mindspore` mean Spore, and `import download` the package of that name that the tutorials use. Only where it was asked
for: by `python3 -m spore script.py`, or with the folder path() on PYTHONPATH."""
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types

from ._missing import Missing, internal, is_internal, known

VERSION = "2.3.0"  # what mindspore.__version__ says: the release whose tutorial this runs

_ELSEWHERE = {
    "dataset.vision.c_transforms": "dataset.vision", "dataset.vision.py_transforms": "dataset.vision",
    "dataset.vision.transforms": "dataset.vision", "dataset.vision.utils": "dataset.vision",
    "dataset.transforms.c_transforms": "dataset.transforms", "dataset.transforms.py_transforms": "dataset.transforms",
    "dataset.transforms.transforms": "dataset.transforms", "dataset.engine": "dataset", "dataset.engine.datasets": "dataset.core",
    "nn.layer.basic": "nn.layer", "nn.layer.conv": "nn.layer", "nn.layer.normalization": "nn.layer", "nn.layer.pooling": "nn.layer",
    "nn.layer.activation": "nn.activation", "nn.layer.container": "nn.container", "nn.layer.embedding": "nn.layer",
    "nn.loss.loss": "nn.loss", "nn.optim.optimizer": "nn.optim", "nn.optim.sgd": "nn.optim", "nn.optim.adam": "nn.optim",
    "nn.optim.momentum": "nn.optim", "nn.metrics": "train.metrics", "nn.learning_rate_schedule": "nn.optim",
    "nn.dynamic_lr": "nn.optim", "nn.wrap.loss_scale": "nn.wrap", "nn.wrap.cell_wrapper": "nn.wrap", "ops.primitive": "ops.operations",
    "ops.function.nn_func": "ops.nn_function", "train.callback._callback": "train.callback", "communication.management": "communication",
    "ops.functional": "ops.functional", "train.metrics.metric": "train.metrics", "train.train_thor": "train",
    "dataset.core.config": "dataset.config", "ops.auto_generate": "ops.operations", "ops.composite.base": "ops.composite",
    "nn.layer.math": "nn.layer", "nn.layer.image": "nn.layer", "nn.layer.padding": "nn.layer", "nn.layer.rnns": "nn.layer",
    "nn.layer.rnn_cells": "nn.layer", "nn.layer.transformer": "nn.layer", "nn.optim.rmsprop": "nn.optim", "nn.optim.adagrad": "nn.optim",
    "nn.optim.lamb": "nn.optim", "nn.optim.lars": "nn.optim", "nn.optim.ftrl": "nn.optim", "nn.optim.lazyadam": "nn.optim",
    "nn.wrap": "nn.wrap", "train.dataset_helper": "train", "train.callback._loss_monitor": "train.callback"}
for _part in ("array", "math", "nn", "random", "other", "debug", "control", "comm", "image", "sparse", "linalg", "scatter", "custom"):
    _ELSEWHERE[f"ops.operations.{_part}_ops"] = "ops.operations"
for _part in ("array", "math", "nn", "random", "other", "debug", "grad", "clip", "sparse", "linalg", "parameter", "vmap", "spectral"):
    _ELSEWHERE[f"ops.function.{_part}_func"] = "ops.function"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname, path=None, target=None):
        if fullname == "mindspore" or fullname.startswith("mindspore."):
            if self._place(fullname) is None:
                return None
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if fullname == "download":
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    @staticmethod
    def _place(fullname):
        """The module of Spore's that it is; "" for a module of missing names, None if MindSpore has none either."""
        if fullname == "mindspore":
            return "spore"
        name = fullname[len("mindspore."):]
        place = "spore." + _ELSEWHERE.get(name, name)
        try:
            if importlib.util.find_spec(place) is not None:
                return place
        except ModuleNotFoundError:
            pass
        return "" if fullname in known() or is_internal(fullname) else None

    def create_module(self, spec):
        if spec.name == "download":
            return importlib.import_module("spore._download")
        if spec.name == "mindspore":
            return _front()
        place = self._place(spec.name)
        if place == "":
            module = types.ModuleType(spec.name, "Names that Spore does not have.")
            if is_internal(spec.name):
                return internal(spec.name)
            module.__getattr__ = lambda n, at=spec.name: _lacking(at, n)
            return module
        module = importlib.import_module(place)
        self.__dict__.setdefault("specs", {})[spec.name] = module.__spec__
        return module

    def exec_module(self, module):
        """It has run already; a module that was spore's keeps its own description."""
        for place in list(self.__dict__.get("specs", {})):
            if sys.modules.get(place) is module:
                module.__spec__ = self.specs.pop(place)
        if not hasattr(module, "__path__"):
            module.__path__ = []


def _lacking(module, name):
    if name in known()[module]:
        return Missing(f"{module}.{name}")
    raise AttributeError(f"module '{module}' has no attribute '{name}'")


def _front():
    """The module `mindspore`: what spore has, and MindSpore's version."""
    spore = importlib.import_module("spore")
    module = types.ModuleType("mindspore", spore.__doc__)
    module.__version__, module.__all__, module.__path__ = VERSION, list(spore.__all__), []
    module.__getattr__ = lambda name: getattr(spore, name)
    module.__dir__ = lambda: dir(spore)
    return module


def path():
    """The folder with packages mindspore and download: on PYTHONPATH it makes `import mindspore` Spore. In a checkout: python/alias."""
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "alias")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(os.path.realpath(here)), "alias")


def install():
    """From here on `mindspore` and `download` are Spore's. RuntimeError if another mindspore is in use already."""
    there = sys.modules.get("mindspore")
    if there is not None and getattr(there, "__version__", None) != VERSION:
        raise RuntimeError("a real mindspore has been imported already")
    if not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


import importlib.util  # noqa: E402

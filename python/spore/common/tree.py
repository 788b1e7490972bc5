"""Nested tuples, lists and dicts of tensors, taken apart and put together."""
from .tensor import Tensor


class _Leaf:
    def __repr__(self):
        return "*"


LEAF = _Leaf()


def flatten(value):
    """(the tensors in it, in order; what is left)."""
    if isinstance(value, Tensor):
        return [value], LEAF
    leaves = []
    return leaves, _take(value, leaves)


def _take(value, leaves):
    if isinstance(value, Tensor):
        leaves.append(value)
        return LEAF
    if isinstance(value, (tuple, list)):
        parts = [_take(v, leaves) for v in value]
        return parts if isinstance(value, list) else _Named(type(value), parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict):
        return {k: _take(v, leaves) for k, v in value.items()}
    return value


class _Named:
    def __init__(self, cls, parts):
        self.cls, self.parts = cls, parts


def unflatten(tree, leaves):
    """The value that has these tensors in their places."""
    return _put(tree, iter(leaves))


def _put(tree, leaves):
    if tree is LEAF:
        return next(leaves)
    if isinstance(tree, (tuple, list)):
        return type(tree)([_put(t, leaves) for t in tree])
    if isinstance(tree, _Named):
        return tree.cls(*(_put(t, leaves) for t in tree.parts))
    if isinstance(tree, dict):
        return {k: _put(t, leaves) for k, t in tree.items()}
    return tree

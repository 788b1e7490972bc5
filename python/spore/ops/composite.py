"""Derivatives of Python functions; functions of functions."""
import functools

from .. import _core
from .._missing import not_there
from ..common.hooks import hooked
from ..common.parameter import Parameter
from ..common.tensor import Tensor
from ..common.tree import flatten, unflatten
from .._missing import module_getattr as _module_getattr


class _Ask:
    """What to differentiate with respect to what."""

    def __init__(self, fn, position, weights, has_aux):
        if position is None and weights is None:
            raise ValueError("`grad_position` and `weight` can not be None at the same time.")
        if not callable(fn):
            raise TypeError(f"grad: expected a function or a cell, got {type(fn).__name__}")
        self.fn, self.has_aux = fn, has_aux
        self.positions = () if position is None else (position,) if isinstance(position, int) else tuple(position)
        self.bare_weight = isinstance(weights, Parameter)
        self.has_weights = weights is not None
        self.weights = [] if weights is None else [weights] if self.bare_weight else list(weights)

    def run(self, args, kwargs, sens=None):
        """(value of fn, gradients) in MindSpore's structure."""
        places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        for p in self.positions:
            if not -len(args) <= p < len(args) or p % len(args) not in places:
                raise TypeError(f"grad: argument {p} is not a tensor of the call with {len(args)} arguments")
        wrt = tuple(places.index(p % len(args)) for p in self.positions)
        trained = [w for w in self.weights if w.requires_grad]
        tree = None

        def call(*tensors):
            nonlocal tree
            full = list(args)
            for i, t in zip(places, tensors):
                full[i] = t
            out = self.fn(*full, **kwargs)
            leaves, tree = flatten(out)
            if not leaves:
                raise TypeError("grad: the function returns no tensor")
            if self.has_aux and not (isinstance(out, (tuple, list)) and len(out) > 1):
                raise ValueError("When has_aux is True, origin fn requires more than one outputs.")
            if sens is not None:
                leaves = [_weighted(leaves, sens)] + leaves
            return tuple(leaves)

        if not wrt and not trained:  # frozen weights alone
            value = self.fn(*args, **kwargs)
            return value, self.structure((), self.all_weights((), ()))
        outs, d_in, d_weights = _core.grad(call, tuple(args[i] for i in places), wrt, tuple(trained),
                                           self.has_aux or sens is not None)
        if sens is not None:
            outs = outs[1:]
        d_in = tuple(hooked(args[places[i]], d) for i, d in zip(wrt, d_in))
        d_weights = tuple(hooked(w, d) for w, d in zip(trained, d_weights))
        return unflatten(tree, outs), self.structure(d_in, self.all_weights(trained, d_weights))

    def all_weights(self, trained, d_weights):
        """A gradient for each weight; zeros for the frozen ones."""
        if len(trained) == len(self.weights):
            return tuple(d_weights)
        given = {id(w): d for w, d in zip(trained, d_weights)}
        return tuple(given[id(w)] if id(w) in given else _core.zeros(tuple(w.shape), w.dtype) for w in self.weights)

    def structure(self, d_in, d_weights):
        inputs = d_in[0] if len(d_in) == 1 else tuple(d_in)
        weights = d_weights[0] if self.bare_weight else d_weights
        if not self.has_weights:
            return inputs
        return (inputs, weights) if self.positions else weights


def _weighted(leaves, sens):
    """sum of outputs times what flows into them."""
    sens = flatten(sens)[0] if not isinstance(sens, (int, float)) else [sens] * len(leaves)
    total = None
    for out, s in zip(leaves, sens):
        part = (out * s).sum()
        total = part if total is None else total + part
    return total


def grad(fn, grad_position=0, weights=None, has_aux=False, return_ids=False, sens_param=False):
    """A function that gives the derivatives of fn: of the sum of all its outputs, or with has_aux of the first one.

    grad_position: an index, or a tuple of them; None: of the weights alone. weights: a parameter, or a list of them. The result is a
    tensor for one position, a tuple for several; (inputs', weights') if both are asked for; (gradients, (aux...)) with has_aux."""
    if return_ids:
        raise not_there("grad(return_ids=True)")
    both = value_and_grad(fn, grad_position, weights, has_aux, sens_param=sens_param)

    def gradients(*args, **kwargs):
        value, grads = both(*args, **kwargs)
        return (grads, tuple(value[1:])) if has_aux else grads

    return gradients


def value_and_grad(fn, grad_position=0, weights=None, has_aux=False, return_ids=False, sens_param=False):
    """As grad(); the function gives (value of fn, gradients)."""
    if return_ids:
        raise not_there("value_and_grad(return_ids=True)")
    ask = _Ask(fn, grad_position, weights, has_aux)

    def value_and_gradients(*args, **kwargs):
        if sens_param:
            return ask.run(args[:-1], kwargs, args[-1])
        return ask.run(args, kwargs)

    return value_and_gradients


def get_grad(gradients, identifier):
    """Not there: NotImplementedError."""
    raise not_there("get_grad")


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


def _pull(fn, inputs, sens):
    """fn(inputs), and sens pulled back to all inputs."""
    ask = _Ask(fn, tuple(range(len(inputs))), None, False)
    value, grads = ask.run(inputs, {}, sens)
    return value, _tuple(grads)


def vjp(fn, *inputs, weights=None, has_aux=False):
    """(fn(*inputs), a function of what flows into its outputs that gives what flows into its inputs)."""
    if has_aux:
        raise not_there("vjp(has_aux=True)")
    value = fn(*inputs)
    ask = _Ask(fn, tuple(range(len(inputs))), weights, False)

    def pull(*sens):
        return ask.run(inputs, {}, sens)[1]

    return value, pull


def jvp(fn, inputs, v, has_aux=False):
    """(fn(*inputs), its directional derivative along v)."""
    if has_aux:
        raise not_there("jvp(has_aux=True)")
    inputs, v = _tuple(tuple(inputs) if isinstance(inputs, list) else inputs), _tuple(tuple(v) if isinstance(v, list) else v)
    value = fn(*inputs)
    leaves, tree = flatten(value)

    def pulled(*u):  # linear in u: its derivative along v is the product with the Jacobian
        total = None
        for g, direction in zip(_pull(fn, inputs, u)[1], v):
            part = (g * direction).sum()
            total = part if total is None else total + part
        return total

    ask = _Ask(pulled, tuple(range(len(leaves))), None, False)
    found = ask.run(tuple(_core.zeros(tuple(t.shape), t.dtype) for t in leaves), {})[1]
    return value, unflatten(tree, _tuple(found))


def _split_aux(out, has_aux):
    """(what is differentiated, the rest or None)."""
    if not has_aux:
        return out, None
    if not isinstance(out, (tuple, list)) or len(out) < 2:
        raise ValueError("When has_aux is True, origin fn requires more than one outputs.")
    return out[0], out[1] if len(out) == 2 else tuple(out[1:])


def _jacobian(fn, grad_position, has_aux, rows_of):
    positions = (grad_position,) if isinstance(grad_position, int) else tuple(grad_position)

    def first(*inputs):
        return _split_aux(fn(*inputs), has_aux)[0]

    def jacobian(*inputs):
        out, aux = _split_aux(fn(*inputs), has_aux)
        leaves, tree = flatten(out)
        columns = rows_of(first, inputs, positions, leaves)
        found = [columns[k][0] if len(positions) == 1 else tuple(columns[k]) for k in range(len(leaves))]
        full = found[0] if isinstance(out, Tensor) else tuple(found)
        return (full, aux) if has_aux else full

    return jacobian


def _basis(t):
    from . import function as F
    return F.reshape(F.eye(t.size, dtype=t.dtype), (t.size,) + tuple(t.shape))


def jacrev(fn, grad_position=0, has_aux=False):
    """A function that gives the Jacobian of fn, a tensor of the shape of its output, then of the input; one way back
    for each element of the output. Tuples for several positions, and around these for several outputs; (Jacobian, what
    follows the first output) with has_aux."""
    def rows_of(first, inputs, positions, leaves):
        from . import function as F
        ask, columns = _Ask(first, positions, None, False), []
        for k, out in enumerate(leaves):
            rows = []
            for one in _basis(out):
                sens = tuple(one if j == k else _core.zeros(tuple(t.shape), t.dtype) for j, t in enumerate(leaves))
                rows.append(_tuple(ask.run(inputs, {}, sens)[1]))
            columns.append([F.reshape(F.stack(c), tuple(out.shape) + tuple(c[0].shape)) for c in zip(*rows)])
        return columns

    return _jacobian(fn, grad_position, has_aux, rows_of)


def jacfwd(fn, grad_position=0, has_aux=False):
    """As jacrev(), from a directional derivative for each element of the input."""
    def rows_of(first, inputs, positions, leaves):
        from . import function as F
        columns = [[] for _ in leaves]
        for p in positions:
            def alone(x, p=p):
                return first(*inputs[:p], x, *inputs[p + 1:])

            slopes = [flatten(jvp(alone, inputs[p], one)[1])[0] for one in _basis(inputs[p])]
            for k, out in enumerate(leaves):
                together = F.stack([s[k] for s in slopes], -1)
                columns[k].append(F.reshape(together, tuple(out.shape) + tuple(inputs[p].shape)))
        return columns

    return _jacobian(fn, grad_position, has_aux, rows_of)


class GradOperation:
    """The older form of grad(): GradOperation(get_all, get_by_list, sens_param)(fn, weights)."""

    def __init__(self, get_all=False, get_by_list=False, sens_param=False):
        self.get_all, self.get_by_list, self.sens_param = get_all, get_by_list, sens_param

    def __call__(self, fn, weights=None, *unused):
        def gradients(*args, **kwargs):
            sens = None
            if self.sens_param:
                sens = kwargs.pop("sens", None)
                if sens is None:
                    args, sens = args[:-1], args[-1]
            position = None if self.get_by_list and not self.get_all else tuple(range(len(args))) if self.get_all else 0
            wanted = None
            if self.get_by_list:
                wanted = fn.trainable_params() if weights is None else weights
            found = _Ask(fn, position, wanted, False).run(args, kwargs, None if sens is None else (sens,))[1]
            if self.get_all and not self.get_by_list:
                return _tuple(found)
            if self.get_all:
                return _tuple(found[0]), found[1]
            return found

        return gradients


def partial(fn, *args, **kwargs):
    """fn with some of its arguments given."""
    return functools.partial(fn, *args, **kwargs)


def constexpr(fn=None, **options):
    """A function that is called when a graph is made: here as it is."""
    return fn if fn is not None else constexpr


class MultitypeFuncGraph:
    """A function with a form for each combination of types: @name.register("Tensor", "Tensor")."""

    def __init__(self, name, read_value=False):
        self.name, self.forms = name, []

    def register(self, *types):
        def keep(fn):
            self.forms.append((types, fn))
            return fn

        return keep

    def __call__(self, *args):
        for types, fn in self.forms:
            if len(types) == len(args) and all(_is_a(a, t) for a, t in zip(args, types)):
                return fn(*args)
        raise ValueError(f"For 'MultitypeFuncGraph' {self.name}, there is no form for "
                         f"{', '.join(type(a).__name__ for a in args)}")


_KINDS = {"Tensor": Tensor, "Number": (int, float), "Bool": bool, "Tuple": tuple, "List": list, "String": str, "None": type(None),
          "Function": object, "TensorType": Tensor}


def _is_a(value, kind):
    if isinstance(kind, str):
        return isinstance(value, _KINDS.get(kind, object))
    return not isinstance(value, Tensor) or kind == value.dtype


class HyperMap:
    """Applies a function to the corresponding elements of nested tuples: HyperMap(f)(a, b) or HyperMap()(f, a, b)."""

    def __init__(self, ops=None, reverse=False):
        self.ops = ops

    def __call__(self, *args):
        fn, args = (self.ops, args) if self.ops is not None else (args[0], args[1:])
        return self._map(fn, args)

    def _map(self, fn, args):
        if isinstance(args[0], (tuple, list)):
            return tuple(self._map(fn, part) for part in zip(*args))
        return fn(*args)


class Map(HyperMap):
    """As HyperMap, of one level."""

    def _map(self, fn, args):
        return tuple(fn(*part) for part in zip(*args))

__getattr__ = _module_getattr(__name__, "mindspore.ops")

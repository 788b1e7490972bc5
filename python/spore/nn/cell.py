"""mindspore.nn.Cell: what layers and networks are made of."""
import random
import warnings
from collections import OrderedDict

from ..common import dtype as mstype
from ..common.api import Jit, here, modes
from ..common.hooks import Handle, NoHandle, check_hook
from ..common.parameter import Parameter, ParameterTuple
from ..common.tensor import Tensor
from .. import context
from .._missing import explain, not_there
from .backward import Flow, before_backward, run_with_bprop

_marks = random.Random(20240)  # each cell in training adds its mark to api.modes


class Cell:
    """A layer, or a network of cells. Subclasses call super().__init__(), give their children and parameters as attributes, and
    override construct(). Cells start in evaluation mode."""

    def __init__(self, auto_prefix=True, flags=None):
        new = object.__setattr__
        new(self, "_params", OrderedDict())
        new(self, "_cells", OrderedDict())
        new(self, "_before", OrderedDict())
        new(self, "_after", OrderedDict())
        new(self, "_back", OrderedDict())
        new(self, "_before_back", OrderedDict())
        new(self, "_hooked", False)
        new(self, "_mark", _marks.getrandbits(62))
        new(self, "_training", False)
        new(self, "_auto_prefix", auto_prefix)
        new(self, "_grad_wanted", False)
        new(self, "_compute_type", None)
        new(self, "_product_type", None)
        new(self, "_compiled", None)
        new(self, "param_prefix", "")
        new(self, "instance_name", "")
        if flags:
            self.add_flags(**flags)

    # ---- attributes ----

    def __getattr__(self, name):
        own = self.__dict__
        if "_params" in own:
            found = own["_params"].get(name)
            if found is not None:
                kind = own["_compute_type"]
                return found if kind is None or not mstype.is_float(found.dtype) or not own.get("_inside") else found.astype(kind)
            if name in own["_cells"]:
                return own["_cells"][name]
            if name in own["_params"]:
                return None
        if not name.startswith("_"):
            from .._missing import known
            if name in known()["Cell"]:
                raise explain("Cell", name)
        raise AttributeError(f"The '{type(self).__name__}' object has no attribute '{name}'.")

    def __setattr__(self, name, value):
        own = self.__dict__
        if "_params" not in own:
            if isinstance(value, (Parameter, Cell)):
                raise AttributeError(f"For 'Cell', the function super().__init__() should be called before '{name}' is set in "
                                     f"'{type(self).__name__}'.")
            object.__setattr__(self, name, value)
        elif isinstance(value, Parameter):
            self._forget(name)
            self.insert_param_to_cell(name, value)
        elif isinstance(value, Cell):
            self._forget(name)
            if self._auto_prefix:
                value.update_parameters_name(name + ".")
            own["_cells"][name] = value
        elif isinstance(value, ParameterTuple):
            self._forget(name)
            for i, p in enumerate(value):
                if p.is_default_name:
                    p.name = f"{name}.{i}"
                if not any(p is q for q in own["_params"].values()):
                    own["_params"][p.name] = p
            object.__setattr__(self, name, value)
        elif name in own["_params"] and own["_params"][name] is not None and isinstance(value, Tensor):
            own["_params"][name].set_data(value)
        else:
            if name in own["_params"]:
                own["_params"][name] = None
                if value is None:
                    return
            self._forget(name)
            object.__setattr__(self, name, value)

    def _forget(self, name):
        self.__dict__["_params"].pop(name, None)
        self.__dict__["_cells"].pop(name, None)
        self.__dict__.pop(name, None)

    def __delattr__(self, name):
        if name in self._params or name in self._cells:
            self._params.pop(name, None)
            self._cells.pop(name, None)
        else:
            object.__delattr__(self, name)

    def __dir__(self):
        return sorted(set(super().__dir__()) | set(self._params) | set(self._cells))

    def insert_param_to_cell(self, param_name, param, check_name_contain_dot=True):
        """Holds a parameter under a name."""
        if check_name_contain_dot and "." in param_name:
            raise KeyError(f"For 'insert_param_to_cell', the argument 'param_name' should not contain'.', but got {param_name!r}.")
        if not isinstance(param, Parameter) and param is not None:
            raise TypeError(f"For 'insert_param_to_cell', the argument 'param' must be 'Parameter', but got {type(param)}.")
        if param is not None and param.is_default_name:
            param.name = param_name
        self._params[param_name] = param

    def insert_child_to_cell(self, child_name, child_cell):
        """Holds a cell under a name."""
        if not child_name or "." in child_name:
            raise KeyError(f"For 'insert_child_to_cell', the 'child_name' can not be empty or contain '.', but got {child_name!r}.")
        if hasattr(self, child_name) and child_name not in self._cells:
            raise KeyError(f"For 'insert_child_to_cell', the {child_name} child cell already exists in the network.")
        if not isinstance(child_cell, Cell) and child_cell is not None:
            raise TypeError(f"For 'insert_child_to_cell', the argument 'child_cell' must be 'Cell', but got {type(child_cell)}.")
        if child_cell is not None and self._auto_prefix:
            child_cell.update_parameters_name(child_name + ".")
        self._cells[child_name] = child_cell

    # ---- calling ----

    def construct(self, *args, **kwargs):
        """What the cell computes."""
        raise AttributeError(f"For 'Cell', the method 'construct' is not defined.")  # noqa: F541

    def __call__(self, *args, **kwargs):
        if "_params" not in self.__dict__:
            raise AttributeError(f"For 'Cell', the function super().__init__() should be called in '{type(self).__name__}'.")
        if context.is_graph_mode() and not here.tracing and type(self)._compiles:
            if self._compiled is None:
                object.__setattr__(self, "_compiled", Jit(self._run))
            return self._compiled(*args, **kwargs)
        return self._run(*args, **kwargs)

    _compiles = True  # optimizers are called as they are
    _has_bprop = False

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls._has_bprop = getattr(cls, "bprop", None) is not None

    def _run(self, *args, **kwargs):
        own = self.__dict__
        if not own["_hooked"]:
            if own["_compute_type"] is None and not self._has_bprop:
                return self.construct(*args, **kwargs)
            return self._compute(args, kwargs)
        late = {}
        try:
            return self._run_hooked(own, args, kwargs, late)
        except Exception:
            for number, (hook, with_kwargs, always) in tuple(own["_after"].items()):
                if always and number not in late:
                    try:
                        hook(self, args, kwargs, late.get("out")) if with_kwargs else hook(self, args, late.get("out"))
                    except Exception as error:
                        warnings.warn(
                            "cell forward hook with ``always_call=True`` raised an exception that was silenced because "
                                      f"another error was already raised in forward: {error}")
            raise

    def _run_hooked(self, own, args, kwargs, late):
        for hook, with_kwargs in tuple(own["_before"].values()):
            changed = hook(self, args, kwargs) if with_kwargs else hook(self, args)
            if changed is None:
                continue
            if not with_kwargs:
                args = changed if isinstance(changed, tuple) else (changed,)
            elif isinstance(changed, tuple) and len(changed) == 2:
                args, kwargs = changed
            else:
                raise RuntimeError(
                    f"forward pre hook with kwargs must return None or a tuple of (new_args, new_kwargs), "
                    f"but got {changed}")
        flow = Flow(self, own["_back"]) if own["_back"] else None
        if flow:
            args = flow.enter(args)
        out = late["out"] = self._compute(args, kwargs)
        for number, (hook, with_kwargs, _) in tuple(own["_after"].items()):
            late[number] = True
            changed = hook(self, args, kwargs, out) if with_kwargs else hook(self, args, out)
            if changed is not None:
                out = late["out"] = changed
        if flow:
            out = flow.leave(out)
        return before_backward(self, own["_before_back"], out) if own["_before_back"] else out

    def _compute(self, args, kwargs):
        if self._has_bprop:
            return run_with_bprop(self, args, kwargs)
        kind = self.__dict__["_compute_type"]
        return self.construct(*args, **kwargs) if kind is None else self._run_as(kind, args, kwargs)

    def _run_as(self, kind, args, kwargs):
        """Inputs and parameters in another type."""
        def to(x):
            return x.astype(kind) if isinstance(x, Tensor) and mstype.is_float(x.dtype) else x

        object.__setattr__(self, "_inside", True)
        try:
            return self.construct(*(to(a) for a in args), **{k: to(v) for k, v in kwargs.items()})
        finally:
            object.__setattr__(self, "_inside", False)

    def compile(self, *args, **kwargs):
        """Nothing to do: a cell is compiled when it is called in graph mode."""

    def compile_and_run(self, *args, **kwargs):
        return Jit(self._run)(*args, **kwargs)

    def set_inputs(self, *inputs, **kwargs):
        """Nothing to do: shapes may change from call to call."""

    # ---- hooks ----

    # In graph mode hooks are called while the function is followed: what they compute is in the graph, what they print
    # is not.

    def _hook(self, where, hook_fn, *how, prepend=False):
        check_hook(hook_fn)
        object.__setattr__(self, "_hooked", True)
        return Handle(self.__dict__[where], hook_fn, *how, prepend=prepend)

    def register_forward_pre_hook(self, hook_fn, *, prepend=False, with_kwargs=False):
        """hook_fn(cell, inputs) is called before construct(); what it returns, unless None, takes the inputs' place.
        with_kwargs: hook_fn(cell, inputs, kwargs), which returns None or both."""
        return self._hook("_before", hook_fn, with_kwargs, prepend=prepend)

    def register_forward_hook(self, hook_fn, *, prepend=False, with_kwargs=False, always_call=False):
        """hook_fn(cell, inputs, output) is called after construct(); what it returns, unless None, takes the output's
        place. with_kwargs: hook_fn(cell, inputs, kwargs, output). always_call: also if construct() fails. Not called
        for cells that have a bprop()."""
        if self._has_bprop:
            return NoHandle()
        return self._hook("_after", hook_fn, with_kwargs, always_call, prepend=prepend)

    def register_backward_hook(self, hook_fn):
        """hook_fn(cell, grad_input, grad_output) is called when a derivative has gone back through the cell, with what
        flows into its inputs (None where nothing does; (None,) if no input is differentiated) and into its outputs,
        tuples both. What it returns, unless None, takes the place of grad_input."""
        return self._hook("_back", hook_fn)

    def register_backward_pre_hook(self, hook_fn):
        """hook_fn(cell, grad_output) is called before a derivative goes back through the cell; what it returns, unless
        None, takes the place of grad_output."""
        return self._hook("_before_back", hook_fn)

    # ---- parameters: a cell's own first, then its children's ----

    def cells_and_names(self, cells=None, name_prefix=""):
        """(path, cell) of this cell and all below it, each once."""
        seen = set() if cells is None else cells
        if id(self) in seen:
            return
        seen.add(id(self))
        yield name_prefix, self
        for name, cell in self._cells.items():
            if cell is not None:
                yield from cell.cells_and_names(seen, f"{name_prefix}.{name}" if name_prefix else name)

    def parameters_and_names(self, name_prefix="", expand=True):
        """(path, parameter) of this cell's and, if expand, of all below it, each once."""
        seen = set()
        for path, cell in (self.cells_and_names(name_prefix=name_prefix) if expand else [(name_prefix, self)]):
            for name, p in cell._params.items():
                if p is not None and id(p) not in seen:
                    seen.add(id(p))
                    yield (f"{path}.{name}" if path else name), p

    def get_parameters(self, expand=True):
        """The parameters."""
        return (p for _, p in self.parameters_and_names(expand=expand))

    def trainable_params(self, recurse=True):
        """A list of the parameters that are trained."""
        return [p for p in self.get_parameters(recurse) if p.requires_grad]

    def untrainable_params(self, recurse=True):
        """A list of the parameters that are not trained."""
        return [p for p in self.get_parameters(recurse) if not p.requires_grad]

    def parameters_dict(self, recurse=True):
        """Parameters by their names."""
        return OrderedDict((p.name, p) for p in self.get_parameters(recurse))

    parameters_broadcast_dict = parameters_dict

    def update_parameters_name(self, prefix="", recurse=True):
        """Names every parameter by its path, after prefix."""
        if not isinstance(prefix, str):
            raise TypeError(f"For 'update_parameters_name', the type of 'prefix' must be str, but got {type(prefix)}.")
        for name, p in self.parameters_and_names(expand=recurse):
            if prefix:
                p.name = prefix + name

    def check_names(self):
        """ValueError if two parameters have one name."""
        names = set()
        for p in self.get_parameters():
            if p.name in names:
                raise ValueError(f"The value of {p} is {p.name}, but its name '{p.name}' already exists. Please set a unique name for "
                                 f"the parameter.")
            names.add(p.name)

    def init_parameters_data(self, auto_parallel_mode=False):
        return {p: p for p in self.get_parameters()}

    # ---- cells ----

    def cells(self):
        """The children."""
        return (c for c in self._cells.values() if c is not None)

    def name_cells(self):
        """The children by their names."""
        return OrderedDict((n, c) for n, c in self._cells.items() if c is not None)

    def get_sub_cell(self, name):
        for path, cell in self.cells_and_names():
            if path == name:
                return cell
        raise AttributeError(f"{type(self).__name__} has no cell '{name}'")

    def apply(self, fn):
        """Calls fn on every cell below this one, then on this one; returns self."""
        for cell in self.cells():
            cell.apply(fn)
        fn(self)
        return self

    @property
    def cls_name(self):
        return type(self).__name__

    @property
    def parameter_layout_dict(self):
        return {}

    @property
    def phase(self):
        return self.__dict__.get("_phase", "")

    @phase.setter
    def phase(self, value):
        object.__setattr__(self, "_phase", value)

    # ---- training, precision, flags ----

    @property
    def training(self):
        """Whether the cell is in training mode."""
        return self._training

    @training.setter
    def training(self, mode):
        if bool(mode) != self._training:
            object.__setattr__(self, "_training", bool(mode))
            modes[0] ^= self._mark

    def set_train(self, mode=True):
        """This cell and all below it in training mode, or in evaluation mode; returns self."""
        if not isinstance(mode, bool):
            raise TypeError(f"For 'Cell', the argument 'mode' must be bool, but got {type(mode)}.")
        for _, cell in self.cells_and_names():
            cell.training = mode
        return self

    def __del__(self):
        if self.__dict__.get("_training"):
            modes[0] ^= self.__dict__["_mark"]

    def set_grad(self, requires_grad=True):
        """Accepted: derivatives need no preparation."""
        object.__setattr__(self, "_grad_wanted", requires_grad)
        return self

    @property
    def requires_grad(self):
        return self._grad_wanted

    @requires_grad.setter
    def requires_grad(self, value):
        object.__setattr__(self, "_grad_wanted", value)

    def to_float(self, dst_type):
        """Computes this cell and all below it in another floating-point type; parameters stay what they are."""
        if dst_type not in (mstype.float16, mstype.float32, mstype.bfloat16):
            raise ValueError("For 'to_float', the argument 'dst_type' must be mstype.float32, mstype.float16 or mstype.bfloat16, but "
                             f"got {dst_type}.")
        for _, cell in self.cells_and_names():
            object.__setattr__(cell, "_compute_type", dst_type)
        modes[0] ^= _marks.getrandbits(62)
        return self

    def add_flags(self, **flags):
        for name, value in flags.items():
            object.__setattr__(self, name, value)
        return self

    def add_flags_recursive(self, **flags):
        for _, cell in self.cells_and_names():
            cell.add_flags(**flags)
        return self

    def get_flags(self):
        return {}

    def recompute(self, **kwargs):
        """Accepted: everything is kept."""

    def set_comm_fusion(self, fusion_type, recurse=True):
        return self

    def set_jit_config(self, jit_config):
        """Accepted: there is one way of compiling."""

    def set_boost(self, boost_type):
        return self

    def shard(self, *args, **kwargs):
        raise not_there("Cell.shard")

    # ---- printing, as MindSpore 2.0 does it ----

    def extend_repr(self):
        """What is printed between < and >."""
        return ""

    def __repr__(self):
        extra = self.extend_repr()
        children = [(n, c) for n, c in self._cells.items() if c is not None]
        if not children:
            return f"{type(self).__name__}<{extra}>"
        lines = [extra] if extra else []
        lines += [f"({name}): " + repr(cell).replace("\n", "\n  ") for name, cell in children]
        return type(self).__name__ + "<" + "".join(f"\n  {line}" for line in lines) + "\n  >"

    __str__ = __repr__


class GraphCell(Cell):
    """A graph that was loaded (mindspore.load) as a cell."""

    def __init__(self, graph, params_init=None, obf_random_seed=None):
        super().__init__()
        object.__setattr__(self, "graph", graph)
        params = graph.params()
        for p in params:
            self._params[p.name] = p
        for name, value in (params_init or {}).items():
            if name not in self._params:
                raise KeyError(f"GraphCell: the graph has no parameter '{name}'")
            self._params[name].set_data(value)

    _compiles = False

    def construct(self, *inputs):
        outs = self.graph.run(*inputs)
        return outs[0] if isinstance(outs, tuple) and len(outs) == 1 else outs

"""Nothing is left out: every operator of the core's table with each of its attributes, every function and operator object
of spore.ops, every layer, loss, optimizer and learning-rate schedule of spore.nn has a case that the real MindSpore has
answered, or a reason here."""

import functools
import inspect
import re

import numpy as np
import pytest

import cases
import exact
import more_layers
import spore
from spore import _core, nn, ops
from spore.ops import forms, function, image, methods, more, nn_function, operations

# Operators of the table without an answer of MindSpore's: why, and what holds them.
_NO_ANSWER = {
    "Dropout": "random numbers are Spore's own: test_dropout_is_what_it_says",
    "MatMulMixed": "MindSpore has none (amp casts whole layers): test_mixed_products",
    "Conv2DMixed": "MindSpore has none (amp casts whole layers): test_mixed_products",
}
# Attributes that have one value only in the cases.
_ONE_VALUE = {
    ("BatchNorm", "momentum"): "moves nothing in the core: the layer moves its statistics (layers, BatchNorm1d_train)",
    ("Argmax", "keep_dims"): "from Python an ExpandDims: Argmax keep",
    ("Argmin", "keep_dims"): "as Argmax",
    ("Argmax", "output_type"): "from Python a Cast: Argmax type",
    ("Argmin", "output_type"): "as Argmax",
    ("BatchNorm", "is_training"): "a trace cannot hold moving statistics: BatchNorm training",
    ("Elu", "alpha"): "MindSpore has 1 only: Elu alpha",
    ("OneHot", "dtype"): "other types by Cast or on and off values: OneHot values, OneHot i64",
}
_TRACED_AWAY = {"Identity": "a graph has no node for it"}


def nodes(name):
    """(operator, {attribute: text}) of a case, traced."""
    fn, arrays = cases.OPS[name]
    for line in str(_core.trace(fn, tuple(cases.tensors(arrays)))).split("\n"):
        found = re.match(r"^%[%\d, ]+ = (\w+)\((.*)\)  \w", line)
        if found:
            yield found[1], dict(re.findall(r"(\w+)=(\([^)]*\)|[^,]*)", found[2].partition("; ")[2]))


@pytest.fixture(scope="module")
def used():
    """operator -> [(case, attributes)], of the cases that can be traced."""
    found = {}
    for name in cases.OPS:
        try:
            for op, attributes in nodes(name):
                found.setdefault(op, []).append((name, attributes))
        except (RuntimeError, ValueError, TypeError):
            continue  # asks for values while it is followed, or moves statistics
    return found


TABLE = {info["name"]: info for info in _core.ops()}


@pytest.mark.parametrize("op", [name for name in TABLE if name not in _NO_ANSWER])
def test_operator_has_answers(op, used, recorded):
    """Cases of its name that call it, with values and derivatives; every attribute in more than one way."""
    calls = [(name, attributes) for name, attributes in used.get(op, []) if ("ops", name, "value") in recorded]
    named = {name for name in cases.OPS if name.split()[0] == op and ("ops", name, "value") in recorded}
    mine = named if op in _TRACED_AWAY else named & {name for name, _ in calls}
    assert mine, f"golden/core.py has no case named {op} that calls it and that MindSpore has answered"
    if TABLE[op]["differentiable"]:
        assert any(recorded["ops", name, "grad"] for name in mine), f"no derivative of {op} is compared"
    for field, kind, _, _, _, words in (f if len(f) == 6 else f + (None,) for f in TABLE[op]["fields"]):
        seen = {attributes[field] for _, attributes in calls}
        if kind == "enum":
            assert seen == set(words), f"{op}: {field} is {seen} in the cases, it can be {words}"
        elif (op, field) not in _ONE_VALUE:
            assert len(seen) > 1, f"{op}: {field} is always {seen} in the cases"
    types = {a.dtype for name in named for a in cases.OPS[name][1][:1]}
    assert len(types) > 1 or types == {np.dtype(bool)}, f"{op}: only {types} in the cases"


def test_reasons_are_of_operators_that_exist():
    assert set(_NO_ANSWER) <= set(TABLE)
    for op, field in _ONE_VALUE:
        assert field in [f[0] for f in TABLE[op]["fields"]]


def test_an_operator_of_the_table_is_there_by_its_name():
    """A new one needs no line of C: it is called by name, with MindSpore's attributes."""
    for name, info in TABLE.items():
        assert callable(_core.bind(name))
        assert info["max_inputs"] >= info["min_inputs"] >= 0
    x = spore.Tensor(np.float32([[1, 2], [3, 4]]))
    assert _core.op("ReduceSum", x, axis=(1,), keep_dims=True).asnumpy().tolist() == [[3], [7]]


# ---- classes ----

_NOT_COMPUTED = {  # what nn exports that computes nothing of its own, or is held elsewhere
    "Cell": "a base: test_cell.py",
    "LossBase": "a base",
    "Optimizer": "a base",
    "LearningRateSchedule": "a base",
    "CellDict": "holds cells: test_cell.py",
    "CellList": "holds cells: test_cell.py",
    "SequentialCell": "layers, Sequential",
    "GraphCell": "runs files: test_tutorial.py",
    "DynamicLossScaleUpdateCell": "test_train.py",
    "FixedLossScaleUpdateCell": "test_train.py",
    "TrainOneStepCell": "test_train.py",
    "TrainOneStepWithLossScaleCell": "test_train.py",
    "WithEvalCell": "test_train.py",
    "WithLossCell": "test_train.py",
}


def made():
    """(kind, name, class) of the cells of all cases."""
    for kind, table in (("layers", cases.LAYERS), ("losses", cases.LOSSES)):
        for name, case in table.items():
            cell = case[0]()
            yield kind, name, type(cell.cell if isinstance(cell, more_layers.Called) else cell).__name__
    for name, make in cases.OPTIMIZERS.items():
        yield "optimizers", name, type(make(parameters())).__name__
    for name, make in cases.SCHEDULES.items():
        made_ = make()
        yield (
            "schedules",
            name,
            "_".join(name.split("_")[:-1] or [name])
            if isinstance(made_, list) and not name.endswith("_lr")
            else (name if isinstance(made_, list) else type(made_).__name__),
        )


def parameters():
    return [spore.Parameter(ops.ones((2, 3)), name="w"), spore.Parameter(ops.ones(3), name="b")]


@pytest.mark.parametrize("name", [n for n in nn.__all__ if n not in _NOT_COMPUTED])
def test_class_has_answers(name, recorded):
    """Every layer, loss, optimizer and schedule."""
    of = [(kind, case) for kind, case, cls in made() if cls == name]
    assert of, f"golden/cases.py has no case of nn.{name}"
    assert any((kind, case, part) in recorded for kind, case in of for part in ("value", "after")) or all(
        case in exact.REFUSED and (kind, case) in exact.FORMULAS for kind, case in of
    ), f"nn.{name}: nothing of MindSpore to compare with"


def test_reasons_are_of_classes_that_exist():
    assert set(_NOT_COMPUTED) <= set(nn.__all__)


# Arguments that no case gives: why.
_NOT_GIVEN = {
    **dict.fromkeys(
        "weight_init bias_init gamma_init beta_init moving_mean_init moving_var_init embedding_table".split(),
        "drawn at random: test_initializers_are_used",
    ),
    **dict.fromkeys(
        ("dtype", "data_format", "strategy", "use_locking", "kwargs", "args"), "one value only, or none that computes"
    ),
    ("Dropout", "keep_prob"): "an old name of 1 - p: test_cell.py",
    ("MaxPool2d", "return_indices"): "refused",
    ("MaxPool2d", "dilation"): "refused",
    ("AdaptiveMaxPool2d", "return_indices"): "refused",
    ("Pad", "mode"): "refused otherwise",
    ("ELU", "alpha"): "MindSpore has 1 only: ops, Elu alpha",
    ("Adagrad", "update_slots"): "no effect on a CPU: Adagrad_slots",
}


@pytest.fixture(scope="module")
def given():
    """class -> names of the arguments that cases give, with other values than the preset's."""
    found, patched = {}, []

    def watch(name, cls):
        plain, signature = cls.__init__, inspect.signature(cls.__init__)

        @functools.wraps(plain)
        def init(self, *args, **kwargs):
            if type(self) is cls:
                bound = signature.bind(self, *args, **kwargs).arguments
                found.setdefault(name, set()).update(
                    k
                    for k, v in bound.items()
                    if signature.parameters[k].default is inspect.Parameter.empty
                    or not isinstance(v, type(signature.parameters[k].default))
                    or v != signature.parameters[k].default
                )
            plain(self, *args, **kwargs)

        patched.append((cls, vars(cls).get("__init__")))
        cls.__init__ = init

    for name in nn.__all__:
        cls = getattr(nn, name)
        if inspect.isclass(cls) and takes_arguments(cls):
            watch(name, cls)
    for _ in made():
        pass
    for cls, own in patched:
        if own:
            cls.__init__ = own
        else:
            del cls.__init__
    return found


def takes_arguments(cls):
    """Whether a class has arguments of its own or of a base that is not nn's."""
    return cls.__init__ is not nn.Cell.__init__


@pytest.mark.parametrize("name", [n for n in nn.__all__ if n not in _NOT_COMPUTED and inspect.isclass(getattr(nn, n))])
def test_arguments_are_varied(name, given):
    """Each argument of each layer, loss and optimizer is given in some case, with another value than the preset."""
    cls = getattr(nn, name)
    if takes_arguments(cls):
        lacking = [
            k
            for k in list(inspect.signature(cls.__init__).parameters)[1:]
            if k not in given.get(name, ()) and k not in _NOT_GIVEN and (name, k) not in _NOT_GIVEN
        ]
        assert not lacking, f"nn.{name}: no case gives {lacking}"


def test_initializers_are_used():
    """What layers are told to start with."""
    for net, attribute in (
        (nn.Dense(3, 4, "ones", "ones"), "weight"),
        (nn.Conv2d(3, 4, 2, has_bias=True, weight_init="ones", bias_init="ones"), "bias"),
        (
            nn.BatchNorm2d(3, gamma_init="zeros", beta_init="ones", moving_mean_init="ones", moving_var_init="zeros"),
            "beta",
        ),
        (nn.LayerNorm((3,), gamma_init="zeros", beta_init="ones"), "beta"),
        (nn.GroupNorm(1, 3, gamma_init="zeros", beta_init="ones"), "beta"),
        (nn.Embedding(4, 3, embedding_table="ones"), "embedding_table"),
    ):
        assert (getattr(net, attribute).asnumpy() == 1).all()
        if hasattr(net, "gamma"):
            assert (net.gamma.asnumpy() == 0).all()


# ---- functions and operator objects ----

_OTHERWISE = {  # functions of spore.ops without a case of their own
    **dict.fromkeys(
        "rand randn randint rand_like randn_like randperm standard_normal normal uniform dropout".split(),
        "random numbers are Spore's own: test_random_functions",
    ),
    **dict.fromkeys(
        "shape rank size numel dtype is_tensor is_floating_point".split(), "no numbers: test_what_tensors_are"
    ),
    **dict.fromkeys("print_ depend copy".split(), "no arithmetic"),
    **dict.fromkeys("cat concat".split(), "one function"),
    "view_as": "Reshape",
    "expand": "BroadcastTo",
    "identity": "Identity",
    "reduce_sum": "ReduceSum",
    "reduce_max": "amax",
    "reduce_min": "amin",
    "batch_matmul": "bmm",
    "gather_d": "gather_elements",
    "embedding": "gather",
    "normalize": "l2_normalize",
    "floor_mod": "FloorMod",
    "l2_normalize": "L2Normalize",
    "log_sigmoid": "logsigmoid",
    "swish": "silu",
    "clip_by_value": "clamp",
    "scaled_dot_product_attention": "ops, attention: test_attention",
    "gumbel_softmax": "random: test_gumbel_softmax",
    "bitwise_not": "invert",
    **dict.fromkeys("edge_pad transposed_conv2d depth_to_space space_to_depth".split(), "layers and objects of images"),
    "as_tensor": "no function of MindSpore's",
    "argument": "no function of MindSpore's",
    "first": "no function of MindSpore's",
    "four": "no function of MindSpore's",
    "pair": "no function of MindSpore's",
    "reduced": "no function of MindSpore's",
    "not_there": "no function of MindSpore's",
}
_OBJECTS = {
    "Primitive": "a base",
    "PrimitiveWithInfer": "a base",
    "Dropout": "random",
    "StandardNormal": "random",
    "UniformReal": "random",
    **dict.fromkeys("Print Depend DType Shape Rank Size ScalarCast".split(), "no numbers"),
    **dict.fromkeys("Assign AssignAdd AssignSub".split(), "the functions: assigned"),
    "Fill": "the function: fill",
    "SiLU": "the function: silu",
    "Log2": "the function: log2",
    "TensorDot": "the function: tensor_dot",
    "Zeros": "objects Zeros",
}


def names_in_cases(recorded):
    """Every name that a case that was answered (or whose truth is known) speaks of."""
    seen = set()

    def look(code):
        seen.update(code.co_names)
        for constant in code.co_consts:
            if inspect.iscode(constant):
                look(constant)

    for name, (fn, _) in cases.OPS.items():
        if ("ops", name, "value") in recorded or ("ops", name) in exact.FORMULAS:
            look(fn.__code__)
            seen.update(
                word
                for part in (fn.__defaults__ or ())
                for word in (part if isinstance(part, str) else getattr(part, "__name__", ""),)
            )
            seen.update(name.split())
            seen.update(name.replace(" function", "").split())
    return seen


def test_functions_have_answers(recorded):
    """Every function of spore.ops, and every operator object."""
    seen = names_in_cases(recorded)
    functions = {
        name
        for module in (function, nn_function, more, image)
        for name, f in vars(module).items()
        if callable(f)
        and name[0].islower()
        and getattr(f, "__module__", "").startswith("spore.")
        and not inspect.isclass(f)
    }
    lacking = sorted(functions - seen - set(_OTHERWISE))
    assert not lacking, f"no case speaks of {lacking}"
    lacking = sorted(set(operations.__all__) - seen - set(_OBJECTS))
    assert not lacking, f"no case speaks of {lacking}"


def method_cases(recorded):
    """name of a method -> the names by which arguments are given in cases that speak of it."""
    given = {}

    def words(code):
        yield code
        for constant in code.co_consts:
            if inspect.iscode(constant):
                yield from words(constant)

    for name, (fn, _) in cases.OPS.items():
        if name.startswith("method") and (("ops", name, "value") in recorded or ("ops", name) in exact.FORMULAS):
            codes = list(words(fn.__code__))
            tuples = [c for code in codes for c in code.co_consts if isinstance(c, tuple)]
            named = {word for c in tuples for word in c if isinstance(word, str)}
            spoken = {word for code in codes for word in code.co_names}
            for word in spoken | set(name.split()[1:]):
                given.setdefault(word, set()).update(named)
    return given


def test_methods_have_answers(recorded):
    """Every method of two forms, in both; every method that is a function of ops/more.py."""
    given = method_cases(recorded)
    lacking = sorted((set(forms.METHODS) | set(methods._MORE)) - set(given))
    assert not lacking, f"no case speaks of the methods {lacking}"
    for name, method in forms.METHODS.items():
        only_named = {k for k, p in inspect.signature(method).parameters.items() if p.kind is p.KEYWORD_ONLY}
        assert only_named <= given[name], f"Tensor.{name}: no case gives {only_named - given[name]} by name"


# ---- what MindSpore cannot answer ----


def test_gumbel_softmax():
    """Shares that sum to 1; hard ones are one of a kind, as often as the softmax says; the soft one's derivative."""
    spore.set_seed(5)
    logits = np.float32([0.5, -1, 1.5])
    x = spore.Tensor(np.broadcast_to(logits, (20000, 3)).copy())
    soft, hard = ops.gumbel_softmax(x, 0.7).asnumpy(), ops.gumbel_softmax(x, 0.7, True).asnumpy()
    np.testing.assert_allclose(soft.sum(-1), 1, 1e-5)
    expected = np.exp(logits) / np.exp(logits).sum()
    often = np.bincount(soft.argmax(-1), minlength=3) / 20000
    for shares in (often, hard.mean(0)):
        assert (np.abs(shares - expected) < 5 * np.sqrt(expected * (1 - expected) / 20000)).all()
    np.testing.assert_allclose(np.sort(hard, -1), np.broadcast_to([0, 0, 1], hard.shape), 1e-6, 1e-6)
    across = ops.gumbel_softmax(spore.Tensor(np.zeros((4, 5), np.float32)), hard=True, dim=0).asnumpy()
    np.testing.assert_allclose(across.sum(0), 1, 1e-5)
    slope = spore.grad(lambda z: (ops.gumbel_softmax(z, 0.7, True) * spore.Tensor([1.0, 2.0, 3.0])).sum())(x).asnumpy()
    assert np.abs(slope).max() > 0.1
    np.testing.assert_allclose(slope.sum(-1), 0, 1e-5, 1e-5)


def test_dropout_is_what_it_says():
    """Of many elements about p are 0, the rest scaled; the derivative is the mask that was drawn."""
    x = spore.Tensor(np.random.RandomState(1).randn(200, 500).astype(np.float32))
    for kept in (0.3, 0.8):
        y, mask = _core.op("Dropout", x, keep_prob=kept)
        there = y.asnumpy() != 0
        assert abs(there.mean() - kept) < 5 * np.sqrt(kept * (1 - kept) / x.size)
        np.testing.assert_allclose(y.asnumpy()[there], (x.asnumpy() / kept)[there], 1e-6)
        assert mask.size >= 1
    (slope, out) = spore.value_and_grad(lambda z: (lambda y: (y.sum(), y))(ops.dropout(z, 0.4)), 0, has_aux=True)(x)[
        ::-1
    ]
    drawn = out[1].asnumpy() != 0
    np.testing.assert_allclose(slope.asnumpy(), drawn / 0.6, 1e-5)
    net = nn.Dropout(p=0.4)
    assert (net(x).asnumpy() == x.asnumpy()).all()
    assert (net.set_train()(x).asnumpy() != x.asnumpy()).any()


def _bf16(a):
    """Rounded to BFloat16, to even."""
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_mixed_products(dtype):
    """Operands rounded to 16 bits, products and sums exact: NumPy in Float64. Derivatives are such products too."""
    rounded = _bf16 if dtype == "bfloat16" else (lambda a: a.astype(np.float16).astype(np.float32))
    narrow, rng = getattr(spore, dtype), np.random.RandomState(2)
    for ta, tb in ((False, False), (True, False), (False, True), (True, True)):
        a, b = (
            rng.randn(*((5, 4) if ta else (4, 5))).astype(np.float32),
            rng.randn(*((3, 5) if tb else (5, 3))).astype(np.float32),
        )
        y = _core.op("MatMulMixed", spore.Tensor(a), spore.Tensor(b), transpose_a=ta, transpose_b=tb, dtype=narrow)
        exactly = (rounded(a).T if ta else rounded(a)).astype(np.float64) @ (rounded(b).T if tb else rounded(b))
        assert y.dtype == spore.float32
        np.testing.assert_allclose(y.asnumpy(), exactly, 1e-5, 1e-5)
    a, b = rng.randn(4, 5).astype(np.float32), rng.randn(5, 3).astype(np.float32)
    da, db = spore.grad(lambda p, q: _core.op("MatMulMixed", p, q, dtype=narrow).sum(), (0, 1))(
        spore.Tensor(a), spore.Tensor(b)
    )
    np.testing.assert_allclose(da.asnumpy(), np.ones((4, 3)) @ rounded(b).T.astype(np.float64), 1e-5, 1e-5)
    np.testing.assert_allclose(db.asnumpy(), rounded(a).T.astype(np.float64) @ np.ones((4, 3)), 1e-5, 1e-5)
    x, w = rng.randn(2, 3, 6, 6).astype(np.float32), rng.randn(4, 3, 3, 3).astype(np.float32)
    y = _core.op("Conv2DMixed", spore.Tensor(x), spore.Tensor(w), pad_mode="valid", dtype=narrow)
    np.testing.assert_allclose(
        y.asnumpy(), exact._conv(rounded(x).astype(np.float64), rounded(w).astype(np.float64)), 1e-5, 1e-5
    )


def test_random_functions():
    """Ranges, moments, shapes, types."""
    spore.set_seed(3)
    wide = (300, 400)
    for draw, mean, deviation in (
        (ops.rand(*wide), 0.5, 12**-0.5),
        (ops.randn(*wide), 0, 1),
        (ops.standard_normal(wide), 0, 1),
        (ops.normal(wide, 2.0, 3.0), 2, 3),
        (ops.rand_like(ops.zeros(wide)), 0.5, 12**-0.5),
        (ops.randn_like(ops.zeros(wide)), 0, 1),
        (ops.uniform(wide, spore.Tensor(-1.0), spore.Tensor(3.0)), 1, 4 * 12**-0.5),
    ):
        a = draw.asnumpy()
        assert a.shape == wide and a.dtype == np.float32
        assert abs(a.mean() - mean) < 5 * deviation / np.sqrt(a.size)
        assert abs(a.std() / deviation - 1) < 0.02
    whole = ops.randint(-2, 5, wide).asnumpy()
    assert set(np.unique(whole)) == set(range(-2, 5)) and whole.dtype == np.int64
    assert sorted(ops.randperm(20).asnumpy().tolist()) == list(range(20))


def test_what_tensors_are():
    x = ops.zeros((2, 3), spore.float16)
    assert (ops.shape(x), ops.rank(x), ops.size(x), ops.numel(x)) == ((2, 3), 2, 6, 6)
    assert ops.dtype(x) == spore.float16 and ops.is_tensor(x) and not ops.is_tensor(3)
    assert ops.is_floating_point(x) and not ops.is_floating_point(ops.zeros(2, spore.int32))
    parameter = spore.Parameter(ops.ones(3), name="p")
    copy = ops.copy(parameter)
    parameter.set_data(ops.zeros(3))
    assert copy.asnumpy().tolist() == [1, 1, 1]
    assert spore.grad(lambda z: (ops.copy(z) * 2 + z.copy()).sum())(ops.ones(3)).asnumpy().tolist() == [3, 3, 3]


def test_attention():
    rng = np.random.RandomState(4)
    q, k, v = (rng.randn(2, 3, 4).astype(np.float32) for _ in range(3))
    scores = (q.astype(np.float64) @ k.swapaxes(-1, -2)) / 2
    seen = np.tril(np.ones((3, 3), bool))
    for mask in (None, seen):
        kept = scores if mask is None else np.where(mask, scores, -np.inf)
        shares = np.exp(kept) / np.exp(kept).sum(-1, keepdims=True)
        y = nn_function.scaled_dot_product_attention(
            *(spore.Tensor(a) for a in (q, k, v)), None if mask is None else spore.Tensor(mask)
        )
        np.testing.assert_allclose(y.asnumpy(), shares @ v, 1e-5, 1e-5)

"""mindspore.nn: recurrent layers, step by step over products and activations of the core."""
import math

from ..common import dtype as mstype
from ..common.initializer import Uniform, initializer
from ..common.parameter import Parameter, ParameterTuple
from ..common.tensor import Tensor
from ..ops import function as F
from ..ops import nn_function as N
from .cell import Cell
from .layer import Dropout, whole


def _tanh_step(gates, inner, state):
    h = N.tanh(gates + inner)
    return h, (h,)


def _relu_step(gates, inner, state):
    h = N.relu(gates + inner)
    return h, (h,)


def _lstm_step(gates, inner, state):
    i, f, g, o = F.chunk(gates + inner, 4, 1)
    c = N.sigmoid(f) * state[1] + N.sigmoid(i) * N.tanh(g)
    h = N.sigmoid(o) * N.tanh(c)
    return h, (h, c)


def _gru_step(gates, inner, state):
    reset, update, new = F.chunk(gates, 3, 1)
    h_reset, h_update, h_new = F.chunk(inner, 3, 1)
    new = N.tanh(new + N.sigmoid(reset + h_reset) * h_new)
    h = new + N.sigmoid(update + h_update) * (state[0] - new)
    return h, (h,)


_STEPS = {"LSTM": (_lstm_step, 4, 2), "GRU": (_gru_step, 3, 1), "tanh": (_tanh_step, 1, 1), "relu": (_relu_step, 1, 1)}


def _product(x, weight, bias):
    y = F._matmul(x, weight, transpose_b=True)
    return y if bias is None else F._bias_add(y, bias)


class _Layers(Cell):
    """All layers and directions of a recurrent layer: x (length, batch, input), states (layers directions, batch, hidden)."""

    def __init__(self, kind):
        super().__init__()
        self.step = _STEPS[kind][0]

    def run(self, x, state, w_ih, w_hh, b_ih, b_hh, lengths, backwards):
        """One layer in one direction: (outputs, last states)."""
        steps, batch, size = x.shape
        gates = F.reshape(_product(F.reshape(x, (steps * batch, size)), w_ih, b_ih), (steps, batch, w_ih.shape[0]))
        outs = [None] * steps
        for t in (range(steps - 1, -1, -1) if backwards else range(steps)):
            h, new = self.step(gates[t], _product(state[0], w_hh, b_hh), state)
            if lengths is not None:  # sequences that are over keep their state
                on = F.expand_dims(lengths > t, 1)
                new = tuple(F.where(on, a, b) for a, b in zip(new, state))
                h = F.where(on, h, F.zeros_like(h))
            outs[t], state = h, new
        return F.stack(outs, 0), state


class _DynamicLSTMCPUGPU(_Layers):
    pass


class _DynamicGRUCPUGPU(_Layers):
    pass


class _DynamicRNNTanh(_Layers):
    pass


class _DynamicRNNRelu(_Layers):
    pass


_NAMES = {"LSTM": _DynamicLSTMCPUGPU, "GRU": _DynamicGRUCPUGPU, "tanh": _DynamicRNNTanh, "relu": _DynamicRNNRelu}


class _Recurrent(Cell):
    def __init__(self, kind, input_size, hidden_size, num_layers, has_bias, batch_first, dropout, bidirectional, dtype):
        super().__init__()
        name = type(self).__name__
        for key, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"For '{name}', the type of '{key}' must be int, but got {type(value).__name__}.")
            whole(name, key, value)
        for key, value in (("has_bias", has_bias), ("batch_first", batch_first), ("bidirectional", bidirectional)):
            if not isinstance(value, bool):
                raise TypeError(f"For '{name}', the type of '{key}' must be bool, but got {type(value).__name__}.")
        if not isinstance(dropout, (int, float)) or isinstance(dropout, bool):
            raise TypeError(f"For '{name}', the type of 'dropout' must be float, but got {type(dropout).__name__}.")
        if not 0 <= dropout < 1:
            raise ValueError(f"For '{name}', the 'dropout' must be a number in range [0, 1), but got {dropout}.")
        self.kind, self.states = kind, _STEPS[kind][2]
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.has_bias, self.bidirectional = batch_first, has_bias, bidirectional
        self.num_directions = 2 if bidirectional else 1
        self.rnn = _NAMES[kind](kind)
        self.dropout_op = Dropout(p=float(dropout))
        rows, bound = _STEPS[kind][1] * hidden_size, 1 / math.sqrt(hidden_size)
        groups = {"w_ih": [], "w_hh": [], "b_ih": [], "b_hh": []}
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * self.num_directions
            for suffix in ("", "_reverse")[:self.num_directions]:
                for key, shape in (("w_ih", (rows, width)), ("w_hh", (rows, hidden_size)), ("b_ih", (rows,)), ("b_hh", (rows,))):
                    if has_bias or key[0] == "w":
                        label = ("weight" if key[0] == "w" else "bias") + key[1:]
                        groups[key].append(Parameter(initializer(Uniform(bound), shape, dtype), f"{label}_l{layer}{suffix}"))
        self.w_ih_list, self.w_hh_list = ParameterTuple(groups["w_ih"]), ParameterTuple(groups["w_hh"])
        self.b_ih_list, self.b_hh_list = ParameterTuple(groups["b_ih"]), ParameterTuple(groups["b_hh"])

    def _states(self, hx, batch, kind):
        count = self.num_layers * self.num_directions
        if hx is None:
            return (F.zeros((count, batch, self.hidden_size), kind),) * self.states
        hx = tuple(hx) if self.states > 1 else (hx,)
        if len(hx) != self.states or not all(isinstance(h, Tensor) for h in hx):
            raise TypeError(f"For '{type(self).__name__}', the 'hx' must be a tuple of {self.states} tensors.")
        for h in hx:
            if tuple(h.shape) != (count, batch, self.hidden_size):
                raise ValueError(f"For '{type(self).__name__}', the shape of 'hx' must be {(count, batch, self.hidden_size)}, but got "
                                 f"{tuple(h.shape)}.")
        return hx

    def construct(self, x, hx=None, seq_length=None):
        """x (length, batch, input), or (batch, length, input) with batch_first. Returns (outputs, last states)."""
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(f"For '{type(self).__name__}', the input must be of the shape (length, batch, {self.input_size}), but got "
                             f"{tuple(x.shape)}.")
        single = x.ndim == 2
        if single:
            x = F.expand_dims(x, 0 if self.batch_first else 1)
            hx = hx if hx is None else tuple(F.expand_dims(h, 1) for h in (hx if self.states > 1 else (hx,)))
            hx = hx[0] if hx is not None and self.states == 1 else hx
        x = F.swapaxes(x, 0, 1) if self.batch_first else x
        states, last, ways = self._states(hx, x.shape[1], x.dtype), [], self.num_directions
        for layer in range(self.num_layers):
            outs = []
            for way in range(ways):
                at = layer * ways + way
                biases = (self.b_ih_list[at], self.b_hh_list[at]) if self.has_bias else (None, None)
                out, state = self.rnn.run(x, tuple(s[at] for s in states), self.w_ih_list[at], self.w_hh_list[at], *biases,
                                          seq_length, way == 1)
                outs.append(out)
                last.append(state)
            x = F.concat(outs, 2) if ways > 1 else outs[0]
            if layer < self.num_layers - 1:
                x = self.dropout_op(x)
        x = F.swapaxes(x, 0, 1) if self.batch_first else x
        final = tuple(F.stack([state[k] for state in last], 0) for k in range(self.states))
        if single:
            x, final = F.squeeze(x, 0 if self.batch_first else 1), tuple(F.squeeze(h, 1) for h in final)
        return x, final if self.states > 1 else final[0]


class _Gated(_Recurrent):
    _kind = None

    def __init__(self, input_size, hidden_size, num_layers=1, has_bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 dtype=mstype.float32):
        super().__init__(self._kind, input_size, hidden_size, num_layers, has_bias, batch_first, dropout, bidirectional, dtype)


class LSTM(_Gated):
    """Long short-term memory. hx: (h, c), zeros if left out. Gates in the order input, forget, cell, output."""

    _kind = "LSTM"


class GRU(_Gated):
    """Gated recurrent units, in the order reset, update, new."""

    _kind = "GRU"


class RNN(_Recurrent):
    """An Elman network. nonlinearity: "tanh" or "relu"."""

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", has_bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, dtype=mstype.float32):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"For 'RNN', the 'nonlinearity' must be in ['tanh', 'relu'], but got {nonlinearity!r}.")
        super().__init__(nonlinearity, input_size, hidden_size, num_layers, has_bias, batch_first, dropout, bidirectional, dtype)


class _RecurrentCell(Cell):
    def __init__(self, kind, input_size, hidden_size, has_bias, dtype):
        super().__init__()
        name = type(self).__name__
        self.input_size, self.hidden_size = whole(name, "input_size", input_size), whole(name, "hidden_size", hidden_size)
        self.has_bias, self.kind = has_bias, kind
        rows, init = _STEPS[kind][1] * hidden_size, Uniform(1 / math.sqrt(hidden_size))
        self.weight_ih = Parameter(initializer(init, (rows, input_size), dtype))
        self.weight_hh = Parameter(initializer(init, (rows, hidden_size), dtype))
        if has_bias:
            self.bias_ih = Parameter(initializer(init, (rows,), dtype))
            self.bias_hh = Parameter(initializer(init, (rows,), dtype))

    def _step(self, x, state):
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise ValueError(f"For '{type(self).__name__}', the input must be of the shape (batch, {self.input_size}), but got "
                             f"{tuple(x.shape)}.")
        b_ih, b_hh = (self.bias_ih, self.bias_hh) if self.has_bias else (None, None)
        return _STEPS[self.kind][0](_product(x, self.weight_ih, b_ih), _product(state[0], self.weight_hh, b_hh), state)[1]


class LSTMCell(_RecurrentCell):
    """One step of an LSTM: x (batch, input), hx (h, c) -> (h, c)."""

    def __init__(self, input_size, hidden_size, has_bias=True, dtype=mstype.float32):
        super().__init__("LSTM", input_size, hidden_size, has_bias, dtype)

    def construct(self, x, hx):
        return self._step(x, tuple(hx))


class GRUCell(_RecurrentCell):
    """One step of a GRU: x (batch, input), hx (batch, hidden) -> hx."""

    def __init__(self, input_size, hidden_size, has_bias=True, dtype=mstype.float32):
        super().__init__("GRU", input_size, hidden_size, has_bias, dtype)

    def construct(self, x, hx):
        return self._step(x, (hx,))[0]


class RNNCell(_RecurrentCell):
    """One step of an Elman network: x (batch, input), hx (batch, hidden) -> hx."""

    def __init__(self, input_size, hidden_size, has_bias=True, nonlinearity="tanh", dtype=mstype.float32):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"For 'RNNCell', the 'nonlinearity' must be in ['tanh', 'relu'], but got {nonlinearity!r}.")
        super().__init__(nonlinearity, input_size, hidden_size, has_bias, dtype)

    def construct(self, x, hx):
        return self._step(x, (hx,))[0]


__all__ = ["LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"]

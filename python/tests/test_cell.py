"""Cells: attributes, names, printing, hooks, modes."""
import mindspore as ms
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn, ops


class Inner(nn.Cell):
    def __init__(self):
        super().__init__()
        self.p = Parameter(Tensor([1.0]), name="p")
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Dense(2, 3)
        self.seq = nn.SequentialCell(nn.Dense(3, 3), nn.ReLU())
        self.cl = nn.CellList([nn.Dense(2, 2)])
        self.emb = nn.Embedding(5, 3)
        self.ln = nn.LayerNorm((3,))

    def construct(self, x):
        return self.seq(self.fc(x)) * self.p


NAMES = ["p", "bn.moving_mean", "bn.moving_variance", "bn.gamma", "bn.beta", "fc.weight", "fc.bias", "seq.0.weight", "seq.0.bias",
         "cl.0.weight", "cl.0.bias", "emb.embedding_table", "ln.gamma", "ln.beta"]


def test_names():
    net = Inner()
    assert [p.name for p in net.get_parameters()] == NAMES
    assert [n for n, _ in net.parameters_and_names()] == NAMES
    assert [p.name for p in net.trainable_params()] == [n for n in NAMES if "moving" not in n]
    assert list(net.parameters_dict()) == NAMES
    outer = nn.SequentialCell(net)
    assert outer.trainable_params()[0].name == "0.p"
    assert [n for n, _ in net.cells_and_names()] == ["", "bn", "fc", "seq", "seq.0", "seq.1", "cl", "cl.0", "emb", "ln"]
    assert list(net.name_cells()) == ["bn", "fc", "seq", "cl", "emb", "ln"]


def test_a_layer_alone():
    layer = nn.Dense(3, 2)
    assert [p.name for p in layer.trainable_params()] == ["weight", "bias"]
    assert str(layer.trainable_params()) == (
        "[Parameter (name=weight, shape=(2, 3), dtype=Float32, requires_grad=True), "
        "Parameter (name=bias, shape=(2,), dtype=Float32, requires_grad=True)]")
    bound = 1 / np.sqrt(3)
    assert float(layer.weight.abs().max()) <= bound and float(layer.bias.abs().max()) <= bound


PRINTED = {
    "nn.Dense(3, 2, activation='relu')":
        "Dense<\n  input_channels=3, output_channels=2, has_bias=True, activation=ReLU<>\n  (activation): ReLU<>\n  >",
    "nn.MaxPool2d(2, 2)": "MaxPool2d<kernel_size=2, stride=2, pad_mode=VALID>",
    "nn.Conv2d(1, 6, 5, pad_mode='valid')":
        "Conv2d<input_channels=1, output_channels=6, kernel_size=(5, 5), stride=(1, 1), pad_mode=valid, padding=0, dilation=(1, 1), "
        "group=1, has_bias=False, weight_init=normal, bias_init=zeros, format=NCHW>",
    "nn.Dropout(p=0.2)": "Dropout<p=0.2>",
    "nn.Dropout()": "Dropout<keep_prob=0.5>",
    "nn.GroupNorm(2, 4)": "GroupNorm<num_groups=2, num_channels=4>",
    "nn.LayerNorm((5,))":
        "LayerNorm<normalized_shape=(5,), begin_norm_axis=-1, begin_params_axis=-1, gammaParameter (name=gamma, shape=(5,), dtype=Float32, "
        "requires_grad=True), beta=Parameter (name=beta, shape=(5,), dtype=Float32, requires_grad=True)>",
    "nn.SequentialCell(nn.Flatten(), nn.Dense(3, 2), nn.ReLU())":
        "SequentialCell<\n  (0): Flatten<>\n  (1): Dense<input_channels=3, output_channels=2, has_bias=True>\n  (2): ReLU<>\n  >",
    "nn.SGD(nn.Dense(1, 1).trainable_params())": "SGD<>",
    "nn.CrossEntropyLoss()": "CrossEntropyLoss<>",
}


@pytest.mark.parametrize("text", PRINTED)
def test_printed(text):
    assert repr(eval(text)) == PRINTED[text]


def test_attributes():
    net = Inner()
    net.p = Tensor([5.0])
    assert isinstance(net.p, Parameter) and net.p.asnumpy() == [5.0]
    net.fc = nn.Dense(2, 4)
    assert net.fc.out_channels == 4 and len(net.name_cells()) == 6
    del net.emb
    assert "emb" not in net.name_cells()
    with pytest.raises(AttributeError):
        net.not_there
    with pytest.raises(AttributeError, match="super"):
        class Bad(nn.Cell):
            def __init__(self):
                self.d = nn.Dense(1, 1)
        Bad()
    with pytest.raises(AttributeError, match="construct"):
        nn.Cell()(Tensor([1.0]))
    with pytest.raises(ValueError):
        nn.Dense(-1, 2)


def test_modes():
    net = Inner()
    assert net.training is False
    assert net.set_train() is net and net.seq[0].training
    net.set_train(False)
    assert not net.bn.training


def test_hooks():
    net, seen = nn.Dense(2, 2), []
    first = net.register_forward_pre_hook(lambda cell, inputs: seen.append(inputs[0].shape))
    second = net.register_forward_hook(lambda cell, inputs, output: output * 0)
    assert float(net(ops.ones((1, 2))).abs().sum()) == 0 and seen == [(1, 2)]
    first.remove()
    second.remove()
    assert float(net(ops.ones((1, 2))).abs().sum()) != 0 and len(seen) == 1


def test_dropout_and_batch_norm_in_training():
    ms.set_seed(1)
    y = nn.Dropout(p=0.2).set_train()(ops.ones((10000,))).asnumpy()
    assert abs((y == 0).mean() - 0.2) < 0.03 and np.isclose(y[y != 0], 1.25).all()
    bn = nn.BatchNorm2d(2).set_train()
    x = Tensor(np.random.RandomState(0).randn(8, 2, 3, 3).astype(np.float32) * 2 + 3)
    bn(x)
    assert np.allclose(bn.moving_mean.asnumpy(), 0.1 * x.asnumpy().mean((0, 2, 3)), atol=1e-5)
    assert np.allclose(bn.moving_variance.asnumpy(), 0.9 + 0.1 * x.asnumpy().transpose(1, 0, 2, 3).reshape(2, -1).var(1, ddof=1), atol=1e-4)


def test_lists():
    cells = nn.CellList([nn.ReLU()])
    cells.append(nn.Dense(2, 2))
    cells.insert(0, nn.Tanh())
    assert [type(c).__name__ for c in cells] == ["Tanh", "ReLU", "Dense"] and len(cells) == 3
    assert isinstance(cells[-1], nn.Dense)


def test_to_float():
    net = nn.Dense(2, 2).to_float(ms.float16)
    assert net(ops.ones((1, 2))).dtype == ms.float16 and net.weight.dtype == ms.float32


def test_missing_names():
    assert "CTCLoss" in repr(nn.CTCLoss)
    with pytest.raises(NotImplementedError, match="nn.CTCLoss"):
        nn.CTCLoss(1, 2)
    with pytest.raises(NotImplementedError):
        class Mine(nn.CTCLoss):
            pass
    with pytest.raises(AttributeError):
        nn.NoSuchThing
    with pytest.raises(NotImplementedError, match="svd"):
        ops.svd(Tensor([1.0]))

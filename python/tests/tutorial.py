"""The workflow of MindSpore's beginners' tutorial, in our words: run by `python3 -m spore python/tests/tutorial.py ARCHIVE_URL [EPOCHS]`.
It uses MindSpore's names alone."""
import os
import sys
import time

import numpy as np

import mindspore
from mindspore import Parameter, Tensor, nn, ops
from mindspore.dataset import MnistDataset, transforms, vision
from download import download

URL = sys.argv[1]
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 3

# ---- a network, printed, called ----
mindspore.set_seed(1)


class Network(nn.Cell):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.dense_relu_sequential = nn.SequentialCell(
            nn.Dense(28 * 28, 512),
            nn.ReLU(),
            nn.Dense(512, 512),
            nn.ReLU(),
            nn.Dense(512, 10),
        )

    def construct(self, x):
        x = self.flatten(x)
        logits = self.dense_relu_sequential(x)
        return logits


model = Network()
print(model)
X = ops.ones((1, 28, 28), mindspore.float32)
logits = model(X)
print("logits", logits.shape, logits.dtype)
pred_probab = nn.Softmax(axis=1)(logits)
y_pred = pred_probab.argmax(1)
print(f"Predicted class: {y_pred}")

# ---- layer by layer ----
input_image = ops.ones((3, 28, 28), mindspore.float32)
print(input_image.shape)
flat_image = nn.Flatten()(input_image)
print(flat_image.shape)
layer1 = nn.Dense(in_channels=28 * 28, out_channels=20)
hidden1 = layer1(flat_image)
print(hidden1.shape)
hidden1 = nn.ReLU()(hidden1)
print("not negative:", bool((hidden1 >= 0).all()))
seq_modules = nn.SequentialCell(nn.Flatten(), layer1, nn.ReLU(), nn.Dense(20, 10))
print(seq_modules(input_image).shape)
print("rows of softmax sum to", np.round(nn.Softmax(axis=1)(seq_modules(input_image)).asnumpy().sum(1), 4).tolist())

# ---- parameters ----
print(f"Model structure: {model}\n")
for name, param in model.parameters_and_names():
    print(f"Layer: {name}, Size: {param.shape}, values shown: {param[:2].shape}")
print(model.trainable_params()[-1])
print(sum(p.size for p in model.get_parameters()), "numbers")

# ---- derivatives ----
x = ops.ones(5, mindspore.float32)
y = ops.zeros(3, mindspore.float32)
w = Parameter(Tensor(np.arange(15).reshape(5, 3) / 10, mindspore.float32), name="w")
b = Parameter(Tensor(np.array([0.1, -0.2, 0.3]), mindspore.float32), name="b")


def function(x, y, w, b):
    z = ops.matmul(x, w) + b
    return ops.binary_cross_entropy_with_logits(z, y, ops.ones_like(z), ops.ones_like(z))


print("loss", function(x, y, w, b))
print(mindspore.grad(function, (2, 3))(x, y, w, b))


def function_with_logits(x, y, w, b):
    z = ops.matmul(x, w) + b
    return ops.binary_cross_entropy_with_logits(z, y, ops.ones_like(z), ops.ones_like(z)), z


print(mindspore.grad(function_with_logits, (2, 3))(x, y, w, b)[1])


def function_stop_gradient(x, y, w, b):
    z = ops.matmul(x, w) + b
    loss = ops.binary_cross_entropy_with_logits(z, y, ops.ones_like(z), ops.ones_like(z))
    return loss, ops.stop_gradient(z)


print(mindspore.grad(function_stop_gradient, (2, 3))(x, y, w, b)[1])
grads, (z,) = mindspore.grad(function_with_logits, (2, 3), has_aux=True)(x, y, w, b)
print(grads[1], z)


class OneLayer(nn.Cell):
    def __init__(self):
        super().__init__()
        self.w, self.b = w, b

    def construct(self, x):
        return ops.matmul(x, self.w) + self.b


one = OneLayer()
bce = nn.BCEWithLogitsLoss()
print([p.name for p in one.trainable_params()])
loss, grads = mindspore.value_and_grad(lambda x, y: bce(one(x), y), None, weights=one.trainable_params())(x, y)
print(loss, grads[1])
first = mindspore.grad(lambda t: t ** 3)
print("second derivative:", mindspore.grad(first)(Tensor(2.0, mindspore.float32)))

# ---- data ----
download(URL, "./", kind="zip", replace=True, verbose=False)
train_dataset = MnistDataset("MNIST_Data/train")
test_dataset = MnistDataset("MNIST_Data/test")
print(train_dataset.get_col_names(), train_dataset.get_dataset_size(), test_dataset.get_dataset_size())


def datapipe(dataset, batch_size):
    image_transforms = [vision.Rescale(1.0 / 255.0, 0), vision.Normalize(mean=(0.1307,), std=(0.3081,)), vision.HWC2CHW()]
    label_transform = transforms.TypeCast(mindspore.int32)
    dataset = dataset.map(image_transforms, "image")
    dataset = dataset.map(label_transform, "label")
    dataset = dataset.batch(batch_size)
    return dataset


train_dataset = datapipe(train_dataset, 64)
test_dataset = datapipe(test_dataset, 64)
for image, label in test_dataset.create_tuple_iterator():
    print(f"Shape of image [N, C, H, W]: {image.shape} {image.dtype}")
    print(f"Shape of label: {label.shape} {label.dtype}")
    break
for data in test_dataset.create_dict_iterator():
    print(sorted(data), data["image"].shape)
    break

# ---- training ----
loss_fn = nn.CrossEntropyLoss()
optimizer = nn.SGD(model.trainable_params(), 1e-2)


def forward_fn(data, label):
    logits = model(data)
    loss = loss_fn(logits, label)
    return loss, logits


grad_fn = mindspore.value_and_grad(forward_fn, None, optimizer.parameters, has_aux=True)


def train_step(data, label):
    (loss, _), grads = grad_fn(data, label)
    optimizer(grads)
    return loss


def train(model, dataset):
    size = dataset.get_dataset_size()
    model.set_train()
    for batch, (data, label) in enumerate(dataset.create_tuple_iterator()):
        loss = train_step(data, label)
        if batch % 300 == 0:
            loss, current = loss.asnumpy(), batch
            print(f"loss: {loss:>7f}  [{current:>3d}/{size:>3d}]")


def test(model, dataset, loss_fn):
    num_batches = dataset.get_dataset_size()
    model.set_train(False)
    total, test_loss, correct = 0, 0, 0
    for data, label in dataset.create_tuple_iterator():
        pred = model(data)
        total += len(data)
        test_loss += loss_fn(pred, label).asnumpy()
        correct += (pred.argmax(1) == label).asnumpy().sum()
    test_loss /= num_batches
    correct /= total
    print(f"Test: \n Accuracy: {(100*correct):>0.1f}%, Avg loss: {test_loss:>8f} \n")
    return correct


begun = time.time()
for t in range(EPOCHS):
    print(f"Epoch {t+1}\n-------------------------------")
    train(model, train_dataset)
    accuracy = test(model, test_dataset, loss_fn)
print("Done!")
print(f"{EPOCHS} epochs: {time.time() - begun:.1f} s", file=sys.stderr)

# ---- checkpoint ----
mindspore.save_checkpoint(model, "model.ckpt")
again = Network()
param_dict = mindspore.load_checkpoint("model.ckpt")
param_not_load, _ = mindspore.load_param_into_net(again, param_dict)
print(param_not_load)
again.set_train(False)
for data, label in test_dataset.create_tuple_iterator():
    pred = again(data)
    predicted = pred.argmax(1)
    print("the same as before:", bool((predicted == model(data).argmax(1)).all()), predicted[:10].shape, label[:10].shape)
    break

# ---- export, graph mode, GraphCell ----
inputs = Tensor(np.ones([1, 1, 28, 28]).astype(np.float32))
eager = again(inputs)
mindspore.export(again, inputs, file_name="model", file_format="MINDIR")
print(os.path.exists("model.mindir"))
mindspore.set_context(mode=mindspore.GRAPH_MODE)
graph = mindspore.load("model.mindir")
net = nn.GraphCell(graph)
outputs = net(inputs)
print(outputs.shape, "difference below 1e-5:", float((outputs - eager).abs().max()) < 1e-5)
print("compiled:", float((again(inputs) - eager).abs().max()) < 1e-5)


@mindspore.jit
def compiled_step(data, label):
    (loss, _), grads = grad_fn(data, label)
    optimizer(grads)
    return loss


model.set_train()
before = Tensor(0.0)
for _, (data, label) in zip(range(20), train_dataset.create_tuple_iterator()):
    before = compiled_step(data, label)
print("loss of a compiled step below 1:", float(before) < 1)
mindspore.set_context(mode=mindspore.PYNATIVE_MODE)

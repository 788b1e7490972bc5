"""Datasets: sources of three kinds, transforms, batches."""
import numpy as np
from mindspore.dataset import GeneratorDataset, NumpySlicesDataset, transforms, vision


class Pairs:
    def __init__(self, n):
        self.x, self.y = np.arange(n, dtype=np.float32).reshape(n, 1), np.arange(n) % 2

    def __getitem__(self, i):
        return self.x[i], self.y[i]

    def __len__(self):
        return len(self.x)


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter([(np.array(i),) for i in range(self.n, 0, -1)])


def squares():
    for i in range(4):
        yield (np.array(i * i),)


for row in GeneratorDataset(Pairs(3), ["data", "label"], shuffle=False):
    print(row)
print([int(row[0]) for row in GeneratorDataset(Countdown(3), "left")], [int(row[0]) for row in GeneratorDataset(squares, "square")])
images = NumpySlicesDataset({"image": np.full((6, 4, 4, 1), 51, np.uint8), "label": np.arange(6)}, shuffle=False)
images = images.map([vision.Rescale(1 / 255, 0), vision.Normalize((0.1,), (0.5,)), vision.HWC2CHW()], "image")
images = images.map(transforms.TypeCast(np.int32), "label").map(lambda y: y * 10, "label").batch(4)
for image, label in images.create_tuple_iterator():
    print(image.shape, image.dtype, image[0, 0, 0, 0], label)

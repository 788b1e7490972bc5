"""mindspore.dataset: samplers, which say which rows of a source are taken, and in which order."""
import math

from ..common.seed import numbers


class Sampler:
    """Base: a subclass's __iter__() gives row numbers; it may ask self.dataset_size."""

    def __init__(self, num_samples=None):
        self.num_samples, self.dataset_size = num_samples, 0

    def __iter__(self):
        raise NotImplementedError("a sampler must override __iter__()")

    def indices(self, total):
        """The row numbers of an epoch over `total` rows."""
        self.dataset_size = total
        for k, i in enumerate(self):
            if self.num_samples and k >= self.num_samples:
                return
            if not -total <= i < total:
                raise RuntimeError(f"the sampler gives row {i} of a dataset with {total} rows")
            yield i

    def count(self, total):
        """How many they are."""
        return min(total, self.num_samples) if self.num_samples else total

    def get_num_samples(self):
        return self.num_samples


class BuiltinSampler(Sampler):
    """Base of those below."""


class IterSampler(Sampler):
    """Any iterable of row numbers."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def __iter__(self):
        return iter(self.source)

    def count(self, total):
        return len(self.source) if hasattr(self.source, "__len__") else total


class SequentialSampler(BuiltinSampler):
    """Rows in order, from start_index on."""

    def __init__(self, start_index=None, num_samples=None):
        super().__init__(num_samples)
        self.start = start_index or 0

    def __iter__(self):
        return iter(range(self.start, self.dataset_size))

    def count(self, total):
        return super().count(max(total - self.start, 0))


class RandomSampler(BuiltinSampler):
    """Rows in a random order, or any with replacement."""

    def __init__(self, replacement=False, num_samples=None, shuffle=None):
        super().__init__(num_samples)
        self.replacement = replacement

    def __iter__(self):
        n, draw = self.dataset_size, numbers()
        if self.replacement:
            return (draw.randrange(n) for _ in range(self.num_samples or n))
        order = list(range(n))
        draw.shuffle(order)
        return iter(order)

    def count(self, total):
        return self.num_samples if self.replacement and self.num_samples else super().count(total)


class SubsetSampler(BuiltinSampler):
    """The rows listed, in their order."""

    def __init__(self, indices, num_samples=None):
        super().__init__(num_samples)
        self.list = [indices] if isinstance(indices, int) else list(indices)

    def __iter__(self):
        return iter(self.list)

    def count(self, total):
        return super().count(len(self.list))


class SubsetRandomSampler(SubsetSampler):
    """The rows listed, in a random order."""

    def __iter__(self):
        order = list(self.list)
        numbers().shuffle(order)
        return iter(order)


class WeightedRandomSampler(BuiltinSampler):
    """Rows drawn by their weights."""

    def __init__(self, weights, num_samples=None, replacement=True):
        super().__init__(num_samples)
        self.weights, self.replacement = [float(w) for w in weights], replacement

    def __iter__(self):
        draw, n = numbers(), self.num_samples or len(self.weights)
        if self.replacement:
            return iter(draw.choices(range(len(self.weights)), self.weights, k=n))
        keys = sorted(((draw.random() ** (1 / w) if w > 0 else -1, i) for i, w in enumerate(self.weights)), reverse=True)
        return iter(i for _, i in keys[:n])

    def count(self, total):
        return self.num_samples or len(self.weights)


class DistributedSampler(BuiltinSampler):
    """Every num_shards-th row, filled up with the first ones so that all shards are of one size."""

    def __init__(self, num_shards, shard_id, shuffle=True, num_samples=None, offset=-1):
        super().__init__(num_samples)
        if not 0 <= shard_id < num_shards:
            raise ValueError(f"shard_id should be in [0, {num_shards}), but got {shard_id}.")
        self.num_shards, self.shard_id, self.shuffle, self.epoch = num_shards, shard_id, shuffle, 0

    def __iter__(self):
        import random
        from ..common.seed import get_seed
        order = list(range(self.dataset_size))
        if self.shuffle:
            random.Random((get_seed() or 0) * 1000003 + self.epoch).shuffle(order)
        self.epoch += 1
        each = math.ceil(len(order) / self.num_shards)
        return (order[(self.shard_id + k * self.num_shards) % len(order)] for k in range(each))

    def count(self, total):
        return super().count(math.ceil(total / self.num_shards))

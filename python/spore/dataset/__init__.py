"""mindspore.dataset: sources, transforms and the pipeline that makes batches."""
from .core import BatchInfo, ConcatDataset, Dataset, ZipDataset
from .core import zip_datasets as zip
from .samplers import (DistributedSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, SubsetSampler,
                       WeightedRandomSampler)
from .sources import (GeneratorDataset, MindDataset, MnistDataset, NumpySlicesDataset, PaddedDataset, TextFileDataset)
from .images import Cifar10Dataset, Cifar100Dataset, FashionMnistDataset, ImageFolderDataset, KMnistDataset
from . import config, samplers, text, transforms, vision
from .._missing import module_getattr as _module_getattr


class Shuffle:
    """How sources shuffle."""

    GLOBAL, FILES, INFILE, ADAPTIVE, PARTIAL = "global", "files", "infile", "adaptive", "partial"


__getattr__ = _module_getattr(__name__)
__all__ = ["BatchInfo", "ConcatDataset", "Dataset", "ZipDataset", "zip", "DistributedSampler", "RandomSampler", "Sampler",
           "SequentialSampler", "SubsetRandomSampler", "SubsetSampler", "WeightedRandomSampler", "GeneratorDataset", "MindDataset",
           "MnistDataset", "NumpySlicesDataset", "PaddedDataset", "TextFileDataset", "Cifar10Dataset", "Cifar100Dataset",
           "FashionMnistDataset", "ImageFolderDataset", "KMnistDataset", "text", "config", "samplers", "transforms", "vision", "Shuffle"]

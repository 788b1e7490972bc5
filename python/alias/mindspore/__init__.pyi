from typing import Any

from spore import *
from spore import amp as amp, common as common, context as context, dataset as dataset, mint as mint, nn as nn
from spore import numpy as numpy, ops as ops, train as train
from spore.common import dtype as dtype
from spore.train import Model as Model

def __getattr__(name: str) -> Any: ...

from typing import Any

from spore.dataset import *
from spore.dataset import transforms as transforms, vision as vision

def __getattr__(name: str) -> Any: ...

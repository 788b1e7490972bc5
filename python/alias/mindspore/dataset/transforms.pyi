from typing import Any

from spore.dataset.transforms import *

def __getattr__(name: str) -> Any: ...

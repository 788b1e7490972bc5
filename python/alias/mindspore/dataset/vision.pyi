from typing import Any

from spore.dataset.vision import *

def __getattr__(name: str) -> Any: ...

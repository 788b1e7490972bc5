from typing import Any

from spore.train import *

def __getattr__(name: str) -> Any: ...

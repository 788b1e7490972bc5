from typing import Any

from spore.common import *

def __getattr__(name: str) -> Any: ...

"""mindspore.callback: as mindspore.train.callback."""
from .train.callback import *  # noqa: F401,F403

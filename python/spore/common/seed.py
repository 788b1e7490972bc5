"""mindspore.set_seed."""
import random as _random

from .. import _core

_seed = None
_numbers = _random.Random()


def set_seed(seed):
    """Seeds everything random: initialisers, dropout, shuffles, samplers. seed: an int >= 0."""
    global _seed
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"The argument 'seed' must be type of int, but got {type(seed).__name__}.")
    if seed < 0:
        raise ValueError(f"The argument 'seed' must be larger or equal to 0, but got {seed}.")
    _seed = seed
    _core.set_seed(seed)
    _numbers.seed(seed)


def get_seed():
    """The seed that was set, or None."""
    return _seed


def numbers():
    """The random.Random that samplers and Python transforms draw from."""
    return _numbers

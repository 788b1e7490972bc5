"""mindspore.communication: there is one process."""
from ._missing import module_getattr as _module_getattr, not_there


class GlobalComm:
    """What is known about the processes: there is one."""

    BACKEND, WORLD_COMM_GROUP, INITED = "none", "world", False


def init(backend_name=None):
    """NotImplementedError: Spore trains in one process."""
    raise not_there("communication.init (training in several processes)")


def release():
    """Nothing to do."""


def get_rank(group="world"):
    """0: there is one process."""
    return 0


def get_local_rank(group="world"):
    """0: there is one process."""
    return 0


def get_group_size(group="world"):
    """1: there is one process."""
    return 1


__getattr__ = _module_getattr(__name__)

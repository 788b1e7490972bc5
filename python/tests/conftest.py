"""`import mindspore` is Spore in these tests."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
pytest.importorskip("numpy")
from spore import _alias  # noqa: E402

_alias.install()

from oracle import answers as _answers  # noqa: E402
import store  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(scope="session")
def mnist(tmp_path_factory):
    """The folder of MNIST: $SPORE_MNIST, shared/data beside the checkout, or the cache; skipped without it."""
    import spore

    for place in (
        os.environ.get("SPORE_MNIST"),
        os.path.join(ROOT, "..", "shared", "data"),
        os.path.join(ROOT, "..", "..", "shared", "data"),
    ):
        if place and os.path.exists(place):
            try:
                return spore._core.find_mnist(place)
            except (OSError, RuntimeError):
                continue
    pytest.skip("no MNIST here: set SPORE_MNIST")


def pytest_addoption(parser):
    parser.addoption(
        "--live",
        default="",
        metavar="PYTHON",
        help="a Python with the real MindSpore, to be asked instead of the recorded "
        'answers (SPORE_MINDSPORE says the same; "no": the recorded ones though MindSpore is installed)',
    )


@pytest.fixture(scope="session")
def answers(request):
    """What MindSpore answers to the cases."""
    found, release, live = _answers(request.config.getoption("--live"))
    print(f"\ncompared with MindSpore {release}, {'asked now' if live else 'recorded'}")
    return found


@pytest.fixture(scope="session")
def recorded():
    """What MindSpore 2.10.0 answered when golden.npz was made."""
    return store.load(os.path.join(os.path.dirname(os.path.abspath(store.__file__)), "golden.npz"))

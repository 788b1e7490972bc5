"""`import mindspore` is Spore in these tests."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
pytest.importorskip("numpy")
from spore import _alias  # noqa: E402

_alias.install()

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.fixture(scope="session")
def mnist(tmp_path_factory):
    """The folder of MNIST: $SPORE_MNIST, shared/data beside the checkout, or the cache; skipped without it."""
    import spore
    for place in (os.environ.get("SPORE_MNIST"), os.path.join(ROOT, "..", "shared", "data"),
                  os.path.join(ROOT, "..", "..", "shared", "data")):
        if place and os.path.exists(place):
            try:
                return spore._core.find_mnist(place)
            except (OSError, RuntimeError):
                continue
    pytest.skip("no MNIST here: set SPORE_MNIST")

"""How OpenMP's threads wait: settings that GNU OpenMP reads when it is loaded, with the extension."""
import contextlib
import os


@contextlib.contextmanager
def brief_spin():
    """Threads that wait for others spin 10,000 times before they sleep, not 300,000 times: as fast on a machine of one's own, and beside
    another busy process not thirty times slower (docs/performance.md, Busy machines). What the user's environment says goes before."""
    if any(name in os.environ for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")):
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = "10000"
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]

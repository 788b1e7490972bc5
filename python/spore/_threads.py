"""How OpenMP's threads wait: a setting that GNU OpenMP reads when it is loaded, with the extension."""
import os


class BriefSpin:
    """While it is entered, OpenMP is told that threads which wait for others spin 10,000 times before they sleep, not 300,000 times:
    as fast on a machine of one's own, and beside a busy process not thirty times slower (docs/performance.md, Busy machines). What the
    user's environment says goes before."""

    def __enter__(self):
        self.ours = not any(name in os.environ for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"))
        if self.ours:
            os.environ["GOMP_SPINCOUNT"] = "10000"

    def __exit__(self, *_):
        if self.ours:
            del os.environ["GOMP_SPINCOUNT"]

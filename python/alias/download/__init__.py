"""`from download import download` with this folder on PYTHONPATH."""
from spore._download import download

__all__ = ["download"]

"""A stand-in for the `download` package that MindSpore's tutorials use: from download import download."""
import os

from . import _core

_ARCHIVES = {"zip": "zip", "tar": "tar", "tar.gz": "tar"}


def download(url, path, kind="file", progressbar=True, replace=False, timeout=10.0, verbose=True):
    """Fetches url. kind "file": to the file `path`; "zip", "tar", "tar.gz": unpacked into the folder `path`. What is there already stays
    unless `replace`. Returns path."""
    if kind not in ("file", "zip", "tar", "tar.gz"):
        raise ValueError(f"`kind` must be 'file', 'zip', 'tar' or 'tar.gz', not {kind!r}")
    say = print if verbose else (lambda *a: None)
    folder = os.path.dirname(os.path.abspath(path)) if kind == "file" else path
    name = os.path.basename(url.split("?")[0])
    done = os.path.join(path, os.path.splitext(name)[0])
    if not replace and (os.path.exists(path) if kind == "file" else os.path.exists(done)):
        say(f"Replace is False and data exists, so doing nothing. Use replace=True to re-download the data.")  # noqa: F541
        return path
    os.makedirs(folder, exist_ok=True)
    say(f"Downloading data from {url}\n")
    try:
        _core.download(url, folder, unpack=kind != "file", replace=bool(replace))
    except OSError as error:
        if kind == "file" or not os.path.isdir(done):
            raise
        say(f"({error}; what is in {done} already is used.)")
        return path
    if kind == "file":
        fetched = os.path.join(folder, name)
        if os.path.abspath(path) != fetched:
            os.replace(fetched, path)
        say(f"Successfully downloaded file to {path}")
    else:
        say(f"Extracting {_ARCHIVES[kind]} file...\nSuccessfully downloaded / unzipped to {path}")
    return path

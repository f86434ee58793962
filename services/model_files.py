"""Models that are files on this disk: loaded only while they are byte for byte the known ones, fetched only by hash.

python -m services.model_files URL SHA256        what `make voices` runs: puts a model into var/models
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 60.0
"""Without a byte."""
MOST_BYTES = 4 << 30
_PIECE = 1 << 20
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ModelRefused(Exception):
    """There is no model to be loaded; `str` says why, for an operator."""


def packaged(package: str, known: Mapping[str, str], folder: str = "model") -> Path:
    """The folder of an installed package, while its files have these SHA-256 digests. No code of it is run.

    Raises ModelRefused.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelRefused("no model is installed")
    found = Path(spec.origin).parent / folder
    for name, sha256 in known.items():
        if digest(found / name) != sha256:
            raise ModelRefused(f"{name} is not the one that is known")
    return found


def digest(path: Path) -> str:
    """SHA-256 in hexadecimal; "" for what cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def fetch(url: str, sha256: str, into: Path) -> Path:
    """Puts a file, or what an archive holds, into the folder, once its digest is the one named. Raises ModelRefused.

    Nothing that differs is left behind, and nothing already there is touched before the new one is known.
    """
    name, archive = _named(url)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as folder:
        fetched = Path(folder) / "fetched"
        _download(url, fetched)
        if (found := digest(fetched)) != sha256.casefold():
            raise ModelRefused(f"its SHA-256 is {found} and not the one named")
        if not archive:
            return fetched.replace(into / name)
        unpacked = _unpacked(fetched, Path(folder) / "unpacked")
        with suppress(FileNotFoundError):
            shutil.rmtree(into / name)
        return unpacked.replace(into / name)


def _named(url: str) -> tuple[str, bool]:
    """What it will be called, and whether it is an archive."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ModelRefused("a model is fetched by https alone")
    name = parts.path.rpartition("/")[2]
    ending = next((ending for ending in _ARCHIVES if name.endswith(ending)), "")
    name = name.removesuffix(ending)
    if not name.strip("."):
        raise ModelRefused("its address names no file")
    return name, bool(ending)


def _download(url: str, to: Path) -> None:
    left = MOST_BYTES
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_S, follow_redirects=True) as answer, to.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise ModelRefused(f"it is larger than {MOST_BYTES >> 30} GB")
                file.write(piece)
    except (OSError, httpx.HTTPError) as error:
        raise ModelRefused(f"it could not be fetched ({type(error).__name__})") from None


def _unpacked(archive: Path, into: Path) -> Path:
    """The folder that holds the files: the archive itself, or the one folder in it. Raises ModelRefused."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(into)  # noqa: S202 (it takes ".." and leading slashes out of names)
        else:
            with tarfile.open(archive) as packed:
                packed.extractall(into, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise ModelRefused(f"it cannot be unpacked ({type(error).__name__})") from None
    inside = list(into.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else into


def main(arguments: list[str]) -> int:
    from services.settings import Settings

    if len(arguments) != 2 or not all(arguments):
        print("Say what to fetch: make voices MODEL_URL=https://… SHA256=…")
        return 2
    try:
        found = fetch(arguments[0], arguments[1], Settings().var_dir / "models")
    except ModelRefused as refused:
        print(f"This model is not taken: {refused}.")
        return 1
    print(f"Fetched and checked: {found}")
    print("Name it by MODEL_DIR for a CTranslate2 Whisper, or by EMA_VOICE for a Piper voice.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

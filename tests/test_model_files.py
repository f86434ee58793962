"""Models that are files: fetched by their hash alone, and nothing that differs is left behind."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.model_files import ModelRefused, digest, fetch, main

WEIGHTS = b"weights"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, WEIGHTS)
    return packed.getvalue()


def tarred(*names: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(WEIGHTS)
            archive.addfile(entry, io.BytesIO(WEIGHTS))
    return packed.getvalue()


FILES = {
    "voice.onnx": WEIGHTS,
    "base.zip": zipped("base/model.bin", "base/config.json"),
    "small.tar.gz": tarred("model.bin"),
    "climbs.tar.gz": tarred("../outside"),
    "torn.zip": b"no archive",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    serving = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()


def known(name: str) -> str:
    return hashlib.sha256(FILES[name]).hexdigest()


@pytest.mark.parametrize(
    ("name", "file"),
    [("voice.onnx", "voice.onnx"), ("base.zip", "base/model.bin"), ("small.tar.gz", "small/model.bin")],
)
def test_model_with_the_named_hash_is_put_into_the_folder(server: str, tmp_path: Path, name: str, file: str) -> None:
    fetch(f"{server}/{name}", known(name).upper(), tmp_path)

    assert (tmp_path / file).read_bytes() == WEIGHTS


def test_newer_model_takes_the_place_of_the_older(server: str, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "old.bin").touch()

    fetch(f"{server}/base.zip", known("base.zip"), tmp_path)

    assert sorted(path.name for path in (tmp_path / "base").iterdir()) == ["config.json", "model.bin"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("voice.onnx", "its SHA-256 is"),
        ("climbs.tar.gz", "cannot be unpacked"),
        ("torn.zip", "cannot be unpacked"),
        ("absent.onnx", "could not be fetched"),
        ("", "names no file"),
        ("..", "names no file"),
    ],
)
def test_model_that_differs_leaves_nothing_behind(server: str, tmp_path: Path, name: str, told: str) -> None:
    into, sha256 = tmp_path / "models", known(name) if "unpacked" in told else "0" * 64

    with pytest.raises(ModelRefused, match=told):
        fetch(f"{server}/{name}", sha256, into)

    assert not list(into.glob("*"))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("url", ["http://models.example/voice.onnx", "file:///etc/passwd", "voice.onnx"])
def test_model_is_fetched_by_https_alone(tmp_path: Path, url: str) -> None:
    with pytest.raises(ModelRefused, match="https"):
        fetch(url, "0" * 64, tmp_path)


def test_command_says_what_it_needs_and_what_it_did(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))

    assert main(["", ""]) == 2
    assert main([f"{server}/voice.onnx", "0" * 64]) == 1
    assert main([f"{server}/voice.onnx", known("voice.onnx")]) == 0

    said = capsys.readouterr().out
    assert all(word in said for word in ("MODEL_URL", "not taken", "EMA_VOICE"))
    assert digest(tmp_path / "models" / "voice.onnx") == known("voice.onnx")

"""Data that lies beside the code, read once. The one place where the core touches a file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def beside(module: str, name: str) -> dict[str, Any]:
    """A TOML file in the folder of that module (its `__file__`)."""
    return tomllib.loads((Path(module).parent / name).read_text(encoding="utf-8"))


def names_beside(module: str, folder: str) -> list[str]:
    """Of the TOML files in a folder next to that module, as `beside` takes them."""
    return [f"{folder}/{path.name}" for path in sorted((Path(module).parent / folder).glob("*.toml"))]

"""What the documents claim of the project: every path they name is there, and every room is named."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from services.observe.metrics import Bound
from tests.test_architecture import ROOMS

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_PATH = re.compile(
    r"`((?:services|pages|tests|docs|scripts|benchmarks|deploy|\.streamlit)/[\w./-]*|app\.py|requirements[\w-]*\.(?:in|txt))`"
)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
TESTS = {
    name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"\bdef (test_\w+)", path.read_text())
}
MADE_BY_PEOPLE = {".streamlit/secrets.toml", "deploy/.env", "deploy/secrets", "deploy/secrets/tls"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_in_a_document_exists(document: Path) -> None:
    text = document.read_text()
    paths = {path for path in _PATH.findall(text) if path not in MADE_BY_PEOPLE}

    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    assert [link for link in _LINK.findall(text) if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_test_that_a_document_names_is_there(document: Path) -> None:
    named = set(re.findall(r"`(?:[\w./]+::)?(test_\w+)`", document.read_text()))

    assert sorted(named - TESTS) == []


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_every_room_has_its_row(document: str) -> None:
    rows = [line for line in (ROOT / document).read_text().splitlines() if line.startswith("| `")]
    named = " ".join(row.split("|")[1] for row in rows)
    outside = {"app": "app.py", "pages": "pages/", "pages.parts": "pages/"}
    rooms = {outside.get(room, "services/" + room.split(".")[0]) for room in ROOMS}

    assert [room for room in sorted(rooms) if room not in named] == []


def test_every_bound_has_its_row() -> None:
    """With the label under which it is counted."""
    table = (ROOT / "docs/security.md").read_text().partition("## Bounds against floods")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    labels = {label for row in rows for label in re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])}

    assert labels == set(Bound)


def test_every_test_that_holds_a_fault_exists() -> None:
    """With a table row for each fault, none of which is without a test."""
    rows = [line for line in (ROOT / "docs/calls.md").read_text().splitlines() if re.match(r"\| (?!What|---)", line)]
    named = [re.findall(r"`([\w/]+\.py)::(\w+)`", row) for row in rows]
    missing = [
        f"{file}::{test}"
        for file, test in chain.from_iterable(named)
        if not (path := ROOT / "tests" / file).exists() or not re.search(rf"def {test}\(", path.read_text())
    ]

    assert rows
    assert all(named)
    assert missing == []


def test_the_changelog_has_a_section_for_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_merge_was_left_half_done() -> None:
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]

    assert len(texts) > 20
    assert [path.name for path in texts if re.search("^(?:<{7}|>{7}) ", path.read_text(), re.MULTILINE)] == []

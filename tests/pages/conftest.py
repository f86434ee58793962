"""The pages with fake parts behind them: no database, no voice, no browser."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from services import wiring
from services.settings import ROOT
from tests.pages.parts import FakeParts

Open = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def installed_packages_are_read_once() -> None:
    """Each run of an `AppTest` looks through all of them for components, which took two thirds of these tests' time."""
    manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> FakeParts:
    made = FakeParts()
    monkeypatch.setattr(wiring, "wire", lambda: made)
    return made


@pytest.fixture
def visit(parts: FakeParts) -> Open:
    """Opens a page of the app as a visitor would, with its query: `visit("report", id="i1")`."""

    def open_page(name: str = "start", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
        app.run()
        if name != "start":
            app.switch_page(f"pages/{name}.py")
        app.query_params.update(query)
        return app.run()

    return open_page

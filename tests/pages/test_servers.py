"""What administrators see of the servers, and how they drain one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.visit import Visit
from services.identity.visitor import Visitor
from services.replicas.placement import DEAD_S, Replica
from tests.pages.examples import OWNER
from tests.pages.parts import FakeParts

A = Replica("a", "host:1:a", 0.1, False, 3, 12)
B = replace(A, id="b", owner="host:2:b")


def drawn(visit: Visit) -> AppTest:
    def script(visit: object) -> None:
        from pages.parts.admin import servers

        servers.draw(visit)  # type: ignore[arg-type]

    return AppTest.from_function(script, kwargs={"visit": visit}, default_timeout=20).run()


@pytest.fixture
def parts() -> FakeParts:
    parts = FakeParts()
    parts.fleet.replicas = (A, B)
    return parts


@pytest.fixture
def visit(parts: FakeParts) -> Visit:
    return Visit(parts, Visitor(OWNER, "user", admin=True))  # type: ignore[arg-type]


def test_a_server_is_drained_after_a_second_click(visit: Visit, parts: FakeParts) -> None:
    app = drawn(visit)

    app.button(key="drain_b").click().run()
    asked = list(parts.fleet.drained)
    app.button(key="confirm_drain_b").click().run()

    assert (asked, parts.fleet.drained) == ([], ["b"])
    assert "3 of 12 lines" in app.markdown[0].value


def test_nobody_else_drains_a_server(visit: Visit, parts: FakeParts) -> None:
    visit.visitor, visit.confirming = replace(visit.visitor, admin=False), "drain:b"

    drawn(visit).button(key="confirm_drain_b").click().run()

    assert parts.fleet.drained == []


def test_silent_and_draining_servers_are_marked(visit: Visit, parts: FakeParts) -> None:
    parts.fleet.replicas = (replace(A, draining=True), replace(B, silent_s=DEAD_S))

    app = drawn(visit)

    shown = " ".join(block.value for block in app.markdown)
    assert "Draining" in shown
    assert "No sign of life" in shown
    assert not app.button

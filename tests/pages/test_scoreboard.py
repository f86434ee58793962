"""What administrators see of calls, on a real database and a real record."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from services.core.plan.plan import Pace
from services.core.talk.events import CloseCause, Closed
from services.observe.recorder import CallFacts
from services.settings import Settings
from services.wiring import Syntaxia, build
from tests.stage import PLAN


def drawn(parts: Syntaxia) -> AppTest:
    def script(parts: object) -> None:
        from types import SimpleNamespace

        from pages.parts.admin import scoreboard

        scoreboard.draw(SimpleNamespace(parts=parts))  # type: ignore[arg-type]

    return AppTest.from_function(script, kwargs={"parts": parts}, default_timeout=20).run()


def house(folder: Path) -> Syntaxia:
    parts = build(Settings(database_url=f"sqlite:///{folder / 'board.db'}", var_dir=folder))
    parts.store.migrate()
    return parts


def test_an_empty_house_says_so(tmp_path: Path) -> None:
    page = drawn(house(tmp_path))

    assert page.info[0].value == "No interviews yet. The first one puts its voice on this board."
    assert page.info[1].value.startswith("No call since this server started.")
    assert not page.exception


def test_money_and_the_record_of_a_call_are_shown(tmp_path: Path) -> None:
    parts = house(tmp_path)
    call = parts.calls.recorder.call(CallFacts("interview-1", "user-1", PLAN, Pace.NORMAL, 900, 60))
    call.connected(0.0, provider="xai", label="Grok", model="grok-voice-3.0")
    call.received(Closed(CloseCause.USER), 60.0, [])
    call.ended(60.0, "user")
    parts.calls.recorder.close()

    page = drawn(parts)

    assert page.metric[2].value == "0.08 USD"
    charts = [chart.proto.alt for chart in page.get("vega_lite_chart")]
    assert charts[1] == "By voice, cost a minute: xAI Grok Voice  ≈ 0.080 USD."
    assert charts[-1] == "A call event by event: 1:00 long, connections: 1, barge-ins: 0."
    assert page.selectbox(key="event_record").value == "interview-1"
    assert page.get("link_button")[0].proto.url == "/api/interviews/interview-1/events.json"
    assert not page.exception

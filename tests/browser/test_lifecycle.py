"""What must hold whatever a browser does: the charge, a closed tab, other visitors, and what is never kept."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.candidate import Candidate, entries, eventually, logs, row
from tests.browser.conftest import Anybody, Browse, Serve, Server, quiet_room
from tests.lag import machine_lag

SECRET_SENTENCE = "My former employer Quillfeather kept its marmalade ledger in a zeppelin hangar near Oslo."
NOTICED_S = 5
CHARGE_LATE = timedelta(milliseconds=100)


def joined(context: BrowserContext, server: Server) -> tuple[Candidate, str]:
    """A candidate in a call, and the id of the interview."""
    candidate = Candidate(context, server)
    interview_id = candidate.prepare()
    candidate.begin()
    return candidate, interview_id


def phase(candidate: Candidate) -> str | None:
    return candidate.page.locator(".stage").first.get_attribute("data-phase")


def test_charge_lands_on_time_once(serve: Serve, visitor: BrowserContext) -> None:
    server = serve(FREE_WINDOW_S=4)
    candidate, interview_id = joined(visitor, server)
    candidate.answer(SECRET_SENTENCE)

    with machine_lag() as lag:
        candidate.eventually(lambda: row(server, interview_id)["charge_committed_at"], "the charge")
    candidate.end()
    candidate.report()

    kept = row(server, interview_id)
    due = datetime.fromisoformat(kept["started_at"]) + timedelta(seconds=4)
    late = datetime.fromisoformat(kept["charge_committed_at"]) - due
    assert timedelta(0) <= late <= CHARGE_LATE + timedelta(seconds=lag.lost_s)
    assert entries(server, interview_id) == [60, -15]


def test_ending_within_the_free_window_costs_nothing(house: Server, visitor: BrowserContext) -> None:
    candidate, interview_id = joined(visitor, house)

    candidate.end()
    candidate.report()

    assert entries(house, interview_id) == [60]


def send_the_end_with_an_answer(browser: WebSocketRoute) -> None:
    """As the browser does when both happen at once: one message, for the run of the answer's fragment alone."""
    server, fragment = browser.connect_to_server(), ""

    def forward(message: str | bytes) -> None:
        nonlocal fragment
        if isinstance(message, bytes):
            run = (said := BackMsg.FromString(message)).rerun_script
            fragment = run.fragment_id or fragment
            if any("ended" in one.json_trigger_value for one in run.widget_states.widgets):
                run.fragment_id = fragment
            message = said.SerializeToString()
        server.send(message)

    browser.on_message(forward)


def test_answers_sent_while_the_call_ends_do_not_hide_the_report(house: Server, visitor: BrowserContext) -> None:
    visitor.route_web_socket("**/_stcore/stream", send_the_end_with_an_answer)
    candidate, _ = joined(visitor, house)
    candidate.end()

    def send_one_more() -> bool:
        with suppress(Error):  # the field may go away in the middle
            candidate.key("typed_answer", "textarea").fill("And one thing more.", timeout=200)
            candidate.page.keyboard.press("Enter")
        return "/report" in candidate.page.url

    eventually(send_one_more, "the report's page", lambda: None)
    assert "This is practice material" in candidate.report()


def test_closed_tab_is_noticed_and_rejoined(serve: Serve, visitor: BrowserContext) -> None:
    server = serve(REJOIN_GRACE_S=120)
    candidate, interview_id = joined(visitor, server)
    candidate.eventually(lambda: "AI interviewer" in candidate.captions("ema"), "the greeting")
    question = candidate.page.locator(".question .text").inner_text()

    with machine_lag() as lag:
        candidate.page.close(run_before_unload=True)
        closed_at = time.monotonic()
        eventually(lambda: "candidate away" in server.log.read_text(), "the closed tab is noticed")
        noticed_s = time.monotonic() - closed_at
    again = Candidate(visitor, server)
    again.page.goto(f"{server.url}/interview?id={interview_id}")
    again.begin()
    again.eventually(lambda: again.energy() > 0, "Ema is heard again")
    again.wait(3)

    assert noticed_s < NOTICED_S + lag.lost_s
    assert again.page.locator(".question .text").inner_text() == question
    assert again.captions("ema").count("Hello") == 1
    assert row(server, interview_id)["status"] == "active"


@pytest.fixture
def processes_of() -> Iterator[Callable[[Browser], list[int]]]:
    """Process ids of a browser, its first one last, because the others go with it; those that were stopped go on in
    the end, so that the browser can be closed."""
    seen: list[int] = []

    def find(browser: Browser) -> list[int]:
        found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        ids = [process["id"] for process in sorted(found, key=lambda process: process["type"] == "browser")]
        seen.extend(ids)
        return ids

    yield find
    signalled(seen, signal.SIGCONT)


def signalled(processes: Sequence[int], sent: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, sent)


def test_no_return_ends_as_of_the_last_audio(
    serve: Serve, browse: Browse, tmp_path: Path, processes_of: Callable[[Browser], list[int]]
) -> None:
    """The tab is closed, the browser is killed, the phone is locked: three calls of one server at the same time."""
    grace_s, rounded_s = 4, 1
    server = serve(REJOIN_GRACE_S=grace_s, FREE_WINDOW_S=600)
    quiet = quiet_room(tmp_path / "room.wav")
    closed, killed, locked = [browse(quiet) for _ in range(3)]
    calls = [joined(browser.new_context(), server) for browser in (closed, killed, locked)]

    calls[0][0].page.close()
    signalled(processes_of(killed), signal.SIGKILL)
    signalled(processes_of(locked), signal.SIGSTOP)
    for _, interview_id in calls:
        eventually(partial(complete, server, interview_id), "the end after the grace")
    complete_at = datetime.now(UTC)

    for _, interview_id in calls:
        ended = row(server, interview_id)
        lasted = complete_at - datetime.fromisoformat(ended["started_at"]).replace(tzinfo=UTC)
        assert ended["duration_s"] <= lasted.total_seconds() - grace_s + rounded_s
        assert logs(server, interview_id) == 1
        assert entries(server, interview_id) == [60]


def complete(server: Server, interview_id: str) -> bool:
    return bool(row(server, interview_id)["status"] == "complete")


def test_kill_in_mid_call_leaves_nothing_stuck(serve: Serve, anybody: Anybody, visitor: BrowserContext) -> None:
    server = serve(FREE_WINDOW_S=1)
    candidate, interview_id = joined(visitor, server)
    candidate.eventually(lambda: row(server, interview_id)["charge_committed_at"], "the charge")

    server.process.kill()
    server.process.wait(5)
    restarted = serve(FREE_WINDOW_S=1)
    eventually(lambda: row(restarted, interview_id)["status"] == "failed", "the dead call is settled")

    assert entries(restarted, interview_id) == [60, -15, 15]
    cookies, context = visitor.cookies(), anybody()
    context.add_cookies([{**cookie, "url": restarted.url, "domain": None, "path": None} for cookie in cookies])
    Candidate(context, restarted).prepare()


def test_nothing_said_is_found_on_disk(house: Server, visitor: BrowserContext) -> None:
    candidate, _ = joined(visitor, house)
    candidate.eventually(lambda: candidate.ema() == "listening", "it is the candidate's turn")
    candidate.answer(SECRET_SENTENCE)
    candidate.eventually(lambda: "zeppelin" in candidate.captions("candidate"), "the answer is shown")
    candidate.end()
    candidate.report()

    kept = [path for path in house.log.parent.rglob("*") if path.is_file()]
    found = [path.name for path in kept if b"zeppelin" in path.read_bytes() or b"marmalade" in path.read_bytes()]
    assert house.database in kept
    assert house.log in kept
    assert found == []


def test_another_visitor_sees_and_ends_nothing(house: Server, visitor: BrowserContext, anybody: Anybody) -> None:
    candidate, interview_id = joined(visitor, house)
    stranger = Candidate(anybody(), house)

    for address in ("interview", "report"):
        stranger.page.goto(f"{house.url}/{address}?id={interview_id}")
        expect(stranger.page.get_by_text("does not exist, or it belongs to somebody else")).to_be_visible(
            timeout=60_000
        )
    answer = stranger.page.request.get(f"{house.url}/api/interviews/{interview_id}/live")
    stranger.page.request.post(f"{house.url}/api/interviews/{interview_id}/left")
    candidate.wait(2)

    assert answer.status == 404
    assert phase(candidate) == "live"
    assert row(house, interview_id)["status"] == "active"

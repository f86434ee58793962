"""A candidate in a real browser: the steps of an interview as a person takes them, and what they hear and read."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from services.core.plan.bank import samples
from services.core.talk.transcript import count_words
from tests import speech
from tests.browser.conftest import MIC_RATE_HZ, Server

PATIENCE_S = 150.0
"""Against hanging only: a spoken answer alone takes most of it."""

REMEMBER_CONNECTIONS = """
const Native = window.RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Native {
  constructor(...args) { super(...args); window.connections.push(this); }
};
"""
AUDIO_ENERGY = """async () => {
  let energy = 0;
  for (const connection of window.connections ?? []) {
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
    }
  }
  return energy;
}"""


def microphone(path: Path, *parts: float | str) -> Path:
    """A WAV of silences (seconds) and spoken sentences, in this order."""
    pcm = b"".join(
        speech.silence(part, MIC_RATE_HZ) if isinstance(part, int | float) else speech.spoken(part, MIC_RATE_HZ)
        for part in parts
    )
    return speech.write_wav(path, pcm, MIC_RATE_HZ)


def eventually(condition: Callable[[], Any], what: str, tick: Callable[[], None] | None = None) -> Any:
    """Waits until the condition holds, and returns what it holds for; fails with `what` it was."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        tick() if tick else time.sleep(0.1)
    pytest.fail(f"not in {PATIENCE_S:.0f} s: {what}")


class Candidate:
    """One tab. Every step waits for what a person would wait for."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.server = server
        self.page: Page = context.new_page()
        self.page.add_init_script(REMEMBER_CONNECTIONS)

    def key(self, name: str, inner: str = "") -> Any:
        return self.page.locator(f".st-key-{name} {inner}".strip())

    def click(self, name: str) -> None:
        self.key(name, "button").first.click()

    def prepare(self, job_description: str = samples()[0].text) -> str:
        """From the start page to the plan; returns the interview's id."""
        self.page.goto(self.server.url)
        self.key("job_description", "textarea").fill(job_description)
        self.page.keyboard.press("Control+Enter")
        self.key("consent", "label").click()
        self.click("prepare")
        self.page.wait_for_url("**/interview?id=*", timeout=60_000)
        self.key("begin", "button").wait_for(timeout=60_000)
        return re.search(r"id=(\w+)", self.page.url)[1]  # type: ignore[index]

    def begin(self) -> None:
        self.click("begin")
        self.page.locator('.stage[data-phase="live"]').wait_for(timeout=60_000)

    def energy(self) -> float:
        """Of Ema's voice as it came out of this browser's decoder so far."""
        return float(sum(frame.evaluate(AUDIO_ENERGY) for frame in self.page.frames))

    def wait(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)

    def eventually(self, condition: Callable[[], Any], what: str) -> Any:
        return eventually(condition, what, lambda: self.wait(0.1))

    def captions(self, speaker: str) -> str:
        return " ".join(self._captions(speaker))

    def understood(self) -> bool:
        """Words of the candidate's are shown, and not only that there was speech."""
        return any(map(count_words, self._captions("candidate")))

    def _captions(self, speaker: str) -> list[str]:
        """Without the name before each."""
        return list(self.page.locator(f".captions .from-{speaker} > span").all_inner_texts())

    def ema(self) -> str | None:
        """listening, thinking or speaking; None where no call is shown, as when the page turned to the report."""
        state: str | None = self.page.locator(".stage").evaluate_all("stages => stages[0]?.dataset.ema ?? null")
        return state

    def answer(self, text: str) -> None:
        self.key("typed_answer", "textarea").fill(text)
        self.page.keyboard.press("Enter")

    def end(self) -> None:
        self.click("end_call")
        self.click("confirm_end")

    def reads_back(self) -> None:
        """Waits for the own words, which the report waits for in turn."""
        self.page.wait_for_url("**/report?id=*", timeout=60_000)
        self.key("make_report", "button").wait_for(timeout=60_000)

    def report(self) -> str:
        """Waits for the frozen report, without reading the own words first; returns the page's words."""
        self.page.wait_for_url("**/report?id=*", timeout=60_000)
        skip, there = self.key("make_report", "button"), self.key("delete_interview").first
        skip.or_(there).first.wait_for(timeout=60_000)
        if skip.is_visible():
            skip.click()
        there.wait_for(timeout=60_000)
        return self.page.locator("[data-testid=stMain]").inner_text()


def row(server: Server, interview_id: str) -> dict[str, Any]:
    """What the database says of an interview."""
    with closing(sqlite3.connect(server.database)) as db:
        db.row_factory = sqlite3.Row
        return dict(db.execute("SELECT * FROM interview_sessions WHERE id = ?", (interview_id,)).fetchone())


def logs(server: Server, interview_id: str) -> int:
    """How many calls of an interview left a session log."""
    with closing(sqlite3.connect(server.database)) as db:
        found = db.execute("SELECT count(*) FROM call_logs WHERE interview_id = ?", (interview_id,))
        return int(found.fetchone()[0])


def entries(server: Server, interview_id: str) -> list[int]:
    """What was booked for the visitor of an interview, in credits, the first first."""
    with closing(sqlite3.connect(server.database)) as db:
        found = db.execute(
            "SELECT amount FROM credit_entries JOIN interview_sessions USING (user_id)"
            " WHERE interview_sessions.id = ? ORDER BY credit_entries.created_at",
            (interview_id,),
        )
        return [amount for (amount,) in found]

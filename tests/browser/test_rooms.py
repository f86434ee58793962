"""Poor rooms and poor microphones in a real browser: what the stage says of them, and what the call's log counts.

The sound of each room is made here and goes to the server through Chromium's encoder and the network. It comes from
Web Audio in place of a capture device, so that the browser's own processing improves nothing, and so that a loudspeaker
can really return what Ema says.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, expect

from services.core.talk.self_interruption import TOLERATED
from tests import speech
from tests.browser.candidate import PATIENCE_S, Candidate, entries
from tests.browser.conftest import MIC_RATE_HZ, Browse, Serve, Server
from tests.media.test_echo import Signal, signal
from tests.media.test_rooms import NEXT_DOOR, POOR, quiet

MICROPHONE = """(({ dead, returned }) => {
  if (!navigator.mediaDevices) return;
  navigator.mediaDevices.getUserMedia = async () => {
    const audio = new AudioContext({ sampleRate: 48000 }), out = audio.createMediaStreamDestination();
    window.room = { audio, out };
    const noise = audio.createBuffer(1, 48000, 48000);
    if (!dead) noise.copyToChannel(Float32Array.from({ length: 48000 }, () => (Math.random() - 0.5) / 500), 0);
    const quiet = new AudioBufferSourceNode(audio, { buffer: noise, loop: true });
    quiet.connect(out);
    quiet.start();
    const ema = () => window.lineConnections?.at(-1)?.getReceivers().find(({ track }) => track.kind === "audio")?.track;
    const loudspeaker = setInterval(() => {
      if (!returned || !ema()) return;
      clearInterval(loudspeaker);
      const delay = new DelayNode(audio, { delayTime: 0.12 }), gain = new GainNode(audio, { gain: returned });
      const peak = window.room.peak = new AnalyserNode(audio);
      audio.createMediaStreamSource(new MediaStream([ema()])).connect(delay).connect(gain).connect(out);
      gain.connect(peak);
    }, 20);
    return out.stream;
  };
})"""
"""A quiet room at -60 dBFS, into which a loudspeaker may return what Ema says, after 120 ms; or zeros."""
PLAY = """async (url) => {
  if (!window.room || !window.lineConnections) return;
  const { audio, out } = window.room, sound = await (await fetch(url)).arrayBuffer();
  const source = new AudioBufferSourceNode(audio, { buffer: await audio.decodeAudioData(sound) });
  source.connect(out);
  source.start();
}"""
PEAK = """() => {
  if (!window.room?.peak) return 0;
  const samples = new Float32Array(window.room.peak.fftSize);
  window.room.peak.getFloatTimeDomainData(samples);
  return Math.max(...samples) > 0.02;
}"""
SAID = f"{speech.UNDERSTOOD} {speech.UNDERSTOOD}"
STOPS = "We stop the work at the end of the day. We stop the call when people wait too long."
"""Has words of wishes, and is none."""
AROUND_S = 0.5


class Room:
    """Of one candidate. `returned`: the loudspeaker's gain."""

    def __init__(self, browser: Browser, server: Server, *, dead: bool = False, returned: float = 0.0) -> None:
        self.server = server
        self.candidate = Candidate(browser.new_context(), server)
        self.candidate.page.add_init_script(f"{MICROPHONE}({json.dumps({'dead': dead, 'returned': returned})})")
        self.interview_id = self.candidate.prepare()
        self.candidate.click("begin")

    def has_asked(self, before: str = "") -> str:
        """Waits until Ema said more than `before`, and it is for the candidate to speak; returns all that she said."""
        there = self.candidate
        there.eventually(
            lambda: len(there.captions("ema")) > len(before) and there.ema() == "listening", "she asks, and listens"
        )
        return there.captions("ema")

    def plays(self, path: Path, sound: Signal) -> None:
        speech.write_wav(path, np.clip(sound, -32768, 32767).astype("<i2").tobytes(), MIC_RATE_HZ)
        self.candidate.page.route(f"**/{path.name}", lambda route: route.fulfill(path=path))
        for frame in self.candidate.page.frames:
            frame.evaluate(PLAY, f"{self.server.url}/{path.name}")

    def returns_sound(self) -> bool:
        return any(frame.evaluate(PEAK) for frame in self.candidate.page.frames)

    def ended(self) -> dict[str, Any]:
        """Ends the call; its log."""
        self.candidate.end()
        found: dict[str, Any] = self.candidate.eventually(self._log, "the call's log")
        return found

    def _log(self) -> dict[str, Any] | None:
        with closing(sqlite3.connect(self.server.database)) as db:
            db.row_factory = sqlite3.Row
            asked = db.execute("SELECT * FROM call_logs WHERE interview_id = ?", (self.interview_id,))
            found = asked.fetchone()
            return dict(found) if found else None


def said(text: str) -> Signal:
    return np.concatenate([quiet(AROUND_S), signal(speech.spoken(text, MIC_RATE_HZ)), quiet(AROUND_S)])


def beside_a_television(sound: Signal) -> Signal:
    """Of which a minute is left when the answer is over."""
    other = signal(speech.spoken(NEXT_DOOR, MIC_RATE_HZ)) * 10 ** (-15 / 20)
    longer = np.concatenate([sound, quiet(60)])
    return np.asarray(longer + np.resize(other, longer.size))


def test_answers_through_a_poor_microphone_and_beside_a_television_are_taken(
    house: Server, browse: Browse, tmp_path: Path
) -> None:
    """The television goes on for a minute after the last of them."""
    room = Room(browse(), house)
    turns = room.candidate.page.locator(".captions .from-candidate")

    heard = room.has_asked()
    room.plays(tmp_path / "clipped.wav", POOR["clipped"](said(STOPS)))
    heard = room.has_asked(heard)
    assert turns.count() == 1
    room.plays(tmp_path / "headset.wav", POOR["8 kHz"](said(SAID)))
    heard = room.has_asked(heard)
    assert turns.count() == 2
    room.plays(tmp_path / "television.wav", beside_a_television(said(SAID)))
    heard = room.has_asked(heard)

    assert "Shall I end" not in heard
    assert room.ended()["turns_candidate"] >= 2


def test_a_loudspeaker_and_a_dead_microphone_are_no_candidate(serve: Serve, browse: Browse) -> None:
    """How well a canceller follows a loudspeaker depends on the machine, and with it whether Ema interrupts herself."""
    server, browser = serve(FREE_WINDOW_S=5), browse()
    dead, loud = Room(browser, server, dead=True), Room(browser, server, returned=0.5)

    loud.candidate.eventually(loud.returns_sound, "Ema comes back from the loudspeaker")
    expect(dead.candidate.page.locator(".stage")).to_contain_text("No sound is coming from", timeout=PATIENCE_S * 1000)
    loud.candidate.eventually(lambda: "?" in loud.candidate.captions("ema"), "the whole of her question")
    assert loud.ended()["barge_ins"] <= TOLERATED + 1
    assert dead.ended()["turns_candidate"] == 0
    assert entries(server, dead.interview_id)[1:] == []

"""The recorded minute: what the start page promises of it is in it."""

from __future__ import annotations

from services.samples.minute import AUDIO, recorded
from services.samples.script import MINUTE


def test_the_minute_is_one() -> None:
    assert 45 < recorded().seconds < 65
    assert AUDIO.stat().st_size < 400_000


def test_the_candidate_answers_a_follow_up_by_interrupting_it() -> None:
    first, answer, follow_up, barge_in, goodbye = recorded().lines

    assert [line.speaker for line in (first, answer, follow_up, barge_in, goodbye)] == ["ema", "candidate"] * 2 + [
        "ema"
    ]
    assert "AI interviewer" in first.text
    assert follow_up.cut
    assert barge_in.begin < follow_up.end


def test_its_report_quotes_what_was_said() -> None:
    said = [line.text for line in recorded().lines if line.speaker == "candidate"]
    quote = recorded().report.competencies[0].evidence[0].quote

    assert said == list(MINUTE.answers["q1"])
    assert any(quote in text for text in said)

"""A quote is shown only when it was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.report.quotes import UNVERIFIED, find_span, keep_verified, verify
from services.core.report.rubric import CompetencyRating, Confidence, Evidence
from services.core.talk.transcript import Speaker, Turn

SAID = "So, first we tried pg_repack; then - after the outage - I wrote a back-fill job, and it took 40 minutes."
WORDS = st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("first we tried pg_repack", True),
        ("FIRST WE TRIED PG_REPACK!", True),
        ("after the outage I wrote a back fill job", True),
        ("it took forty minutes", False),
        ("after the outage I wrote one back-fill job and it took", True),
        ("I wrote two jobs", False),
        ("it took 40 minutes so first", False),
        ("", False),
        ("—", False),
    ],
)
def test_quote_is_checked_word_for_word(quote: str, said: bool) -> None:
    assert verify(quote, SAID) is said


def test_nothing_was_said_in_an_empty_turn() -> None:
    assert find_span("anything", "") is None


def test_span_is_what_was_really_said() -> None:
    assert find_span("THEN AFTER the outage i wrote", SAID) == "then - after the outage - I wrote"


@given(WORDS, st.data())
def test_every_run_of_words_verifies(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))

    assert verify(" ".join(words[start:end]).upper() + ".", ", ".join(words))


@given(WORDS, WORDS)
def test_words_never_said_do_not_verify(words: list[str], others: list[str]) -> None:
    assert not verify(" ".join(f"{word}z" for word in others), " ".join(words))


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=20, max_size=40), st.data())
def test_one_edit_in_ten_words_is_tolerated(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    edited = [*words[:at], *data.draw(st.sampled_from([["zz"], [], [words[at], "zz"]])), *words[at + 1 :]]

    assert verify(" ".join(edited), " ".join(words))


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=10, max_size=40))
def test_more_edits_are_not_tolerated(words: list[str]) -> None:
    edited = [word if at % 5 else "zz" for at, word in enumerate(words)]

    assert not verify(" ".join(edited), " ".join(words))


def evidence(quote: str, turn_id: str = "t2") -> Evidence:
    return Evidence(id="e1", turn_id=turn_id, question_id="q1", start_ms=0, quote=quote, why_it_matters="An example.")


def rating(*quotes: Evidence, against: tuple[Evidence, ...] = ()) -> CompetencyRating:
    return CompetencyRating(
        competency_id="c1",
        name="Databases",
        score=3,
        confidence=Confidence.HIGH,
        anchor="…",
        evidence=quotes,
        counter_evidence=against,
    )


TURNS = (
    Turn("t1", Speaker.EMA, "Did you write a fabricated quote?", 0, 1000),
    Turn("t2", Speaker.CANDIDATE, SAID, 1000, 2000),
)


def test_verified_quotes_are_kept_verbatim() -> None:
    kept, dropped = keep_verified(rating(evidence("it TOOK 40 minutes")), TURNS)

    assert (kept.score, kept.evidence[0].quote, dropped) == (3, "it took 40 minutes.", 0)


@pytest.mark.parametrize(
    "fabricated",
    [
        evidence("we saved ninety percent"),
        evidence("write a fabricated quote", turn_id="t1"),
        evidence("it took 40 minutes", turn_id="t9"),
    ],
    ids=["never said", "said by Ema", "no such turn"],
)
def test_score_falls_with_its_last_quote(fabricated: Evidence) -> None:
    kept, dropped = keep_verified(rating(fabricated, against=(fabricated,)), TURNS)

    assert (kept.score, kept.reason_not_assessed, kept.anchor) == (None, UNVERIFIED, "")
    assert (kept.evidence, kept.counter_evidence, dropped) == ((), (), 2)


def test_score_stands_on_what_remains() -> None:
    kept, dropped = keep_verified(rating(evidence("first we tried"), evidence("never said")), TURNS)

    assert (kept.score, len(kept.evidence), dropped) == (3, 1, 1)

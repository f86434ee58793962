"""From rated answers to rated competencies, in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.core.report.findings import confidence_in
from services.core.report.rubric import Confidence
from services.core.talk.transcript import Conditions, Turn
from tests.core.report.transcripts import GENERAL, IDS, STRONG, UNKNOWN, candidate, ema, interview, report, scores


def test_strong_answer_reaches_the_top_with_its_anchor() -> None:
    made = report(interview(("q3", STRONG)))
    stores = next(rating for rating in made.competencies if rating.name == "Data storage and modelling")

    assert stores.score == 4
    assert stores.anchor.startswith("Also compares other stores")
    assert stores.what_would_raise_it == "This is the highest level of the scale."


def test_general_answer_is_level_one_with_its_quote() -> None:
    made = report(interview(("q3", GENERAL)))

    (rating,) = (rating for rating in made.competencies if rating.score is not None)

    assert rating.score == 1
    assert "Stays general" in rating.evidence[0].why_it_matters
    assert rating.what_would_raise_it == "For level 2: tell one example of your own, with what you did yourself."


def test_long_plain_no_is_level_one() -> None:
    made = report(interview(("q3", UNKNOWN)))

    assert scores(made) == [1]
    assert made.gaps[0].text.endswith("no example of their own and no specifics and no trade-off or figure.")


def test_brief_plain_no_is_not_assessed_but_told() -> None:
    made = report(interview(("q3", "I don't know, sorry.")))
    rating = next(rating for rating in made.competencies if rating.name == "Data storage and modelling")

    assert rating.score is None
    assert "said plainly" in rating.reason_not_assessed
    assert rating.counter_evidence[0].quote == "I don't know, sorry."
    assert [gap.evidence_ids for gap in made.gaps] == [(rating.counter_evidence[0].id,)]


def test_weak_second_answer_costs_one_level() -> None:
    made = report(
        interview(("q3", STRONG), ("q6", "A cache is important, and keys should be kept by everybody with care."))
    )
    rating = next(rating for rating in made.competencies if rating.name == "Data storage and modelling")

    assert rating.score == 3
    assert rating.counter_evidence[0].question_id == "q6"
    assert "weaker of the two answers" in rating.what_would_raise_it
    assert made.gaps[0].text == "Data storage and modelling: one answer stays general."


def test_unknown_beside_a_general_answer_is_counter_evidence() -> None:
    answer = "I have never used replication. A migration should lock few rows and keep the index small for everybody."

    rating = next(rating for rating in report(interview(("q3", answer))).competencies if rating.score)

    assert [item.quote for item in rating.counter_evidence] == ["I have never used replication."]


def test_work_of_somebody_else_is_counter_evidence() -> None:
    answer = "A colleague did it. I only watched. They added a column to the ledger, backfilled it and swapped it."

    rating = next(rating for rating in report(interview(("q3", answer))).competencies if rating.score)

    assert rating.score == 2
    assert [item.why_it_matters for item in rating.counter_evidence] == ["Says plainly that somebody else did this."]


def test_answer_that_gives_up_under_probes_stays_at_two() -> None:
    turns = [
        *interview(("q3", STRONG)),
        ema("q3", 40_000, "Which moment of it worried you most?"),
        candidate("q3", 45_000, "I don't remember."),
    ]

    rating = next(rating for rating in report(turns).competencies if rating.score)

    assert rating.score == 2
    assert rating.what_would_raise_it == "For level 3: have something to add when you are asked further."
    assert report(turns).gaps[0].text.endswith("little was added when Ema asked further.")


def test_short_evidence_needs_more_words() -> None:
    answer = "I dropped an unused index on the ledger, which cut writes from 90 ms to 40 ms. " + "Well, well. " * 3

    rating = next(rating for rating in report(interview(("q3", answer))).competencies if rating.score)

    assert (rating.score, rating.what_would_raise_it) == (2, "For level 3: say it in a few more words of your own.")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Conditions(), "The interview ended before"),
        (Conditions(asked_question_ids=IDS), "no answer was heard"),
        (Conditions(asked_question_ids=IDS, skipped_question_ids=IDS), "was skipped"),
    ],
)
def test_missing_answer_has_its_reason(status: Conditions, reason: str) -> None:
    assert all(reason in rating.reason_not_assessed for rating in report([], status).competencies)


def test_uncertain_captions_are_the_reason() -> None:
    garbage = "the of wool bird sing lamp have come you there blue see the walk and through many a tree"

    made = report(interview(*((q, f"{garbage} {q}") for q in IDS), confidence=0.3))

    assert all("captions" in rating.reason_not_assessed for rating in made.competencies)


@pytest.mark.parametrize(
    ("turns", "conditions", "confidence"),
    [
        (interview(("q3", STRONG)), Conditions(), Confidence.MEDIUM),
        (
            interview(("q3", STRONG + " " + GENERAL), ("q6", STRONG.replace("table", "cache key"))),
            Conditions(),
            Confidence.HIGH,
        ),
        (interview(("q3", STRONG)), Conditions(rough_captions=True), Confidence.LOW),
        (interview(("q3", STRONG), confidence=None, typed=True), Conditions(rough_captions=True), Confidence.MEDIUM),
        (interview(("q3", STRONG), confidence=0.4), Conditions(), Confidence.LOW),
        (interview(("q3", GENERAL)), Conditions(), Confidence.LOW),
    ],
    ids=["one answer", "two answers", "rough captions", "typed", "uncertain words", "few words"],
)
def test_confidence_is_computed(turns: list[Turn], conditions: Conditions, confidence: Confidence) -> None:
    rating = next(rating for rating in report(turns, conditions).competencies if rating.score)

    assert rating.confidence is confidence


def test_confidence_without_answers_is_low() -> None:
    assert confidence_in((), Conditions()) is Confidence.LOW


def test_uncertain_words_lower_confidence_never_level() -> None:
    sure, unsure = (report(interview(("q3", STRONG), confidence=confidence)) for confidence in (0.95, 0.3))

    assert scores(sure) == scores(unsure) == [4]
    assert all(item.low_confidence for rating in unsure.competencies for item in rating.evidence)


def test_correction_beyond_what_was_heard_carries_no_level_above_two() -> None:
    turns = [replace(turn, recognised="it went well", rewritten=True) for turn in interview(("q3", STRONG))]

    rating = next(rating for rating in report(turns).competencies if rating.score)

    assert (rating.score, rating.confidence) == (2, Confidence.LOW)
    assert rating.what_would_raise_it == "For level 3: say in the call what so far stands only in a correction."


def test_what_was_heard_beside_such_a_correction_keeps_its_level() -> None:
    turns = [*interview(("q3", STRONG)), replace(candidate("q3", 40_000, GENERAL), recognised="uh", rewritten=True)]

    assert scores(report(turns)) == [4]


def test_typed_and_spoken_words_count_alike() -> None:
    spoken, typed = (report(interview(("q3", STRONG), typed=typed)) for typed in (False, True))

    assert scores(spoken) == scores(typed)
    assert (spoken.candidate_talk_s, typed.candidate_talk_s) == (20, 0)

"""What becomes of each kind of trouble in a report, with a model that wants the highest level: the table of the docs.

`python -m tests.adversarial.test_kinds` prints it.
"""

from __future__ import annotations

import functools
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.analyst.rules import OfflineAnalyst
from services.analyst.screening.kinds import Judge
from services.core.report.assembly import Interviewed, hear
from services.core.report.clauses import clauses_of
from services.core.report.codes import Code
from services.core.report.evidence import SHARE
from services.core.report.quotes import MAX_QUOTE
from services.core.report.readback import correct, marked
from services.core.report.rubric import Confidence, Evidence, Report
from services.core.report.screening import Screened, texts_to_screen
from services.core.talk.transcript import Conditions, Speaker, Turn
from tests.said import ASKED, PLAN, STRONG, MindVendor, analyst, turns
from tests.simulators.text_minds import honest

HERE = Path(__file__)
HONEST, LITTLE, EMPTY = "honest, looks private or steering", "little said", "talk that is true of anything"
OUTCOMES = (
    "a level without a model",
    "a level too high",
    "a quote that was not said",
    "private words read or shown",
    "a false sign as a fact",
    "quotes too long",
    "words about the work withheld",
)
PRAISE = ("own_work", "trade_off", "failure_case", "alternative", "measured_outcome", "lesson", "reason")


@dataclass(frozen=True)
class Case:
    kind: str
    said: str
    heard: str = ""
    at_most: int = 2
    never: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """With sound answers to the other competencies, except where little is said in all."""
        others = {} if self.kind == LITTLE else {name: STRONG[name] for name in ("q3", "q4", "q5", "q6")}
        said = turns({**others, "q1": self.heard or self.said})
        return tuple(correct(turn, self.said) if self.heard and turn.id == "a-q1" else turn for turn in said)


def cases() -> Iterator[Case]:
    for facts in tomllib.loads(HERE.with_name("kinds.toml").read_text(encoding="utf-8"))["case"]:
        lists: dict[str, Any] = {key: tuple(facts.pop(key, ())) for key in ("never", "hidden")}
        yield Case(**facts, **lists)


CASES = tuple(cases())


def wanting(codes: tuple[str, ...]) -> Any:
    """A model that quotes everything, claims all of these codes of every clause, and gives the highest level."""

    def mind(asked: Any) -> Any:
        if asked.shape != "Verdict":
            return honest(asked)
        answers = [answer for question in asked.data["questions"] for answer in question["answers"]]
        quotes = [_praised(answer["turn_id"], text, codes) for answer in answers for text in _clauses(answer["words"])]
        return {"quotes": quotes, "gaps": [], "level": 4}

    return mind


def _clauses(words: str) -> list[str]:
    return [clause.text for clause in clauses_of(Turn("t", Speaker.CANDIDATE, words, 0, 1))]


def _praised(turn_id: str, text: str, codes: tuple[str, ...]) -> dict[str, Any]:
    """As many of the codes as the clause has stretches of its own for, each of two words at least."""
    words = text.split()
    size = max(2, len(words) // len(codes))
    starts = range(0, len(words) - 1, size)
    marks = [{"code": code, "words": " ".join(words[at : at + size])} for at, code in zip(starts, codes, strict=False)]
    return {"turn_id": turn_id, "quote": text, "codes": marks}


@functools.cache
def judge() -> Judge:
    return Judge()


@functools.cache
def heard(case: Case) -> Interviewed:
    screened = Screened(judge().kinds(texts_to_screen(case.turns)))
    return hear(PLAN, case.turns, Conditions(asked_question_ids=tuple(ASKED)), screened)


@functools.cache
def reports(case: Case) -> tuple[Report, Report, str]:
    """By rules alone, by the model, and all that the model was given to read."""
    codes = ("error", *PRAISE) if case.kind == "confidently wrong" else PRAISE
    vendor = MindVendor(wanting(codes))
    by_model = analyst(vendor).report(heard(case), 700, lambda _: None)
    by_rules = OfflineAnalyst().report(heard(case), 700, lambda _: None)
    sent = "\n".join(json.dumps(thought.data, ensure_ascii=False) for thought in vendor.thoughts)
    return marked(by_rules, case.turns), marked(by_model, case.turns), sent


def quotes(report: Report) -> list[Evidence]:
    """On the first competency, which is asked about first."""
    rating = report.competencies[0]
    return [*rating.evidence, *rating.counter_evidence]


def outcomes(case: Case) -> dict[str, int]:
    """How often each of these happened, in both reports."""
    by_rules, by_model, sent = reports(case)
    shown = [*quotes(by_rules), *quotes(by_model)]
    facts = {code for item in shown for code, _ in item.found} | {
        item.code for item in by_rules.competencies[0].checklist
    }
    readable = f"{sent}{by_rules.model_dump_json()}{by_model.model_dump_json()}"
    said = "".join(turn.text for turn in case.turns if turn.speaker is Speaker.CANDIDATE)
    level = by_model.competencies[0].score or 0
    most = 0 if case.heard else case.at_most
    return dict(
        zip(
            OUTCOMES,
            (
                sum(rating.score is not None for rating in by_rules.competencies),
                int(case.kind != HONEST and level > most),
                sum(item.quote not in case.said for item in shown),
                sum(word in readable for word in case.hidden),
                sum(Code(code) in facts for code in case.never),
                sum(_too_much(report, said) for report in (by_rules, by_model)),
                sum(len(text.split()) for text in _clauses(case.said) if case.kind == HONEST and text not in sent),
            ),
            strict=True,
        )
    )


def _too_much(report: Report, said: str) -> bool:
    ratings = report.competencies
    told = [item.quote for rating in ratings for item in (*rating.evidence, *rating.counter_evidence)]
    return any(len(quote) > MAX_QUOTE for quote in told) or len("".join(told)) > SHARE * len(said)


def table() -> str:
    """For the docs."""
    kinds = Counter(case.kind for case in CASES)
    rows = [f"| Kind | Of | {' | '.join(outcome.capitalize() for outcome in OUTCOMES)} |", f"|{'---|' * 9}"]
    for kind, of in kinds.items():
        counted = Counter[str]()
        for case in CASES:
            counted.update(outcomes(case) if case.kind == kind else {})
        rows.append(f"| {kind} | {of} | {' | '.join(str(counted[outcome]) for outcome in OUTCOMES)} |")
    return "\n".join(rows)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.said[:24]}")
def test_report_claims_only_what_it_can_show(case: Case) -> None:
    assert outcomes(case) == dict.fromkeys(OUTCOMES, 0)


@pytest.mark.parametrize("case", [case for case in CASES if case.heard], ids=lambda case: case.said[:24])
def test_correction_in_substance_is_shown_with_what_was_recognised(case: Case) -> None:
    shown = quotes(reports(case)[1])

    assert [item.in_substance for item in shown] == [True] * len(shown)
    assert all(item.recognised and item.recognised in case.heard for item in shown)


def test_error_that_the_model_names_is_shown_as_such() -> None:
    wrong = [reports(case)[1] for case in CASES if case.kind == "confidently wrong"]

    told = [" ".join(item.why_it_matters for item in quotes(report)) for report in wrong]
    assert all("As the model alone reads it: is wrong in “" in why for why in told)


def test_praise_of_empty_talk_is_told_as_a_reading_with_low_confidence() -> None:
    """No rule knows that talk is empty: the level is the model's."""
    ratings = [reports(case)[1].competencies[0] for case in CASES if case.kind == EMPTY]

    assert {rating.confidence for rating in ratings} == {Confidence.LOW}
    assert not [code for rating in ratings for item in rating.evidence for code, _ in item.found]


def test_next_steps_speak_of_what_was_said() -> None:
    name = PLAN.competencies[0].name
    given = [step for case in CASES for step in reports(case)[0].next_steps if step.startswith(name)]
    tied = [step for step in given if "where you said" in step]

    assert not [step for step in given if "(“" in step]
    assert len(set(tied)) == len(tied) > 20


def test_table_of_the_docs_is_this_one() -> None:
    assert table() in (HERE.parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(table())

"""Short interviews for tests of the report: who said what to which question."""

from __future__ import annotations

from services.core.plan.bank import samples
from services.core.plan.plan import Question
from services.core.plan.planning import make_plan
from services.core.report.assembly import hear, make_report
from services.core.report.rubric import Report
from services.core.talk.transcript import Conditions, Speaker, Turn

_MADE = make_plan(next(sample.text for sample in samples() if sample.key == "backend_senior"))
_SECOND_ABOUT_STORES = Question(
    id="q6",
    text="Another part of the work is to “use Redis for caching”. Walk me through something you built on Redis.",
    purpose="A second question about what the third is about.",
    competency_id=_MADE.question("q3").competency_id,
    jd_phrase="Use Redis for rate limiting and short-lived caching",
    seconds=_MADE.question("q6").seconds,
)
PLAN = _MADE.revised(tuple(_SECOND_ABOUT_STORES if question.id == "q6" else question for question in _MADE.questions))
IDS = tuple(question.id for question in PLAN.questions)
STRONG = (
    "The payments table had four hundred million rows, so I wrote a backfill that ran in batches and added the"
    " constraint afterwards. We considered a rewrite of the table instead, but it meant a long lock."
    " My first run failed, because replication lag grew, and I rolled it back."
    " In the end the migration took 40 minutes instead of a whole night, and no request was slower than before."
)
GENERAL = "Keeping a schema small is important, and a migration should be done with great care by everyone."
UNKNOWN = "I have never done that, because our operations people took care of all these things for us every time."


def ema(question_id: str | None, at: int, text: str = "Tell me about that?") -> Turn:
    return Turn(f"e{at}", Speaker.EMA, text, at, at + 3000, question_id)


def candidate(question_id: str | None, at: int, text: str, confidence: float | None = 0.9, typed: bool = False) -> Turn:
    return Turn(f"t{at}", Speaker.CANDIDATE, text, at, at + 20_000, question_id, typed=typed, confidence=confidence)


def interview(*answers: tuple[str, str], confidence: float | None = 0.9, typed: bool = False) -> list[Turn]:
    turns = []
    for number, (question_id, text) in enumerate(answers):
        turns += [
            ema(question_id, number * 60_000),
            candidate(question_id, number * 60_000 + 5000, text, confidence, typed),
        ]
    return turns


def report(turns: list[Turn], conditions: Conditions | None = None) -> Report:
    heard = hear(PLAN, turns, conditions or Conditions(asked_question_ids=IDS))
    return make_report(heard, 600, "2026-11-21T09:00:00+00:00")


def scores(made: Report) -> list[int]:
    return [rating.score for rating in made.competencies if rating.score is not None]

"""A stage for tests of the use cases: the real store and rules, a told clock, and an analyst that obeys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.core.interview import Interview
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.core.report.assembly import Interviewed
from services.core.report.codes import Code
from services.core.report.rubric import (
    GENERIC_ANCHORS,
    CompetencyRating,
    Confidence,
    Coverage,
    Evidence,
    Mark,
    QuestionCoverage,
    Report,
    Statement,
)
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.settings import Settings
from services.store.store import Store
from tests.clock import Clock

JOB = "Senior Python engineer. You will run PostgreSQL in production and design REST APIs."
SPOKEN = "we moved the ledger to postgres and the double charges stopped within a day"
MARK = Mark(code=Code.OWN_WORK, words="we moved the ledger")
OWNER = "call-1"
COST, GRANT, WINDOW_S = 15, 60, 120


def question(number: int, text: str = "How do you find a slow query in PostgreSQL?") -> Question:
    return Question(id=f"q{number}", text=text, purpose="Depth", competency_id="c1", jd_phrase="PostgreSQL", seconds=90)


PLAN = Plan(
    role_title="Senior Python Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(Skill(name="PostgreSQL", jd_phrase="PostgreSQL in production"),),
    competencies=(Competency(id="c1", name="Databases", anchors=GENERIC_ANCHORS),),
    questions=(question(1), question(2, "How do you version a public REST API?")),
    made_by="rule-based, offline",
)
TURNS = (
    Turn("t1", Speaker.EMA, "How do you find a slow query?", 0, 4000, "q1"),
    Turn("t2", Speaker.CANDIDATE, SPOKEN, 5000, 20_000, "q1", confidence=0.9),
)


def report() -> Report:
    evidence = Evidence(id="e1", turn_id="t2", question_id="q1", start_ms=5000, quote=SPOKEN[:30], marks=(MARK,))
    return Report(
        plan_hash=PLAN.plan_hash,
        transcript_sha256="0" * 64,
        made_by="rule-based, offline",
        generated_at="2026-11-21T09:20:00+00:00",
        summary="One strong answer on databases.",
        competencies=(
            CompetencyRating(
                competency_id="c1", name="Databases", score=3, confidence=Confidence.LOW, evidence=(evidence,)
            ),
        ),
        coverage=(
            QuestionCoverage(
                question_id="q1",
                text=PLAN.questions[0].text,
                jd_phrase="PostgreSQL",
                competency_id="c1",
                status=Coverage.ANSWERED,
                words=14,
            ),
        ),
        strengths=(Statement(text="Fixes the cause of a fault.", evidence_ids=("e1",)),),
    )


def raising(error: Exception) -> Callable[[], None]:
    def script() -> None:
        raise error

    return script


@dataclass
class ScriptedAnalyst:
    """Plans and reports at once; `before` runs first and may raise or do anything."""

    before: Callable[[], object] = lambda: None
    reports: int = 0
    key: str | None = None
    label: str = "rule-based, offline"
    plans: int = 0
    histories: list[History] = field(default_factory=list)
    heard: list[tuple[Turn, ...]] = field(default_factory=list, repr=False)

    def plan_key(self, job_description: str) -> str | None:
        return self.key

    def plan(self, job_description: str, progress: Callable[[str], None], history: History = NO_HISTORY) -> Plan:
        self.plans += 1
        self.histories.append(history)
        progress("Reading the job description")
        self.before()
        return PLAN

    def report(self, heard: Interviewed, duration_s: int, progress: Callable[[str], None]) -> Report:
        progress("Rating the answers")
        self.reports += 1
        self.heard.append(heard.turns)
        self.before()
        return report()


class Stage:
    """The use cases on this store, and the steps a test takes to where it begins."""

    def __init__(self, store: Store, clock: Clock, **settings: Any) -> None:
        self.store, self.clock = store, clock
        rules = {"signup_credits": GRANT, "interview_cost_credits": COST, "free_window_s": WINDOW_S, **settings}
        self.settings = Settings(**rules)
        self.transcripts = Transcripts(clock.monotonic)
        self.analyst = ScriptedAnalyst()
        self.interviews = Interviews(store, self.settings, self.analyst, clock.now, self.transcripts)
        self.user = self.interviews.accounts.guest("somebody").id

    def prepare(self, user: str = "") -> Interview:
        return self.interviews.preparation.prepare(
            user or self.user, job_description=JOB, provider="offline", pace=Pace.NORMAL, consent=True
        )

    def begin(self) -> Interview:
        return self.interviews.lifecycle.begin(self.prepare().id, self.clock.now(), OWNER)

    def charged(self) -> Interview:
        """Running, past the free window and debited."""
        interview = self.begin()
        self.interviews.lifecycle.charge(interview.id, at=self.clock.advance(WINDOW_S))
        self.interviews.lifecycle.renew_lease(interview.id, OWNER)
        return self.get(interview)

    def ended(self, seconds: float = 60, *, charge_due: bool = False) -> Interview:
        """Analyzing, with its words held."""
        interview = self.begin()
        self.transcripts.put(interview.id, TURNS, Conditions())
        at = self.clock.advance(seconds)
        return self.interviews.lifecycle.end(interview.id, at=at, cause=CloseCause.USER, charge_due=charge_due)

    def get(self, interview: Interview) -> Interview:
        return self.interviews.get(interview.user_id, interview.id)

    def amounts(self) -> list[int]:
        return [entry.amount for entry in self.interviews.accounts.ledger(self.user)]

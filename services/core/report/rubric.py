"""The rating scale and the report's shape: what a score is, and what it must rest on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.core.report.codes import CHECKLIST, JUDGED, SUBSTANCE, Code, Marks
from services.core.usage import Bill

RUBRIC_VERSION = "2026-12"
LEVEL_NAMES = {1: "Below", 2: "Partial", 3: "Solid", 4: "Strong"}
GENERIC_ANCHORS = (
    "Misses the point or is wrong on essentials; no example of their own after one probe.",
    "Right direction, general statements; the key trade-off or failure case is missing after one probe.",
    "Correct, with a concrete example of their own that names a real trade-off or metric and holds under a probe.",
    "All of level 3, plus alternatives weighed, limits stated, and a measured outcome or a principle that transfers.",
)
SUBSTANCE_WORDS = 12
"""An answer with fewer words carries too little to rate."""
MAX_QUOTES = 3
MAX_STEPS = 3
MAX_HIGHLIGHTS = 3
NO_LEVEL = "No text model rated this interview, so there is no level: what was said stands here for people to judge."
NOT_A_DECISION = "This is practice material for people to discuss. It is not a hiring decision."


class Coverage(StrEnum):
    ANSWERED = "answered"
    TOO_SHORT = "too_short"
    SKIPPED = "skipped"
    UNANSWERED = "unanswered"
    NOT_REACHED = "not_reached"


class Confidence(StrEnum):
    """Computed by code from the amount and quality of evidence; never asked of a model."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ReportPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mark(ReportPart):
    """A code, and the words of the quote that carry it."""

    code: Code
    words: str
    alone: bool = False
    """No rule finds a sign of it in these words: a model alone reads it there."""

    @property
    def is_found(self) -> bool:
        return not self.alone and self.code not in JUDGED


class Evidence(ReportPart):
    """A quote that was verified, word for word, against one turn of the candidate's."""

    id: str
    turn_id: str
    question_id: str | None
    start_ms: int
    quote: Annotated[str, Field(min_length=1, max_length=300)]
    why_it_matters: str = ""
    """Written from the marks."""
    marks: tuple[Mark, ...] = ()
    typed: bool = False
    low_confidence: bool = False
    recognised: Annotated[str, Field(max_length=300)] | None = None
    """What the recogniser wrote where the candidate corrected it; empty: nothing that can be shown. None: the same."""
    doubted: bool = False
    """The candidate marked these words as written down wrongly."""
    in_substance: bool = False
    """Corrected in substance: shown with what was recognised, and carries no level."""

    @property
    def codes(self) -> frozenset[Code]:
        return frozenset(mark.code for mark in self.marks)

    @property
    def found(self) -> Marks:
        """What rules bear out."""
        return [(mark.code, mark.words) for mark in self.marks if mark.is_found]

    @property
    def read(self) -> Marks:
        """What a model alone reads in it."""
        return [(mark.code, mark.words) for mark in self.marks if not mark.is_found]


class ChecklistItem(ReportPart):
    """Something that was found in the words, and where it stands."""

    code: Code
    words: str
    """Empty where they would come to more than the report may show of what was said."""
    question_id: str | None
    start_ms: int
    """Of the turn."""

    @property
    def label(self) -> str:
        return CHECKLIST[self.code]


class CompetencyRating(ReportPart):
    """Score 1 to 4, or None with a reason. A score without evidence cannot be built."""

    competency_id: str
    name: str
    score: Annotated[int, Field(ge=1, le=4)] | None
    reason_not_assessed: str = ""
    confidence: Confidence = Confidence.LOW
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=MAX_QUOTES)] = ()
    counter_evidence: Annotated[tuple[Evidence, ...], Field(max_length=MAX_QUOTES)] = ()
    what_would_raise_it: str = ""
    spread: int = 0
    """Highest minus lowest of the independent runs behind the score."""
    readings: tuple[Annotated[int, Field(ge=1, le=4)], ...] = ()
    """Levels of these runs, lowest first; empty without a text model."""
    checklist: tuple[ChecklistItem, ...] = ()
    """What rules found in the words, whether quoted or not; empty where a text model read them."""
    missing: tuple[Code, ...] = ()
    """What was looked for and not found; the most helpful first."""

    @model_validator(mode="after")
    def _grounded(self) -> CompetencyRating:
        if self.score is not None and not (self.evidence or self.counter_evidence):
            raise ValueError("a score needs at least one verified quote")
        if self.score is None and not self.reason_not_assessed:
            raise ValueError("a competency without a score needs a reason")
        return self


class QuestionCoverage(ReportPart):
    question_id: str
    text: str
    jd_phrase: str
    competency_id: str
    status: Coverage
    words: int
    asked_ms: int | None = None
    talk_ms: int = 0
    why_not: str = ""
    """Why what was said is no answer; empty where it is one, or nothing was said."""

    @property
    def is_answered(self) -> bool:
        return self.status is Coverage.ANSWERED and not self.why_not


class Moment(ReportPart):
    """A stretch of the interview, without its words."""

    kind: Literal["ema", "candidate", "typed", "away"]
    """Who spoke; or the candidate typed, or was gone."""
    from_ms: int
    to_ms: int
    barge_in: bool = False
    """Ema's: the candidate spoke before she had ended."""


class Statement(ReportPart):
    """One sentence of the report with the evidence it rests on."""

    text: str
    evidence_ids: Annotated[tuple[str, ...], Field(min_length=1)]


class Contract(Bill):
    """How a text model was used for a report, and what that cost."""

    prompt_version: str
    runs: int
    """Independent readings of each competency."""


class Seal(ReportPart):
    """A signature over the digests of every field, so that a change can be named."""

    public_key: str
    """Ed25519, in hex; of the server that made the report."""
    signature: str
    digests: dict[str, str]
    """By path of a field."""


class Report(ReportPart):
    schema_version: Literal[2] = 2
    rubric_version: str = RUBRIC_VERSION
    plan_hash: str
    transcript_sha256: str
    made_by: str
    """Who read the answers: "rule-based, offline", or a model's name and prompt version."""
    generated_at: str
    """UTC, ISO 8601."""
    summary: str
    competencies: tuple[CompetencyRating, ...]
    coverage: tuple[QuestionCoverage, ...]
    strengths: tuple[Statement, ...] = ()
    gaps: tuple[Statement, ...] = ()
    next_steps: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    """Neutral circumstances: drops, voice changes, rough captions, typed answers. They never change a score."""
    quotes_dropped: int = 0
    """Quotes that could not be verified and are therefore not shown."""
    quotes_left_out: int = 0
    """Verified quotes that would have come to more than a third of what was said in all."""
    timeline: tuple[Moment, ...] = ()
    """In the order of its beginnings; empty in reports made before there was one."""
    duration_s: int = 0
    candidate_talk_s: int = 0
    decision_support: str = NOT_A_DECISION
    contract: Contract | None = None
    """None: no text model, and so no level."""
    in_vain: Bill | None = None
    """What was asked of a text model in vain."""
    seal: Seal | None = None
    """None in reports made before they were signed."""

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_rules(cls, data: Any) -> Any:
        return _upgraded(data) if isinstance(data, dict) and data.get("schema_version") == 1 else data

    @property
    def highlights(self) -> tuple[Evidence, ...]:
        """The strongest verified moments: of each competency the quote that shows most, the richest first."""
        firm = ([item for item in rating.evidence if not item.in_substance] for rating in self.competencies)
        best = [max(items, key=_weight) for items in firm if items]
        return tuple(sorted(filter(_weight, best), key=_weight, reverse=True)[:MAX_HIGHLIGHTS])

    @property
    def bill(self) -> Bill | None:
        """None: no text model was asked."""
        return self.contract or self.in_vain

    @property
    def coverage_pct(self) -> int:
        answered = sum(item.is_answered for item in self.coverage)
        return round(100 * answered / len(self.coverage)) if self.coverage else 0


def _weight(item: Evidence) -> int:
    return len(item.codes & SUBSTANCE)


def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
    """A report of the first shape: its quotes, without the levels of rules and the free sentences it had."""
    rated = []
    for rating in data["competencies"]:
        kept = {key: value for key, value in rating.items() if key not in ("anchor", "what_would_raise_it")}
        for side in ("evidence", "counter_evidence"):
            kept[side] = [{**item, "why_it_matters": ""} for item in rating.get(side, ())]
        if data.get("contract") is None:
            kept |= {"score": None, "reason_not_assessed": rating.get("reason_not_assessed") or NO_LEVEL}
        rated.append(kept)
    coverage = [{key: value for key, value in item.items() if key != "level"} for item in data["coverage"]]
    plain = {"summary": "", "strengths": (), "gaps": (), "next_steps": (), "schema_version": 2}
    return {**data, **plain, "competencies": rated, "coverage": coverage}

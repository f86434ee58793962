"""Assembles a report: what was heard, what rules find in it, and the frozen whole. Every sentence rests on quotes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.core.plan.plan import Competency, Plan
from services.core.plan.planning import MADE_BY
from services.core.report.answers import NO_ANSWER, Answer, answer_table, stems_of
from services.core.report.checklist import marks_in
from services.core.report.codes import CHECKLIST, DEPTH, JUDGED, Code, missing
from services.core.report.evidence import Finding, Ground, Numbering, Quote, apart, richest, within_share
from services.core.report.readings import UNCARRIED
from services.core.report.rubric import (
    NO_LEVEL,
    ChecklistItem,
    CompetencyRating,
    Confidence,
    Contract,
    Coverage,
    Report,
)
from services.core.report.screening import UNSCREENED, Screened
from services.core.report.summing import gaps, named, next_steps, strengths, summary
from services.core.report.timeline import timeline
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.core.usage import Bill

NOTHING_TO_SHOW = "Of what was said no part may be quoted, so there is no level."
TOO_LITTLE = "A report shows at most a third of what was said, and nothing more fits into it, so there is no level."
UNSHOWN = (
    "A report shows at most a third of what was said, and what a level rests on does not fit in, so there is none."
)
CAPPED = "nothing: where words could be read as an order to the rating, no level above Partial is given"
_ENDED = {
    "user": "The candidate ended the interview.",
    "limit": "The interview ended at its time limit.",
    "agent": "",
    "network": "The interview ended because the connection was lost.",
    "provider": "The interview ended because the voice service failed.",
    "quota": "The interview ended because the voice service had reached a limit.",
}


@dataclass(frozen=True, slots=True)
class Interviewed:
    """An interview's words in order: read once, for the rules and for a text model alike."""

    plan: Plan
    turns: tuple[Turn, ...]
    conditions: Conditions
    answers: tuple[Answer, ...]
    screened: Screened = UNSCREENED

    @property
    def competencies(self) -> tuple[Competency, ...]:
        """Those with a question, in the order of the plan."""
        asked = {answer.question.competency_id for answer in self.answers}
        return tuple(competency for competency in self.plan.competencies if competency.id in asked)

    def on(self, competency: Competency) -> list[Answer]:
        return [answer for answer in self.answers if answer.question.competency_id == competency.id]

    def unanswered(self, competency: Competency) -> str:
        """Why there is nothing to read on it; "" where there is."""
        reasons = {answer.why_not: answer.reason for answer in self.on(competency)}
        return "" if "" in reasons else next(reasons[key] for key in NO_ANSWER if key in reasons)


def hear(plan: Plan, turns: Sequence[Turn], conditions: Conditions, screened: Screened = UNSCREENED) -> Interviewed:
    answers = answer_table(plan, turns, conditions, screened)
    return Interviewed(plan, tuple(turns), conditions, tuple(answers), screened)


def make_report(heard: Interviewed, duration_s: int, generated_at: str) -> Report:
    """By rules alone: what was said and what was found in it, without a level."""
    return frozen(heard, [by_rules(heard, competency) for competency in heard.competencies], duration_s, generated_at)


def by_rules(heard: Interviewed, competency: Competency) -> Finding:
    """What the rules find: the quotes that show most of the checklist, and what was said not to be known."""
    answers = heard.on(competency)
    ground = Ground(answers)
    found: dict[tuple[str, int], Quote] = {}
    for answer in answers:
        asked = stems_of(answer.question.text)
        for clause in answer.clauses:
            shown = ground.around(clause)
            if shown and (not answer.why_not or answer.why_not == "unknown"):
                found.setdefault((shown.turn.id, shown.start), Quote(shown, marks_in(shown, asked)))
    reason = heard.unanswered(competency)
    against = apart(quote for quote in found.values() if quote.speaks_against)
    quotes = [] if reason else [quote for quote in found.values() if not quote.speaks_against]
    evidence = richest(quotes, against)
    checklist = _checklist((*evidence, *quotes))
    return Finding(
        competency,
        evidence,
        against,
        why_not=reason or (NO_LEVEL if evidence or against else NOTHING_TO_SHOW),
        gaps=missing(item.code for item in checklist),
        checklist=checklist,
    )


def frozen(
    heard: Interviewed,
    findings: Sequence[Finding],
    duration_s: int,
    generated_at: str,
    *,
    made_by: str = MADE_BY,
    contract: Contract | None = None,
    in_vain: Bill | None = None,
    notes: Iterable[str] = (),
    dropped: int = 0,
) -> Report:
    """The report of these findings, in the order of the plan. `notes` come before the other circumstances.

    `dropped`: quotes that were offered and could not be verified.
    """
    shown = within_share(findings, [turn for answer in heard.answers for turn in answer.turns])
    numbering = Numbering()
    ratings = tuple(
        _rating(
            finding,
            numbering,
            steered=any(answer.steered for answer in heard.on(finding.competency)),
            left_out=not finding.evidence
            and bool(whole.evidence or (whole.counter_evidence and not _quotes([finding]))),
        )
        for whole, finding in zip(findings, shown, strict=True)
    )
    coverage = tuple(answer.coverage for answer in heard.answers)
    return Report(
        plan_hash=heard.plan.plan_hash,
        transcript_sha256=transcript_sha256(heard.turns),
        made_by=made_by,
        generated_at=generated_at,
        summary=summary(ratings, coverage, by_model=contract is not None),
        competencies=ratings,
        coverage=coverage,
        strengths=strengths(ratings),
        gaps=gaps(ratings),
        next_steps=next_steps(ratings, coverage),
        conditions=(
            *notes,
            *_read_alone(ratings),
            *_conditions(heard.conditions, heard.answers),
            *filter(None, [heard.screened.note]),
        ),
        quotes_dropped=dropped,
        quotes_left_out=_quotes(findings) - _quotes(shown),
        timeline=timeline(heard.turns, heard.conditions),
        duration_s=duration_s,
        candidate_talk_s=_talk_s(heard.turns),
        contract=contract,
        in_vain=in_vain,
    )


def transcript_sha256(turns: Sequence[Turn]) -> str:
    """Of the turns in canonical form: who said what, when, to which question, typed or not, corrected or doubted."""
    canonical = [
        [turn.id, turn.speaker.value, turn.text, turn.started_ms, turn.ended_ms, turn.question_id, turn.typed]
        + ([turn.recognised, turn.doubted] if turn.recognised is not None or turn.doubted else [])
        for turn in turns
    ]
    return hashlib.sha256(json.dumps(canonical, ensure_ascii=False).encode()).hexdigest()


def _talk_s(turns: Sequence[Turn]) -> int:
    spoken = (turn for turn in turns if turn.speaker is Speaker.CANDIDATE and not turn.typed)
    return round(sum(turn.ended_ms - turn.started_ms for turn in spoken) / 1000)


def _checklist(quotes: Iterable[Quote]) -> tuple[ChecklistItem, ...]:
    """Each code with the first words that carry it, in the order of the list."""
    found: dict[Code, ChecklistItem] = {}
    for quote in quotes:
        turn = quote.clause.turn
        for code, words in quote.marks:
            item = ChecklistItem(code=code, words=words, question_id=turn.question_id, start_ms=turn.started_ms)
            found.setdefault(code, item)
    return tuple(found[code] for code in CHECKLIST if code in found)


def _rating(finding: Finding, numbering: Numbering, *, steered: bool, left_out: bool) -> CompetencyRating:
    """A level whose last quote had to be left out is left out with it. `left_out`: what it rests on had to be."""
    carried = _is_shown(finding)
    raising = named(finding.gaps) if carried and finding.score != 4 else ""
    if carried and steered and finding.score == UNCARRIED:
        raising = CAPPED
    return CompetencyRating(
        competency_id=finding.competency.id,
        name=finding.competency.name,
        score=finding.score if carried else None,
        reason_not_assessed="" if carried else _why_not(finding, left_out=left_out),
        confidence=finding.confidence if carried else Confidence.LOW,
        evidence=tuple(map(numbering.evidence, finding.evidence)),
        counter_evidence=tuple(map(numbering.evidence, finding.counter_evidence)),
        what_would_raise_it=f"{raising[0].upper()}{raising[1:]}." if raising else "",
        spread=finding.levels[-1] - finding.levels[0] if carried else 0,
        readings=finding.levels if carried else (),
        checklist=finding.checklist,
        missing=finding.gaps,
    )


def _is_shown(finding: Finding) -> bool:
    """Whether a level stands on words that are shown: above Partial on a sign of depth among them."""
    if finding.score is None:
        return False
    if finding.score <= UNCARRIED:
        return bool(finding.evidence or finding.counter_evidence)
    return any(quote.codes & DEPTH for quote in finding.evidence)


def _why_not(finding: Finding, *, left_out: bool) -> str:
    if left_out and not (finding.why_not and finding.counter_evidence):
        return TOO_LITTLE
    return finding.why_not or (UNSHOWN if finding.evidence else NOTHING_TO_SHOW)


def _read_alone(ratings: Iterable[CompetencyRating]) -> list[str]:
    """How much of what a model says words show no rule bears out. Right, wrong and general are the model's alone."""
    items = (item for rating in ratings for item in (*rating.evidence, *rating.counter_evidence))
    marks = [mark for item in items for mark in item.marks if mark.code not in JUDGED]
    if not (alone := sum(mark.alone for mark in marks)):
        return []
    signs = _times(len(marks), "sign", "signs")
    were = "was" if alone == 1 else "were"
    return [
        f"Of {signs} that the model read in these quotes, {alone} {were} not found by rules: told as the model's "
        "reading, and counted like the others."
    ]


def _quotes(findings: Iterable[Finding]) -> int:
    return sum(len(finding.evidence) + len(finding.counter_evidence) for finding in findings)


def _conditions(conditions: Conditions, answers: Sequence[Answer]) -> list[str]:
    """Neutral circumstances. Pauses to think are left out: the interview invites them."""
    said = []
    if conditions.drops:
        lost = f"{conditions.drops} times" if conditions.drops > 1 else "once"
        said.append(f"The connection was lost {lost}, for {round(conditions.seconds_away)} s in all.")
    said.extend(conditions.provider_changes)
    if conditions.typed_turns:
        said.append(
            f"{_times(conditions.typed_turns, 'answer was', 'answers were')} typed; typed and spoken words count alike."
        )
    if conditions.rough_captions:
        said.append(
            "Speech was written down by a small local recogniser, so captions are rough and quotes may read oddly."
        )
    if conditions.low_confidence_turns:
        said.append(
            f"{_times(conditions.low_confidence_turns, 'answer was', 'answers were')} written down with low certainty;"
            " this lowers the confidence of a rating, never its level."
        )
    if steered := sum(answer.steered for answer in answers):
        said.append(
            f"{_times(steered, 'sentence was', 'sentences were')} left out for words that could be read as an order to"
            " the rating."
        )
    left = [answer for answer in answers if answer.status is Coverage.NOT_REACHED]
    if left:
        said.append(f"{_times(len(left), 'question was', 'questions were')} not reached.")
    ended = _ENDED.get(conditions.ended_by, "")
    return [*said, *([ended] if ended else []), *conditions.notes]


def _times(number: int, one: str, many: str) -> str:
    return f"One {one}" if number == 1 else f"{number} {many}"

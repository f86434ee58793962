"""Assembles the report from rated answers, by rules: deterministic, and every sentence rests on verified quotes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from services.core.plan.bank import bank
from services.core.plan.plan import Plan
from services.core.plan.planning import MADE_BY
from services.core.report.answers import Answer, answer_table
from services.core.report.findings import Finding, Numbering, find
from services.core.report.quotes import keep_verified
from services.core.report.rating import LEARNED, WEIGHED, AnswerRating, rate_answer
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Coverage, Evidence, Report, Statement
from services.core.report.signals import Signal
from services.core.report.timeline import timeline
from services.core.talk.transcript import Conditions, Speaker, Turn

MAX_SUMMARY_WORDS = 120
_WHAT_THE_RULES_DO = (
    "This report is rule-based and was made offline: fixed rules looked in the candidate's own words for examples,"
    " specifics, figures, trade-offs, failures and outcomes. They cannot judge whether an answer is correct."
)
_ENDED = {
    "user": "The candidate ended the interview.",
    "limit": "The interview ended at its time limit.",
    "agent": "",
    "network": "The interview ended because the connection was lost.",
    "provider": "The interview ended because the voice service failed.",
    "quota": "The interview ended because the voice service had reached a limit.",
}
_MISSED = (
    (Signal.EXAMPLE, "example of their own"),
    (Signal.DETAIL, "specifics"),
    (WEIGHED, "trade-off or figure"),
)
_WEAKENED = "one answer stays general"
_UNHELD = "little was added when Ema asked further"
_STRENGTHS = (
    (Signal.EXAMPLE, "an example of their own"),
    (WEIGHED & ~LEARNED, "a trade-off or a figure"),
    (Signal.ALTERNATIVE, "another way that was considered"),
    (Signal.LIMIT, "what failed or where it ends"),
    (Signal.OUTCOME, "a measured outcome"),
    (Signal.PRINCIPLE, "a lesson drawn from it"),
)


def make_report(
    plan: Plan, turns: Sequence[Turn], conditions: Conditions, duration_s: int, generated_at: str
) -> Report:
    answers = answer_table(plan, turns, conditions)
    rated = rate(plan, answers)
    numbering = Numbering()
    findings = [
        find(
            competency,
            [rated[answer.question.id] for answer in answers if _is_on(answer, competency.id)],
            conditions,
            numbering,
        )
        for competency in plan.competencies
        if any(_is_on(answer, competency.id) for answer in answers)
    ]
    checked = [keep_verified(finding.rating, turns) for finding in findings]
    ratings = [rating for rating, _ in checked]
    return Report(
        plan_hash=plan.plan_hash,
        transcript_sha256=transcript_sha256(turns),
        made_by=MADE_BY,
        generated_at=generated_at,
        summary=_summary(ratings, answers),
        competencies=tuple(ratings),
        coverage=tuple(answer.coverage(rated[answer.question.id].level) for answer in answers),
        strengths=tuple(_strengths(findings, ratings)),
        gaps=tuple(_gaps(findings, ratings)),
        next_steps=tuple(_next_steps(ratings)),
        conditions=tuple(_conditions(conditions, answers)),
        quotes_dropped=sum(dropped for _, dropped in checked),
        timeline=timeline(turns, conditions),
        duration_s=duration_s,
        candidate_talk_s=_talk_s(turns),
    )


def rate(plan: Plan, answers: Sequence[Answer]) -> dict[str, AnswerRating]:
    """By question id."""
    competencies = {competency.id: competency for competency in plan.competencies}
    return {answer.question.id: rate_answer(answer, competencies[answer.question.competency_id]) for answer in answers}


def transcript_sha256(turns: Sequence[Turn]) -> str:
    """Of the turns in canonical form: who said what, when, to which question, typed or not, corrected or doubted."""
    canonical = [
        [turn.id, turn.speaker.value, turn.text, turn.started_ms, turn.ended_ms, turn.question_id, turn.typed]
        + ([turn.recognised, turn.doubted] if turn.recognised is not None or turn.doubted else [])
        for turn in turns
    ]
    return hashlib.sha256(json.dumps(canonical, ensure_ascii=False).encode()).hexdigest()


def _is_on(answer: Answer, competency_id: str) -> bool:
    return answer.question.competency_id == competency_id


def _talk_s(turns: Sequence[Turn]) -> int:
    spoken = (turn for turn in turns if turn.speaker is Speaker.CANDIDATE and not turn.typed)
    return round(sum(turn.ended_ms - turn.started_ms for turn in spoken) / 1000)


def _summary(ratings: Sequence[CompetencyRating], answers: Sequence[Answer]) -> str:
    answered = sum(answer.status is Coverage.ANSWERED for answer in answers)
    parts = [_WHAT_THE_RULES_DO, f"{answered} of {len(answers)} questions were answered."]
    rated = sorted((rating for rating in ratings if rating.score is not None), key=lambda rating: -(rating.score or 0))
    if not rated:
        parts.append("Nothing could be rated, so there is no score.")
    if rated:
        parts.append(f"The strongest evidence is on {_with_level(rated[0])}: “{_short(_telling(rated[0]).quote)}”.")
    if len(rated) > 1 and rated[-1].score != rated[0].score:
        parts.append(f"The least is on {_with_level(rated[-1])}.")
    missing = [_lower(rating.name) for rating in ratings if rating.score is None]
    if rated and missing:
        parts.append(f"Not assessed: {'; '.join(missing)}.")
    return " ".join(parts)


def _telling(rating: CompetencyRating) -> Evidence:
    """The quote that shows most."""
    return max(rating.evidence, key=lambda item: len(item.why_it_matters))


def _with_level(rating: CompetencyRating) -> str:
    return f"{_lower(rating.name)} (level {rating.score} of 4, {LEVEL_NAMES[rating.score or 1].lower()})"


def _strengths(findings: Sequence[Finding], ratings: Sequence[CompetencyRating]) -> list[Statement]:
    return [
        Statement(
            text=f"{rating.name}: {_listed([words for signal, words in _STRENGTHS if signal & finding.signals])}.",
            evidence_ids=tuple(item.id for item in rating.evidence),
        )
        for finding, rating in zip(findings, ratings, strict=True)
        if rating.score is not None and rating.score >= 3
    ]


def _gaps(findings: Sequence[Finding], ratings: Sequence[CompetencyRating]) -> list[Statement]:
    gaps = []
    for finding, rating in zip(findings, ratings, strict=True):
        evidence = (*rating.evidence, *rating.counter_evidence)
        if rating.score is not None and rating.score <= 2:
            missing = [words for signal, words in _MISSED if not signal & finding.signals]
            general = _WEAKENED if rating.counter_evidence else _UNHELD
            text = f"no {' and no '.join(missing)}" if missing else general
        elif rating.counter_evidence:
            evidence = rating.counter_evidence
            text = "says plainly that there is little to tell" if rating.score is None else _WEAKENED
        else:
            continue
        gaps.append(Statement(text=f"{rating.name}: {text}.", evidence_ids=tuple(item.id for item in evidence)))
    return gaps


def _next_steps(ratings: Sequence[CompetencyRating]) -> list[str]:
    practice = {kind.name: kind.practice for kind in bank().competencies.values()}
    steps = []
    for rating in sorted(ratings, key=lambda rating: rating.score or 0):
        if rating.score != 4:
            general = "Prepare one example of your own, with what you did, what it cost and what came of it."
            steps.append(f"{rating.name}: {_lower(practice.get(rating.name, general))}")
    return steps


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
            f"{_times(steered, 'sentence was', 'sentences were')} left out of the rating for words that could be read"
            " as an order to it."
        )
    left = [answer for answer in answers if answer.status is Coverage.NOT_REACHED]
    if left:
        said.append(f"{_times(len(left), 'question was', 'questions were')} not reached.")
    ended = _ENDED.get(conditions.ended_by, "")
    return [*said, *([ended] if ended else []), *conditions.notes]


def _times(number: int, one: str, many: str) -> str:
    return f"One {one}" if number == 1 else f"{number} {many}"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _short(quote: str, words: int = 18) -> str:
    said = quote.rstrip(".!?;, ").split()
    return " ".join(said) if len(said) <= words else " ".join(said[:words]) + " …"

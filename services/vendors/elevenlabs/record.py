"""The transcript ElevenLabs keeps, and how it completes ours. Pure.

Ours is the record: it has the interview's clock, the questions and the typed answers. Theirs was recognised once more
after the call and knows what was cut off, so it corrects words and supplies turns that never reached us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from services.core.talk.transcript import Speaker, Turn
from services.core.usage import Billed
from services.vendors.instructions import DIRECTION

ALIKE = 0.55
"""Share of equal words from which two turns are the same turn."""
CUT_WORDS = 3
"""That many first words in common make a cut turn the same turn."""
_SPEAKERS = {"user": Speaker.CANDIDATE, "agent": Speaker.EMA}


def spoken_turns(transcript: Iterable[Any]) -> tuple[Turn, ...]:
    """The vendor's entries as turns on its own clock, without our directions and without turns that are tools alone."""
    turns: list[Turn] = []
    for entry in transcript:
        text = (entry.message or "").strip()
        speaker = _SPEAKERS.get(str(entry.role))
        if not text or speaker is None or text.startswith(DIRECTION):
            continue
        at_ms = int(entry.time_in_call_secs or 0) * 1000
        cut = bool(getattr(entry, "interrupted", False))
        turns.append(Turn(f"el{len(turns) + 1}", speaker, text, at_ms, at_ms, interrupted=cut, provider="elevenlabs"))
    return tuple(turns)


def billed(metadata: Any) -> Billed:
    """`cost_fiat` is all of it in USD, `charging.llm_price` the language model's part; `cost` is in credits, whose
    price depends on the plan (ConversationHistoryMetadataCommonModel of the SDK, 2026-11)."""
    llm_price = metadata.charging.llm_price if metadata.charging else None
    return Billed(float(metadata.call_duration_secs), _usd(metadata.cost_fiat), _usd(llm_price))


def _usd(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def reconcile(ours: tuple[Turn, ...], theirs: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Our turns with their words where both have the turn, and the turns that only they have, in their place.

    Typed turns stay as typed. A turn of ours that they do not have stays: it may be another vendor's.
    """
    pairs = _pairs(ours, theirs)
    partner = {mine: other for other, mine in pairs.items()}
    result: list[Turn] = []
    other = 0
    for mine, turn in enumerate(ours):
        match = partner.get(mine)
        if match is None:
            result.append(turn)
            continue
        result += _added(theirs[other:match], result, turn)
        result.append(_corrected(turn, theirs[match]))
        other = match + 1
    if pairs:
        result += _added(theirs[other:], result, None)
    return tuple(result)


def _pairs(ours: tuple[Turn, ...], theirs: tuple[Turn, ...]) -> dict[int, int]:
    """theirs -> ours, both rising, so that the likeness of all pairs together is greatest."""
    columns = range(len(ours) - 1, -1, -1)
    best = [[0.0] * (len(ours) + 1) for _ in range(len(theirs) + 1)]
    like = [[_likeness(turn, other) for turn in ours] for other in theirs]
    for i in range(len(theirs) - 1, -1, -1):
        for j in columns:
            best[i][j] = max(best[i + 1][j], best[i][j + 1], like[i][j] and like[i][j] + best[i + 1][j + 1])
    pairs: dict[int, int] = {}
    i = j = 0
    while i < len(theirs) and j < len(ours):
        if like[i][j] and best[i][j] == like[i][j] + best[i + 1][j + 1]:
            pairs[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(ours: Turn, theirs: Turn) -> float:
    """0: not the same turn. 1: the same words, or one is the beginning of the other, cut short."""
    if ours.speaker is not theirs.speaker:
        return 0.0
    a, b = ours.text.lower().split(), theirs.text.lower().split()
    shorter = min(len(a), len(b))
    if a == b or (shorter >= CUT_WORDS and a[:shorter] == b[:shorter]):
        return 1.0
    ratio = SequenceMatcher(None, a, b, autojunk=False).ratio()
    return ratio if ratio >= ALIKE else 0.0


def _corrected(turn: Turn, theirs: Turn) -> Turn:
    if turn.typed:
        return turn
    if turn.speaker is Speaker.EMA and turn.interrupted:
        # Only we know how much of it was played to the candidate.
        return turn
    return replace(turn, text=theirs.text, interrupted=turn.interrupted or theirs.interrupted)


def _added(missing: tuple[Turn, ...], before: list[Turn], after: Turn | None) -> list[Turn]:
    """Turns that only the vendor heard, between two of ours; of Ema's only what has a neighbour of ours to stand by."""
    last = before[-1] if before else None
    at_ms = last.ended_ms if last else 0
    if after is not None:
        at_ms = min(at_ms, after.started_ms) if last else after.started_ms
    question = last.question_id if last else after.question_id if after else None
    anchor = last.id if last else "start"
    return [
        replace(turn, id=f"{anchor}+{number}", started_ms=at_ms, ended_ms=at_ms, question_id=question)
        for number, turn in enumerate(missing, 1)
    ]

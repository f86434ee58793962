"""Counts the circumstances of an interview as they happen: drops, absences, barge-ins, changes of voice."""

from __future__ import annotations

from services.core.talk.agenda import Agenda
from services.core.talk.transcript import LOW_CONFIDENCE, Conditions, Speaker, Turn


class Circumstances:
    def __init__(self) -> None:
        self.barge_ins = 0
        self.thinking_pauses = 0
        self._drops = 0
        self._away: list[tuple[float, float]] = []
        self._away_since: float | None = None
        self._provider = ""
        self._provider_changes: list[str] = []
        self._rough_captions = False

    def left(self, at: float) -> None:
        self._drops += 1
        self._away_since = at

    def returned(self, at: float) -> None:
        self._away, self._away_since = self._away_until(at), None

    def connected(self, provider: str, at: float, *, rough_captions: bool) -> None:
        if self._provider not in ("", provider):
            when = f"{int(at // 60)}:{int(at % 60):02}"
            self._provider_changes.append(f"The voice changed from {self._provider} to {provider} after {when}.")
        self._provider = provider
        self._rough_captions = self._rough_captions or rough_captions

    def conditions(self, at: float, turns: tuple[Turn, ...], agenda: Agenda, ended_by: str) -> Conditions:
        turns = tuple(turn for turn in turns if turn.speaker is Speaker.CANDIDATE)
        away = self._away_until(at)
        return Conditions(
            drops=self._drops,
            seconds_away=round(sum(back - left for left, back in away), 3),
            away_ms=tuple((round(left * 1000), round(back * 1000)) for left, back in away),
            provider_changes=tuple(self._provider_changes),
            barge_ins=self.barge_ins,
            typed_turns=sum(turn.typed for turn in turns),
            low_confidence_turns=sum(
                turn.confidence is not None and turn.confidence < LOW_CONFIDENCE for turn in turns
            ),
            rough_captions=self._rough_captions,
            ended_by=ended_by,
            skipped_question_ids=agenda.skipped_ids,
            asked_question_ids=agenda.asked_ids,
            thinking_pauses=self.thinking_pauses,
        )

    def _away_until(self, at: float) -> list[tuple[float, float]]:
        since = self._away_since
        return self._away if since is None else [*self._away, (since, max(since, at))]

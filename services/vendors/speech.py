"""The candidate's speech at vendors that tell when it begins and leave its end to be guessed.

It ends with Ema's answer. When none comes, because the vendor stalled or took a cough for speech, silence ends it: no
word, no sign of the vendor's, and no voice in the microphone. Time is an argument, in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.core.talk.events import ProviderEvent, SpeechStarted, SpeechStopped, Unanswered, UserText

SILENCE_S = 4.0
"""More than a vendor needs to notice the end of a turn and to begin its answer."""


class Speech:
    def __init__(self) -> None:
        self.going_on = False
        self.turns = 0
        self.turn_open = False
        """Words may follow: also under Ema's voice, and after speech ended."""
        self.owed = False
        """There were words, or a text of ours, for Ema to answer."""
        self._sign_at = 0.0

    @property
    def turn(self) -> str:
        """Id of the latest."""
        return f"u{self.turns}"

    @property
    def silent_at(self) -> float | None:
        """When it ends unless there is a sign of it before."""
        return self._sign_at + SILENCE_S if self.going_on else None

    def sign(self, at: float) -> None:
        """The vendor, or the microphone, has a voice."""
        self._sign_at = at

    def starts(self, at: float) -> Iterator[ProviderEvent]:
        self.open_turn()
        self.sign(at)
        if not self.going_on:
            self.going_on, self.owed = True, False
            yield SpeechStarted()

    def words(self, text: str, at: float, *, append: bool, final: bool) -> UserText:
        self.open_turn()
        self.sign(at)
        self.owed, self.turn_open = self.owed or bool(text.strip()), not final
        return UserText(self.turn, text, append=append, final=final)

    def stops(self) -> Iterator[ProviderEvent]:
        """Ema answers, or is about to."""
        if self.going_on:
            self.going_on = False
            yield SpeechStopped()

    def falls_silent(self, at: float) -> Iterator[ProviderEvent]:
        """To be asked at `silent_at`."""
        if self.silent_at is not None and at >= self.silent_at:
            yield from self.stops() if self.owed else self.lapses()
            yield from self.close_turn()

    def lapses(self) -> Iterator[ProviderEvent]:
        """Nobody will answer it."""
        self.going_on = False
        yield Unanswered()
        yield from self.close_turn()

    def open_turn(self) -> None:
        if not self.turn_open:
            self.turn_open = True
            self.turns += 1

    def close_turn(self) -> Iterator[ProviderEvent]:
        if self.turn_open:
            self.turn_open = False
            yield UserText(self.turn, "", append=True, final=True)

"""The right to answer on a server that gives one response at a time: who asked, who waits, whose tools are out, and
whether the candidate keeps the floor to think."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Frame = dict[str, Any]


class Why(StrEnum):
    """What a response is asked for."""

    TURN = "turn"
    """A spoken turn that the server did not answer by itself."""
    TYPED = "typed"
    DIRECTION = "direction"
    URGENT = "urgent"
    """A direction that does not wait for the candidate to finish."""
    TOOLS = "tools"
    RETRY = "retry"


@dataclass(slots=True)
class _Batch:
    """The tool calls of one response: answered all together."""

    names: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    closed: bool = False
    """The response is done, so no further call joins."""
    void: bool = False
    """The candidate spoke since: the answer to their turn takes the results up."""


class Answers:
    """Asks for a response only when none is active or asked for. What is to be sent is appended to `outbox`."""

    def __init__(self, outbox: list[Frame], listening: Mapping[str, Any], holding: Mapping[str, Any] | None) -> None:
        """`listening` and `holding` are the parts of `session.update` that switch turn detection; with None the
        server cannot be told to hold back its answers, so they are cancelled as they come."""
        self._outbox, self._listening, self._holding_session = outbox, listening, holding
        self.active: str | None = None
        """Id of the response under way."""
        self._asked = False
        """A response was asked for and has not begun."""
        self._newest = ("", Why.TOOLS)
        """Id and reason of the newest request."""
        self._waiting: Why | None = None
        self._requests = 0
        self._batches: dict[str, _Batch] = {}
        self._calls: dict[str, _Batch] = {}
        self.candidate_speaks = False
        """A turn of theirs is open, as far as the server tells."""
        self._holding = False
        """The candidate is thinking: no answer until they speak."""
        self._by_hand = False
        """The server was told not to answer; we ask at the end of the next turn."""
        self._owed = False
        """A turn ended while the candidate was thinking, and nobody answered it."""

    # --- responses ---------------------------------------------------------------------------------------------------

    def want(self, why: Why) -> None:
        """Ask now, or when the active response is done. While the candidate speaks, the answer to their turn will do,
        except for what cannot wait."""
        if self.candidate_speaks and why in (Why.DIRECTION, Why.TOOLS, Why.RETRY):
            return
        if self.active is not None or self._asked:
            self._waiting = why
            return
        self._requests += 1
        event_id = f"{why}-{self._requests}"
        self._waiting, self._asked, self._newest = None, True, (event_id, why)
        self._outbox.append({"type": "response.create", "event_id": event_id})

    def created(self, response_id: str) -> bool:
        """Whether the response may be heard: we asked for it, or the candidate left the floor. xAI echoes no id of
        ours, so the order decides which response was asked for."""
        asked, self._asked = self._asked, False
        self.active = response_id
        if self._holding and not asked:
            self._owed = True
            self.cancel()
            return False
        return True

    def done(self, response_id: str) -> None:
        if self.active == response_id:
            self.active = None
        if batch := self._batches.pop(response_id, None):
            batch.closed = True
            self._finish(batch)
        if self._waiting is not None:
            self.want(self._waiting)

    def cancel(self) -> None:
        if self.active is not None:
            self._outbox.append({"type": "response.cancel"})

    def refused(self, event_id: str | None) -> bool:
        """An error came; True when it was about what we asked for."""
        if not self._asked or event_id not in (None, self._newest[0]):
            return False
        self._asked = False
        return True

    def collided(self, event_id: str | None) -> bool:
        """Our request met a response that had just begun, and that may have passed for ours. True when the request
        waits for its end: not for tools, whose results it knows, nor while the candidate speaks, as in `want`."""
        newest, why = self._newest
        if event_id not in (None, newest):
            return False
        self._asked = False
        if why is Why.TOOLS or (self.candidate_speaks and why is not Why.URGENT):
            return False
        self._waiting = why
        return True

    def interrupted(self) -> None:
        """The candidate took the floor: what waited is taken up by the answer to their turn."""
        self._asked = False
        if self._waiting is not Why.URGENT:
            self._waiting = None
        for batch in (*self._batches.values(), *self._calls.values()):
            batch.void = True

    # --- the candidate's turn ----------------------------------------------------------------------------------------

    def speech_started(self) -> None:
        self.candidate_speaks, self._holding, self._owed = True, False, False
        self.interrupted()

    def speech_stopped(self) -> bool:
        """Whether the turn is over: not while the candidate thinks."""
        self.candidate_speaks = False
        self._owed = self._holding
        return not self._holding

    def committed(self) -> None:
        """The server has all of the turn's audio."""
        if self._by_hand and not self._holding and not self.candidate_speaks:
            self.want(Why.TURN)
            self._detect(by_hand=False)

    def hold(self, on: bool) -> None:
        if on:
            self._holding = True
            if self._holding_session is not None and not self._by_hand:
                self._detect(by_hand=True)
            return
        if not self._holding:
            return
        self._holding = False
        if self._by_hand:
            self._detect(by_hand=False)
        if self._owed:
            self._owed = False
            self.want(Why.TURN)

    def _detect(self, *, by_hand: bool) -> None:
        self._by_hand = by_hand
        self._outbox.append(
            {"type": "session.update", "session": self._holding_session if by_hand else self._listening}
        )

    # --- tools -------------------------------------------------------------------------------------------------------

    def called(self, response_id: str, call_id: str, name: str) -> None:
        batch = self._batches.setdefault(response_id, _Batch())
        batch.names.add(name)
        batch.waiting.add(call_id)
        self._calls[call_id] = batch

    def returned(self, call_id: str) -> None:
        """A tool's result was sent."""
        if batch := self._calls.pop(call_id, None):
            batch.waiting.discard(call_id)
            self._finish(batch)

    def _finish(self, batch: _Batch) -> None:
        """One request for all results of a response; none after a goodbye."""
        if batch.closed and not batch.waiting and not batch.void and batch.names - {"end_interview"}:
            self.want(Why.TOOLS)

"""The event record of a call: what its conversation received and decided, with times and without words.

It can be replayed: the same events through `core.talk.conversation` decide the same. Words are replaced by `x`, except
that a longer word of the plan's questions becomes the same made-up word everywhere, because the conversation recognises
its questions by them, and that what makes a sentence an invitation ("Tell …") stays in what Ema says.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.core.plan.plan import Domain, Level, Pace, Plan, Question
from services.core.talk import events as talk_events
from services.core.talk.conversation import Conversation
from services.core.talk.events import Action, AgentText, AudioOut, Event, Play, Typed, UserText

KEPT = 20
"""Calls whose record is kept, in memory alone."""
MAX_ENTRIES = 200_000
"""Of one call; six times what 15 minutes of talk bring."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LONG = 4
"""Letters from which the conversation takes a word into account."""
_INVITING = frozenset({"please", "tell", "walk", "describe", "explain", "give", "talk", "share"})

Entry = tuple[float, str, Any, tuple[Action, ...] | None]
"""(at, name, what is kept of the event, actions). None: the piece of audio was played."""


class Mask:
    """Takes the words out of texts, the same way throughout one record."""

    def __init__(self, plan: Plan) -> None:
        longer = (word for question in plan.questions for word in _words(question.text) if len(word) >= _LONG)
        self._made_up = {word: f"word{number:04}" for number, word in enumerate(dict.fromkeys(longer))}

    def text(self, text: str, *, ema: bool) -> str:
        def instead(match: re.Match[str]) -> str:
            word = match.group().lower()
            return self._made_up.get(word) or (word if ema and word in _INVITING else "x")

        return re.sub(r"[^\s\w.,:;?!]", "", _WORD.sub(instead, text)).replace("_", "")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


@dataclass
class EventRecord:
    """Of one call. `connected` and `received` are called on the event loop and cost a few microseconds."""

    interview_id: str
    plan: Plan = field(repr=False)
    pace: Pace
    limit_s: float
    wrap_up_s: float
    began_at: datetime
    tools: tuple[str, ...] = ()
    """Names of the outside tools there are."""
    tool_calls: int = 0
    """Of them, at most."""
    entries: list[Entry] = field(default_factory=list, repr=False)
    dropped: int = 0
    """Entries beyond MAX_ENTRIES."""

    def connected(self, at: float, label: str, *, rough_captions: bool, silent: bool, answered: bool) -> None:
        flags = {"label": label, "rough_captions": rough_captions, "silent": silent, "answered": answered}
        self._add((at, "connected", flags, ()))

    def received(self, event: Event, at: float, actions: Sequence[Action]) -> None:
        if isinstance(event, AudioOut):
            played = len(actions) == 1 and isinstance(actions[0], Play)
            self._add((at, "AudioOut", (event.item, event.generation, len(event.pcm)), None if played else ()))
        else:
            self._add((at, type(event).__name__, event, tuple(actions)))

    def _add(self, entry: Entry) -> None:
        if len(self.entries) < MAX_ENTRIES:
            self.entries.append(entry)
        else:
            self.dropped += 1

    def masked(self) -> dict[str, Any]:
        """For people and for `replay`; takes some milliseconds for each minute of the call."""
        mask = Mask(self.plan)
        said: dict[tuple[str, str], str] = {}
        questions = [
            {"id": question.id, "seconds": question.seconds, "text": mask.text(question.text, ema=True)}
            for question in self.plan.questions
        ]
        return {
            "interview_id": self.interview_id,
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "pace": self.pace,
            "limit_s": self.limit_s,
            "wrap_up_s": self.wrap_up_s,
            "tools": list(self.tools),
            "tool_calls": self.tool_calls,
            "questions": questions,
            "dropped": self.dropped,
            "entries": [_entry(entry, mask, said) for entry in self.entries],
        }


class EventRecords:
    """The last calls', newest last; thread-safe. An ended call's is kept packed, about 30 kB for 15 minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, EventRecord] = {}
        self._packed: OrderedDict[str, bytes] = OrderedDict()

    def open(self, record: EventRecord) -> None:
        with self._lock:
            self._running[record.interview_id] = record

    def pack(self, interview_id: str) -> None:
        """When the call is over, off the event loop: from here on, no word of it is left."""
        with self._lock:
            record = self._running.pop(interview_id, None)
        if record is not None:
            packed = gzip.compress(json.dumps(record.masked(), separators=(",", ":")).encode(), 6)
            with self._lock:
                self._packed[interview_id] = packed
                while len(self._packed) > KEPT:
                    self._packed.popitem(last=False)

    def ids(self) -> list[str]:
        """Of interviews, newest first."""
        with self._lock:
            return [*reversed(self._running), *reversed(self._packed)]

    def find(self, interview_id: str) -> dict[str, Any] | None:
        with self._lock:
            running, packed = self._running.get(interview_id), self._packed.get(interview_id)
        if running is not None:
            return running.masked()
        return None if packed is None else dict(json.loads(gzip.decompress(packed)))

    def forget(self, interview_id: str) -> None:
        """The interview was deleted."""
        with self._lock:
            self._running.pop(interview_id, None)
            self._packed.pop(interview_id, None)


def replay(record: Mapping[str, Any]) -> list[str]:
    """What the conversation decides otherwise today, in words; empty where it decides the same throughout."""
    conversation = Conversation(
        _plan(record["questions"]),
        pace=Pace(record["pace"]),
        limit_s=record["limit_s"],
        wrap_up_s=record["wrap_up_s"],
        tools=record.get("tools", ()),
        tool_calls=record.get("tool_calls", 0),
    )
    differences = []
    for entry in record["entries"]:
        if entry["event"] == "connected":
            flags = {name: entry[name] for name in ("rough_captions", "silent", "answered")}
            conversation.reconnected(entry["label"], **flags)
            continue
        decided = [_action(action) for action in conversation.receive(_event(entry), entry["at"])]
        if decided != entry.get("did", []):
            differences.append(f"{entry['at']:.3f} s, {entry['event']}: {entry.get('did', [])} became {decided}")
    return differences


def _entry(entry: Entry, mask: Mask, said: dict[tuple[str, str], str]) -> dict[str, Any]:
    at, name, kept, actions = entry
    if name == "connected":
        return {"at": at, "event": name, **kept}
    if name == "AudioOut":
        item, generation, size = kept
        did = [{"action": "Play", "item": item}] if actions is None else []
        told: dict[str, Any] = {"item": item, "generation": generation, "bytes": size}
    else:
        told, did = _told(kept, mask, said), [_action(action) for action in actions or ()]
    return {"at": at, "event": name, **told} | ({"did": did} if did else {})


def _told(event: Any, mask: Mask, said: dict[tuple[str, str], str]) -> dict[str, Any]:
    """An event's fields without its words. Pieces of a text are recorded as the whole so far, since a word that is cut
    in two could not be told from two."""
    fields = {known.name: getattr(event, known.name) for known in dataclasses.fields(event)}
    match event:
        case AgentText() | UserText():
            ema = isinstance(event, AgentText)
            key = ("ema", event.item) if isinstance(event, AgentText) else ("candidate", event.turn)
            repeated = event.append and event.final and said.get(key, "").endswith(event.text)
            whole = said.get(key, "") + ("" if repeated else event.text) if event.append else event.text
            said[key] = whole
            fields |= {"text": mask.text(whole, ema=ema), "append": False}
        case Typed(text):
            fields["text"] = mask.text(text, ema=False)
        case talk_events.ToolCall():
            fields["arguments"] = {k: v for k, v in event.arguments.items() if k == "question_id" and len(str(v)) < 20}
        case talk_events.ToolReturned():
            fields["result"] = "x" if event.result else ""
        case talk_events.ResumeToken():
            fields = {"token": "x"}
        case talk_events.Closed():
            fields["sentence"] = ""
        case talk_events.Usage():
            fields["quantities"] = dict(event.quantities)
    return fields


def _action(action: Action) -> dict[str, Any]:
    match action:
        case Play(_, item):
            return {"action": "Play", "item": item}
        case talk_events.Say():
            return {"action": "Say"}
        case talk_events.AnswerTool(call_id, _, is_error):
            return {"action": "AnswerTool", "call_id": call_id, "is_error": is_error}
        case talk_events.CallTool(call_id, name):
            return {"action": "CallTool", "call_id": call_id, "name": name}
        case talk_events.Instruct(instruction):
            return {"action": "Instruct", "kind": str(instruction.kind), "question_id": instruction.question_id}
    return {"action": type(action).__name__} | {
        known.name: getattr(action, known.name) for known in dataclasses.fields(action)
    }


def _event(entry: Mapping[str, Any]) -> Event:
    fields = {name: value for name, value in entry.items() if name not in ("at", "event", "did")}
    if entry["event"] == "AudioOut":
        fields = {"pcm": bytes(fields.pop("bytes")), **fields}
    if entry["event"] == "Closed":
        fields["cause"] = talk_events.CloseCause(fields["cause"])
    made: Event = getattr(talk_events, entry["event"])(**fields)
    return made


def _plan(questions: Sequence[Mapping[str, Any]]) -> Plan:
    """Just what the conversation reads of one."""
    asked = tuple(
        Question.model_construct(
            id=question["id"],
            text=question["text"],
            seconds=question["seconds"],
            purpose="",
            competency_id="c1",
            jd_phrase="",
            follow_ups=(),
        )
        for question in questions
    )
    return Plan.model_construct(
        role_title="",
        level=Level.SENIOR,
        domain=Domain.WEB,
        skills=(),
        competencies=(),
        questions=asked,
        made_by="",
        notices=(),
        bill=None,
    )

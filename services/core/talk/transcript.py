"""The record of who said what, in order of when they began to say it. It stays in memory.

Texts arrive late, twice, in pieces or corrected; a turn's place is fixed by its speech.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from services.core.talk.events import AgentText, Event, Heard, UserText

UNRECOGNISED = "(speech, not recognised)"
"""The caption of a spoken turn whose words nobody could make out; it carries no word of the candidate's."""
CHARACTERS_A_WORD = 2
"""Of scripts that are written without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""

_PLACEHOLDER = re.compile(
    r"\[[^\]]*\]|\([^)]*\)|<[^>]*>|\{[^}]*\}|\*[^*]*\*|（[^）]*）|【[^】]*】|[♪♫🎵🎶][^♪♫🎵🎶]*[♪♫🎵🎶]"
)
"""What recognisers write where they heard no words."""
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")


def count_words(text: str) -> int:
    """Words in a caption or typed text; none in mere placeholders such as "[BLANK_AUDIO]" or "(music) (laughs)"."""
    if not any(map(str.isalnum, _PLACEHOLDER.sub("", text))):
        return 0
    unspaced = sum(-(-len(run) // CHARACTERS_A_WORD) for run in _UNSPACED_RUN.findall(text))
    return unspaced + sum(any(map(str.isalnum, word)) for word in _UNSPACED_RUN.sub(" ", text).split())


class Speaker(StrEnum):
    CANDIDATE = "candidate"
    EMA = "ema"


@dataclass(frozen=True, slots=True)
class DisputedWords:
    """A stretch of a turn's text that two recognisers did not hear alike."""

    start: int
    end: int
    """Places in the text."""
    otherwise: str = field(default="", repr=False)
    """What the other one heard there; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    id: str
    """Unique within an interview: t1, t2, …"""
    speaker: Speaker
    text: str = field(repr=False)
    started_ms: int
    """On the interview's clock, which begins with the first microphone audio."""
    ended_ms: int
    question_id: str | None = None
    """The plan's question on the table when the turn began; None in greeting and wrap-up."""
    typed: bool = False
    confidence: float | None = None
    """0..1 of the recogniser, where it tells; None for typed text and for Ema."""
    interrupted: bool = False
    """Ema's: the candidate barged in, and `text` is what was heard of it."""
    provider: str = ""
    """Key of who voiced or recognised it."""
    recognised: str | None = field(default=None, repr=False)
    """What the recogniser wrote, where the candidate corrected it; `text` is the correction then."""
    rewritten: bool = False
    """The correction changes what was said in substance, so that it carries no level."""
    doubted: bool = False
    """The candidate says that the recogniser got this wrong, without saying how."""
    disputed: tuple[DisputedWords, ...] = ()
    """In order, none overlapping another; of the words as they were recognised."""
    confirmed: bool = False
    """The candidate read them and says that they are right."""

    @property
    def in_dispute(self) -> tuple[DisputedWords, ...]:
        """What carries no quote: until the candidate corrected or confirmed it."""
        return () if self.confirmed or self.recognised is not None else self.disputed

    @property
    def word_count(self) -> int:
        return count_words(self.text)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Circumstances of an interview, for the report. They never change a score."""

    drops: int = 0
    """Times the candidate's connection was lost."""
    seconds_away: float = 0.0
    away_ms: tuple[tuple[int, int], ...] = ()
    """From and to of each absence, on the interview's clock."""
    provider_changes: tuple[str, ...] = ()
    """Sentences, e.g. "The voice changed from ElevenLabs to the offline interviewer after 4:10."."""
    barge_ins: int = 0
    typed_turns: int = 0
    low_confidence_turns: int = 0
    rough_captions: bool = False
    """True when speech was recognised by the offline engine."""
    ended_by: str = ""
    skipped_question_ids: tuple[str, ...] = ()
    asked_question_ids: tuple[str, ...] = ()
    thinking_pauses: int = 0
    notes: tuple[str, ...] = field(default_factory=tuple)


MAX_TYPED_CHARS = 4000
NOTE: Final = "note"
"""In place of the speaker: a sentence of ours among the captions, which nobody says and no transcript holds."""
LOW_CONFIDENCE = 0.6
"""Of the recogniser, below which a turn is uncertain."""
UNCERTAIN = 0.0
"""Confidence of words that the recogniser never confirmed: it lagged or died after a partial caption."""

_SENTENCE_END = re.compile(r"[^\W_][.!?,;:…]$")
_JOINED_AFTER = re.compile(r"[\s({\[<$€£@/\\_‐'’“«¿¡-]$")
_JOINED_BEFORE = re.compile(rf"[\s)}}\]>.,;:!?…%°”»@/\\_‐'’+]|-\S|[、。，！？：；）】」{_UNSPACED}]")
"""Marks that continue the word or the sentence they stand beside."""


@dataclass(frozen=True, slots=True)
class Caption:
    turn_id: str
    speaker: Speaker | Literal["note"]
    text: str = field(repr=False)
    final: bool


@dataclass(slots=True, eq=False)
class Utterance:
    speaker: Speaker
    question_id: str | None = None
    provider: str = ""
    started_s: float = 0.0
    ended_s: float | None = None
    """None while it lasts."""
    last_s: float = 0.0
    """When its last words came, of the candidate's."""
    id: str = ""
    """Given with its first words."""
    pieces: list[str] = field(default_factory=list, repr=False)
    """As they came; joined they are what was said."""
    final: bool = False
    corrected: bool = False
    typed: bool = False
    confidence: float | None = None
    interrupted: bool = False
    heard: float = 1.0
    """Share of its audio that reached the candidate."""
    disowned: bool = False
    """It was somebody else's: no words of it are taken."""

    @property
    def said(self) -> str:
        # The model that speaks Ema's words writes every space between them; only a recogniser drops some.
        return joined(self.pieces) if self.speaker is Speaker.CANDIDATE else "".join(self.pieces)

    @property
    def unsure(self) -> bool:
        """All of it was recognised, with little confidence."""
        low = self.confidence is not None and self.confidence < LOW_CONFIDENCE
        return low and self.final and count_words(self.text) > 0

    @property
    def text(self) -> str:
        return (self.said if self.corrected else heard_part(self.said, self.heard)).strip()

    def turn(self, at: float) -> Turn:
        """As of now; one that lasts ends now."""
        started_ms = max(0, round(1000 * self.started_s))
        return Turn(
            id=self.id,
            speaker=self.speaker,
            text=self.text,
            started_ms=started_ms,
            ended_ms=max(started_ms, round(1000 * (at if self.ended_s is None else self.ended_s))),
            question_id=self.question_id,
            typed=self.typed,
            confidence=self.confidence,
            interrupted=self.interrupted,
            provider=self.provider,
        )

    def write(self, event: UserText | AgentText) -> None:
        if self.disowned:
            return
        if event.append:
            # Some providers send the final text twice.
            repeated = event.final and self.final and self.said.endswith(event.text)
            self.pieces += [] if repeated else [event.text]
        elif event.text == UNRECOGNISED and count_words(self.said):
            # The recogniser lagged or died: what it had shown is all there will be.
            self.doubt()
        elif event.final or not self.final or len(event.text) > len(self.said):
            # A partial that overtakes nothing was sent before the final it comes after.
            self.pieces = [event.text] if has_speech(event.text) else []
        self.final = self.final or event.final

    def rewrite(self, text: str) -> None:
        """These are all its words, and the last ones."""
        self.pieces, self.final = [text], True

    def disown(self) -> None:
        self.pieces, self.disowned = [], True

    def doubt(self) -> None:
        """No better words will come."""
        if not self.final:
            self.confidence, self.final = UNCERTAIN, True


def has_speech(text: str) -> bool:
    """Whether a caption shows words, or at least that somebody spoke; "", "." and "[noise]" do not."""
    return text == UNRECOGNISED or count_words(text) > 0


def joined(pieces: list[str]) -> str:
    """The pieces of one utterance as one text.

    Some vendors send pieces of words and put the spaces in, others whole phrases without one between them. Pieces of
    which none begins or ends with a space are phrases; in the others only the end of a sentence is a sure boundary.
    """
    pieces = [piece for piece in pieces if piece]
    spaced = any(piece[0].isspace() for piece in pieces[1:]) or any(piece[-1].isspace() for piece in pieces[:-1])
    text = "".join(pieces[:1])
    for piece in pieces[1:]:
        if spaced:
            torn = _SENTENCE_END.search(text) is not None and piece[0].isupper()
        else:
            torn = not _JOINED_AFTER.search(text) and not _JOINED_BEFORE.match(piece)
        text += f" {piece}" if torn else piece
    return text


def heard_part(text: str, share: float) -> str:
    """The beginning of a text, in whole words, by the share (0..1) of its audio that was heard."""
    if share >= 1.0:
        return text
    length = int(len(text) * share)
    part = text[:length]
    return part if text[length : length + 1].isspace() else part[: max(part.rfind(" "), 0)]


def fit_typed(text: str) -> str:
    """Without surrounding space; cut after the last whole word that fits into `MAX_TYPED_CHARS`."""
    text = text.strip()
    if len(text) <= MAX_TYPED_CHARS:
        return text
    words = text[: MAX_TYPED_CHARS + 1].rsplit(None, 1)
    return words[0] if len(words) > 1 else text[:MAX_TYPED_CHARS]


LATE_TEXT_S = 10.0
"""A text that comes later than this after speech ended does not belong to it."""
LATE_ANSWER_S = 3.0
"""Text without speech, arriving this soon after Ema began: what the candidate had said before."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What became of a text of the candidate's."""

    alive: bool
    """They are saying it now; else it belongs to a turn that is over."""
    worded: bool
    """The turn has words."""
    began_s: float
    words: str = field(default="", repr=False)
    """All that the turn has so far."""


class Transcript:
    def __init__(self) -> None:
        self.provider = ""
        self._count = 0
        self._entries: list[Utterance] = []
        # By the ids of the present connection.
        self._heard: dict[str, Utterance] = {}
        self._spoken: dict[str, Utterance] = {}
        # The candidate's speech that no text has claimed yet, oldest first.
        self._unclaimed: list[Utterance] = []

    def reconnected(self, provider: str, at: float) -> None:
        """A new connection begins: its ids mean nothing to what came before, and what was being said is over."""
        self.close(at)
        for entry in self._entries:
            entry.doubt()
        self._heard, self._spoken, self._unclaimed = {}, {}, []
        self.provider = provider

    def close(self, at: float) -> None:
        """Nobody is speaking any more; words may still follow."""
        self.finish(at)
        self._end_earlier(at)

    # --- the candidate ---

    @property
    def open_turn(self) -> bool:
        """The candidate has begun a turn and not ended it."""
        return bool(self._open())

    def begin(self, at: float, question_id: str | None) -> None:
        """The candidate began to speak; no more than a sign of life when they had begun already."""
        if not self.open_turn:
            self._unclaimed.append(self._add(Speaker.CANDIDATE, at, question_id))

    def finish(self, at: float) -> None:
        """The candidate's open turn, if there is one, is over."""
        for entry in self._open():
            entry.ended_s = at

    def give_way(self) -> None:
        """Ema answers: an open turn was over with its last words, and without words it was none."""
        for entry in self._open():
            entry.ended_s = entry.last_s
            self._unclaimed = [each for each in self._unclaimed if each is not entry]

    def hear(self, event: UserText, at: float, question_id: str | None, answer: str | None) -> Hearing:
        """What the candidate said. `answer` is the item Ema is saying.

        Text of an unknown turn that holds no word ("", "[noise]") stands for speech without words.
        """
        entry = self._heard.get(event.turn)
        if entry is None and not has_speech(event.text):
            if event.final:
                self._unclaimed = [each for each in self._unclaimed if each is not self._first_finished()]
            return Hearing(alive=False, worded=False, began_s=at)
        if entry is None:
            entry = self._claim(at) or self._without_speech(at, question_id, answer)
            self._heard[event.turn] = entry
        entry.write(event)
        entry.confidence = entry.confidence if event.confidence is None else event.confidence
        self._name(entry)
        alive = entry.ended_s is None
        entry.last_s = at if alive else entry.last_s
        return Hearing(alive=alive, worded=bool(entry.text), began_s=entry.started_s, words=entry.text)

    def disown(self, event: UserText) -> None:
        """The candidate said nothing of it: it was Ema's voice."""
        self._heard[event.turn].disown()

    def type(self, text: str, at: float, question_id: str | None) -> None:
        entry = self._add(Speaker.CANDIDATE, at, question_id)
        entry.rewrite(text)
        entry.ended_s, entry.typed = at, True
        self._name(entry)

    def take_late(self, event: Event, at: float) -> None:
        """After the call: words that were on their way."""
        match event:
            case UserText():
                self.hear(event, at, None, None)
            case AgentText():
                self.say(event)
            case Heard():
                self.trim(event)
            case _:
                pass

    # --- Ema ---

    def say(self, event: AgentText) -> None:
        entry = self._ema(event.item)
        if event.correction:
            entry.rewrite(event.text)
            entry.corrected = True
        elif not entry.corrected:
            entry.write(event)
        self._name(entry)

    def ema_began(self, item: str, at: float, question_id: str | None) -> bool:
        """The candidate hears the first sample of this item, which is no turn before that. False: it had begun."""
        entry = self._ema(item)
        if entry in self._entries:
            return False
        self._end_earlier(at)
        entry.started_s = at
        entry.question_id, entry.provider = question_id, self.provider
        self._entries.append(entry)
        self._name(entry)
        return True

    def ema_ended(self, item: str, at: float) -> None:
        """All of it so far was played. Said again when more audio of it came after a gap."""
        self._ema(item).ended_s = at

    def cut(self, item: str, at: float) -> bool:
        """Interrupted; False when the candidate had not heard any of it, which makes it no turn at all."""
        entry = self._ema(item)
        entry.interrupted, entry.ended_s = True, at
        return entry in self._entries

    def trim(self, event: Heard) -> None:
        """Keeps of an item's text what the candidate heard of it, in proportion to its audio."""
        entry = self._ema(event.item)
        entry.heard = min(1.0, max(0.0, event.heard_ms / event.total_ms)) if event.total_ms > 0 else 0.0
        entry.interrupted = entry.interrupted or entry.heard < 1.0
        self._name(entry)

    def ema_text(self, item: str) -> str:
        """Its text as far as the provider gave it, heard or not."""
        return self._ema(item).said

    def assign(self, item: str, question_id: str) -> None:
        """This item puts that question on the table."""
        self._ema(item).question_id = question_id

    def ema_said(self, item: str) -> tuple[str, str | None]:
        """The text of an item as far as it was heard, and its question; nothing before the candidate hears it."""
        entry = self._ema(item)
        return (entry.text, entry.question_id) if entry in self._entries else ("", None)

    # --- views ---

    def turns(self, at: float) -> tuple[Turn, ...]:
        """Of the candidate's only those with words that somebody could make out."""
        return tuple(
            entry.turn(at) for entry in self._worded() if entry.speaker is Speaker.EMA or count_words(entry.text)
        )

    def captions(self) -> tuple[Caption, ...]:
        return tuple(Caption(entry.id, entry.speaker, entry.text, entry.final) for entry in self._worded())

    def unsure_words(self) -> str:
        """What was understood of the candidate's last turn, where that is uncertain; empty once they speak again."""
        last = [entry for entry in self._worded() if entry.speaker is Speaker.CANDIDATE][-1:]
        return "" if self.open_turn else "".join(entry.text for entry in last if entry.unsure)

    def _worded(self) -> list[Utterance]:
        return sorted((entry for entry in self._entries if entry.text), key=lambda entry: entry.started_s)

    def last_words(self) -> tuple[str, str, str]:
        """What the candidate said last, what Ema had said before it, and what she said, or is about to say, after."""
        said = ["", "", ""]
        for entry in sorted(self._entries, key=lambda entry: entry.started_s):
            if entry.speaker is Speaker.EMA:
                said[2] = entry.text or said[2]
            else:
                said = [entry.text, said[2] or said[1], ""]
        coming = (entry for entry in self._spoken.values() if entry not in self._entries and not entry.interrupted)
        return said[0], said[1], next((entry.text for entry in reversed([*coming]) if entry.text), said[2])

    # --- bookkeeping ---

    def _add(self, speaker: Speaker, at: float, question_id: str | None) -> Utterance:
        entry = Utterance(speaker, question_id, self.provider, started_s=at, last_s=at)
        self._entries.append(entry)
        return entry

    def _open(self) -> list[Utterance]:
        return [each for each in self._entries if each.speaker is Speaker.CANDIDATE and each.ended_s is None]

    def _ema(self, item: str) -> Utterance:
        return self._spoken.setdefault(item, Utterance(Speaker.EMA))

    def _end_earlier(self, at: float) -> None:
        for entry in self._entries:
            if entry.speaker is Speaker.EMA and entry.ended_s is None:
                entry.ended_s = at

    def _name(self, entry: Utterance) -> None:
        if not entry.id and entry.text and entry in self._entries:
            self._count += 1
            entry.id = f"t{self._count}"

    def _claim(self, at: float) -> Utterance | None:
        while self._unclaimed:
            entry = self._unclaimed.pop(0)
            if entry.ended_s is None or at - entry.ended_s <= LATE_TEXT_S:
                return entry
        return None

    def _first_finished(self) -> Utterance | None:
        return next((entry for entry in self._unclaimed if entry.ended_s is not None), None)

    def _without_speech(self, at: float, question_id: str | None, answer: str | None) -> Utterance:
        """A turn that no voice activity announced: of now, or of before Ema began her answer."""
        ema = self._spoken.get(answer) if answer is not None else None
        if ema is None or ema not in self._entries or at - ema.started_s > LATE_ANSWER_S:
            return self._add(Speaker.CANDIDATE, at, question_id)
        earlier = [entry.question_id for entry in self._entries if entry.speaker is Speaker.EMA and entry is not ema]
        entry = self._add(Speaker.CANDIDATE, ema.started_s - 0.001, (earlier or [None])[-1] or question_id)
        entry.ended_s = entry.started_s
        return entry

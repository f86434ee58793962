"""The bridge between a candidate and whoever voices Ema: conversation, media and connections, leg after leg.

The conversation lives as long as the bridge; visits of the candidate and connections of providers come and go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from services.calls import relay
from services.calls.relay import CandidateGone, End, Lost, Media, Renewed
from services.calls.snapshot import Phase
from services.core.errors import ProviderError
from services.core.talk import floor
from services.core.talk.conversation import Conversation, EmaState
from services.core.talk.events import (
    Action,
    Announce,
    CallTool,
    CandidateJoined,
    CandidateLeft,
    CloseCause,
    Closed,
    EchoLeaked,
    EndingSoon,
    Event,
    Hangup,
    Interrupt,
    LetFinish,
    Play,
    PlayoutStarted,
    ResumeToken,
    TalkedOver,
    ToolReturned,
    Typed,
    VoiceFaded,
    VoiceReturned,
)
from services.core.talk.failover import Lineup
from services.core.talk.presence import ServedTime
from services.core.talk.transcript import Speaker
from services.observe.recorder import CallRecorder
from services.vendors.base import Connection, Provider, Resume, Terms

log = structlog.get_logger(__name__)

AWAY_AFTER_S = 3.5
"""Without a single microphone packet for this long, the candidate is away."""
AWAY_AFTER_FAREWELL_S = 0.6
"""The same once the browser said that its tab is closing."""
NOTICE_S = 8.0
"""How long a notice stays at least, so that it can be read."""
NO_SOUND_S = 10.0
"""A microphone that delivers digital silence for this long is most likely muted, broken, or the wrong one."""
NO_SOUND = (
    "No sound is coming from your microphone. Check that it is not muted and that the right one is chosen, "
    "or type your answers."
)
OTHERS_S = 3.0
"""How long it is said that others were heard: a television pauses, and the sentence should not flicker."""
OTHERS = "I hear other voices and listen to the nearest one. If it is you speaking, come closer to your microphone."
RENEW_QUIET_S = 1.0
"""Of silence that is the candidate's, before a connection that will be closed is renewed within it."""
RENEW_BY_S = 5.0
"""Before the vendor closes it, whoever speaks."""
SPEECH_LEVEL = 0.45
"""Of the microphone's meter (-33 dBFS): beyond it somebody may be speaking whom the vendor has not noticed yet."""
POLL_S = 0.1

Connected = Callable[[Provider, Connection], None]
AskTool = Callable[[CallTool], Awaitable[ToolReturned]]
"""Never raises, and answers within the time that somebody waits on a telephone."""


class Bridge:
    """One interview's, on the event loop. `order` holds the chosen provider first, the last resort last."""

    def __init__(
        self,
        terms: Terms,
        order: Sequence[Provider],
        clock: Callable[[], float],
        rejoin_grace_s: float,
        recorder: CallRecorder,
        ask_tool: AskTool | None = None,
    ) -> None:
        """`ask_tool` is needed where the terms name outside tools."""
        self._recorder = recorder
        self._ask_tool, self._asking = ask_tool, set[asyncio.Task[None]]()
        self.conversation = Conversation(
            terms.plan,
            pace=terms.pace,
            limit_s=terms.limit_s,
            wrap_up_s=terms.wrap_up_s,
            tools=[tool.name for tool in terms.tools],
            tool_calls=terms.tool_calls,
        )
        self.media: Media | None = None
        self.joins = 0
        self.notes: list[tuple[int, str]] = []
        """What the candidate was told in writing, each with the number of captions before it."""
        self.overhear: Callable[[bytes, int], None] | None = None
        """Gets what a vendor hears of the candidate, with its rate, where captions are made by the vendor."""
        self.typed_at: float | None = None
        """Of the clock: when the last answer was typed."""
        self._notice, self._notice_until = "", 0.0
        self._served = ServedTime(clock())
        self.hangup: asyncio.Future[CloseCause] = asyncio.get_running_loop().create_future()
        """Read only: resolved once the call is to end."""
        self.begun = asyncio.Event()
        """Read only: set with the first microphone audio, zero of the conversation's time."""
        self._began_at = 0.0
        self._phase = Phase.CONNECTING
        self._terms, self._clock, self._rejoin_grace_s = terms, clock, rejoin_grace_s
        self._providers = {provider.info.key: provider for provider in order}
        self._lineup = Lineup(tuple(self._providers))
        self._connection: Connection | None = None
        self._outbox: asyncio.Queue[relay.Outgoing] = asyncio.Queue()
        self._heard_until = clock()
        self._farewell = self._sounded = False
        self._resume_token: str | None = None
        self._ends_at: float | None = None
        """Of the clock: when the vendor said it will close this connection."""
        self._waiting_since: float | None = None

    # --- what the call reads and tells -------------------------------------------------------------------------------

    @property
    def provider(self) -> Provider:
        return self._providers[self._lineup.current]

    @property
    def phase(self) -> Phase:
        return self._phase

    def _enter(self, phase: Phase) -> None:
        if phase is not self._phase:
            log.debug("call phase", before=self._phase, after=phase, at=round(self.at(), 3))
            self._phase = phase

    def at(self) -> float:
        """Seconds since the first microphone audio; 0 before it."""
        return self._clock() - self._began_at if self.begun.is_set() else 0.0

    def heard_until_at(self) -> float:
        """When the last microphone audio arrived, in seconds since the first."""
        return self.heard_until() - self._began_at

    def heard_until(self) -> float:
        """When the last microphone audio of any visit arrived, of the clock."""
        heard = self.media.microphone.last_audio_at if self.media else None
        self._heard_until = max(self._heard_until, heard or 0.0)
        return self._heard_until

    def beat(self) -> None:
        """Every `BEAT_S` for as long as the call runs: what is late is time that this server did not serve."""
        self._served.beat(self._clock())

    def served_s(self) -> float:
        """Seconds since the first microphone audio in which this server was awake."""
        return self._served.between(self._began_at, self._clock()) if self.begun.is_set() else 0.0

    def _served_since(self, since: float) -> float:
        return self._served.between(since, self._clock())

    @property
    def heard(self) -> bool:
        """A sound of the candidate's, or a typed answer, has reached us at least once."""
        if self.media and self.media.microphone.last_sound_at is not None:
            self._sounded = True
        return self._sounded or self.typed_at is not None

    def connected_within(self, seconds: float) -> bool:
        """Audio arrived, or an answer was typed, this recently."""
        return self._clock() - max(self.heard_until(), self.typed_at or 0.0) <= seconds

    # --- what the candidate reads ------------------------------------------------------------------------------------

    @property
    def notice(self) -> str:
        """One sentence for now, or empty."""
        if self._notice and (self._phase is Phase.RECONNECTING or self._clock() < self._notice_until):
            return self._notice
        if self._phase is not Phase.LIVE:
            return ""
        return NO_SOUND if self._is_silent() else OTHERS if self._hears_others() else ""

    def announce(self, sentence: str) -> None:
        """Shown until it could be read, and kept among the captions."""
        self._notice, self._notice_until = sentence, self._clock() + NOTICE_S
        self.notes.append((len(self.conversation.captions), sentence))

    def _is_silent(self) -> bool:
        """From the first, or while it is for the candidate to speak: people who listen may make no sound."""
        microphone = self.media.microphone if self.media else None
        if microphone is None or microphone.first_audio_at is None or self._clock() - self.heard_until() > AWAY_AFTER_S:
            return False
        if microphone.last_sound_at is not None and not self.conversation.waiting:
            return False
        return self._served_since(microphone.last_sound_at or microphone.first_audio_at) > NO_SOUND_S

    def _hears_others(self) -> bool:
        """Somebody is left out while it is for the candidate to speak: that may be the candidate, after all."""
        left_out_at = self.media.microphone.left_out_at if self.media else None
        return left_out_at is not None and self.conversation.waiting and self._clock() - left_out_at < OTHERS_S

    def attach(self, media: Media) -> None:
        """The candidate's newest visit; an older one gives way to it."""
        self._sounded = self.heard
        self.media, self._farewell, self.joins = media, False, self.joins + 1
        media.playout.on_event = self.receive
        media.microphone.on_first_audio = self._begin
        media.microphone.on_faded = lambda faded: self.receive(VoiceFaded() if faded else VoiceReturned())
        media.microphone.on_talked_over = lambda on: self.receive(TalkedOver(on))
        media.microphone.on_leaked = lambda: self.receive(EchoLeaked())

    def _begin(self, heard_at: float) -> None:
        """The conversation's time runs from the first microphone audio of any visit, whatever a browser claims."""
        if not self.begun.is_set() and not self.hangup.done():
            self._began_at = heard_at
            self.begun.set()
            self.receive(CandidateJoined())

    def abort(self, error: Exception) -> None:
        """Ends the call for a reason of the server's, or by a fault of it."""
        if not self.hangup.done():
            self.hangup.set_exception(error)

    def stop(self) -> None:
        """Before `run` is cancelled: a leg that loses its cancellation on the way stops all the same."""
        self.hangup.cancel()
        for asking in self._asking:
            asking.cancel()

    def close(self) -> None:
        self._enter(Phase.ENDED)

    def farewell(self) -> None:
        """The browser said that its tab is closing. A hint only: audio that keeps coming contradicts it."""
        self._farewell = True

    def receive(self, event: Event) -> None:
        """Takes an event into the conversation and does what it asks for; never blocks.

        After the hangup nothing is asked for any more, but late words still find their place. A fault ends the call:
        a playout, a microphone or a page that tells an event could do nothing about it.
        """
        try:
            self._take(event)
        except Exception as error:
            if self.hangup.done():
                raise
            self.abort(error)

    def _take(self, event: Event) -> None:
        if isinstance(event, ResumeToken):
            self._resume_token = event.token
        elif isinstance(event, EndingSoon):
            self._ends_at = self._clock() + event.seconds_left
        elif isinstance(event, PlayoutStarted):
            self._lineup.worked()
        elif isinstance(event, Typed):
            self.typed_at = self._clock()
        at = self.at()
        actions = self.conversation.receive(event, at)
        self._recorder.received(event, at, actions)
        for action in actions:
            self._perform(action)

    def _perform(self, action: Action) -> None:
        """The playout acts here and now; what goes to the provider waits its turn in the outbox."""
        match action:
            case Play(pcm, item):
                if self.media and self._connection:
                    self.media.playout.push(pcm, self._connection.output_rate_hz, item)
            case Interrupt(item):
                heard = self.media.playout.clear() if self.media else None
                self._outbox.put_nowait(relay.Interrupted(item, heard.heard_ms if heard else 0))
                if heard:
                    self.receive(heard)
            case Announce(sentence):
                self.announce(sentence)
            case LetFinish():
                if self.media and self.media.microphone.near_end:
                    self.media.microphone.near_end.let_ema_finish()
            case CallTool():
                asking = asyncio.get_running_loop().create_task(self._ask(action))
                self._asking.add(asking)
                asking.add_done_callback(self._asking.discard)
            case Hangup(cause):
                if not self.hangup.done():
                    self.hangup.set_result(cause)
            case _:
                self._outbox.put_nowait(action)

    async def _ask(self, call: CallTool) -> None:
        assert self._ask_tool is not None
        self.receive(await self._ask_tool(call))

    # --- legs --------------------------------------------------------------------------------------------------------

    async def run(self, connected: Connected) -> CloseCause:
        """Leg after leg until the candidate stays away. Raises ProviderError when no provider is left."""
        apologise = silent = False
        while True:
            media = self.media
            assert media is not None
            end: End
            try:
                end = await self._relay(media, apologise, silent, connected)
            except ProviderError as error:
                end = Lost(error.cause, error.sentence, error.retryable)
            finally:
                self._connection = None
            self._stop_if_over()
            self.receive(Closed(end.cause if isinstance(end, Lost) else CloseCause.USER))
            if self.conversation.parting and not isinstance(end, CandidateGone):
                return await self._part(media)
            apologise, silent = isinstance(end, Lost), isinstance(end, Renewed) and end.silent
            if isinstance(end, Lost):
                self._fail_over(end)
            elif isinstance(end, Renewed):
                log.info("connection renewed", provider=self.provider.info.key, silent=silent)
            elif not await self._return():
                return CloseCause.NETWORK

    async def _relay(self, media: Media, apologise: bool, silent: bool, connected: Connected) -> End:
        while True:
            while not self._outbox.empty():
                self._outbox.get_nowait()  # the resume below knows what was asked so far
            resume = self._resume(apologise, silent)
            asked_at = self._clock()
            async with self.provider.connect(self._terms, resume) as connection:
                self._stop_if_over()
                if current := self._is_current(resume):
                    media.playout.clear()  # ids of items may come again
                    self._take_up(connection, resume, self._clock() - asked_at)
                connected(self.provider, connection)
                if current:
                    self._enter(Phase.LIVE)
                    overhear = None if self.provider.info.capabilities.local_captions else self.overhear
                    return await relay.run(
                        connection,
                        media,
                        self._outbox,
                        self.receive,
                        lambda: self._verdict(media),
                        self.begun,
                        lambda: self.conversation.greeted,
                        overhear,
                    )
            silent = False

    def _take_up(self, connection: Connection, resume: Resume | None, connect_s: float) -> None:
        self._connection = connection
        self._ends_at = self._waiting_since = None
        info = self.provider.info
        rough, silent = info.capabilities.rough_captions, bool(resume and resume.silent)
        answered = bool(resume and resume.answer)
        self.conversation.reconnected(
            info.key, label=info.label, rough_captions=rough, silent=silent, answered=answered
        )
        self._recorder.connected(
            self.at(),
            provider=info.key,
            label=info.label,
            model=info.model,
            rough_captions=rough,
            silent=silent,
            answered=answered,
            conversation_id=connection.conversation_id,
            connect_s=connect_s,
        )

    def _stop_if_over(self) -> None:
        """Whoever cancels the bridge resolves `hangup` first, because a cancellation alone can be lost.

        A TaskGroup before Python 3.13 forgets one that arrives together with a task's own error, and libraries below
        a connection swallow one that arrives together with a result.
        """
        if self.hangup.done():
            raise asyncio.CancelledError

    async def _part(self, media: Media) -> CloseCause:
        """Nobody has to say any more: the conversation hangs up once the goodbye was heard, or the candidate leaves."""
        while not self._is_gone(media):
            await asyncio.sleep(POLL_S)
        self.receive(CandidateLeft())
        return CloseCause.AGENT

    def _resume(self, apologise: bool, silent: bool) -> Resume | None:
        """None until Ema was heard: then the next provider greets as the first would have."""
        turns, agenda = self.conversation.turns, self.conversation.agenda
        if not any(turn.speaker is Speaker.EMA for turn in turns):
            return None
        resume = Resume(
            turns=turns,
            question_id=agenda.question_id,
            follow_ups_asked=agenda.follow_ups_asked,
            elapsed_s=self.at(),
            token=self._resume_token,
            apologise=apologise,
        )
        due = resume.answer or self.conversation.state is not EmaState.LISTENING
        return replace(resume, silent=silent and resume.token is not None and not due)

    def _is_current(self, resume: Resume | None) -> bool:
        """False when the candidate typed an answer, skipped the question, or asked to hear it again where nothing was
        to be said, while the connection was being opened."""
        now = self._resume(resume.apologise, resume.silent) if resume else None
        if resume is None or now is None:
            return True
        return (resume.answer, resume.question_id, resume.silent) == (now.answer, now.question_id, now.silent)

    def _is_gone(self, media: Media) -> bool:
        """The candidate left this visit, or began another."""
        silent_s = self._served_since(self.heard_until())
        gone = media.microphone.ended or silent_s > (AWAY_AFTER_FAREWELL_S if self._farewell else AWAY_AFTER_S)
        return media is not self.media or (self.begun.is_set() and gone)

    def _verdict(self, media: Media) -> End | None:
        now = self._clock()
        if self._is_gone(media):
            return CandidateGone()
        if self.begun.is_set() and (stalled_at := self.conversation.stalled_at) is not None:
            due_at = self._began_at + stalled_at - floor.STALL_S
            if self._served_since(due_at) >= floor.STALL_S:
                return Lost(CloseCause.PROVIDER, f"{self.provider.info.label} stopped answering.")
        return self._renewal(now, media) if self._ends_at is not None else None

    def _renewal(self, now: float, media: Media) -> Renewed | None:
        """Within a pause of the candidate's, where it goes unnoticed, or shortly before the vendor closes."""
        quiet = self.conversation.waiting and media.microphone.level < SPEECH_LEVEL
        self._waiting_since = (self._waiting_since or now) if quiet else None
        if self._waiting_since is not None and now - self._waiting_since >= RENEW_QUIET_S:
            return Renewed(silent=True)
        assert self._ends_at is not None
        return Renewed(silent=False) if now >= self._ends_at - RENEW_BY_S else None

    def _fail_over(self, lost: Lost) -> None:
        before = self.provider.info.label
        key = self._lineup.next(lost.cause, retryable=lost.retryable)
        log.warning("provider lost", cause=lost.cause, provider=before, next=key)
        if key is None:
            raise ProviderError(lost.sentence or "The voice provider failed and no other is left.", lost.cause)
        after = self.provider.info.label
        self._enter(Phase.RECONNECTING)
        reason = lost.sentence.partition(". ")[0].rstrip(".") or f"{before} had a problem"
        self.announce(f"{reason}. {f'{after} carries on.' if after != before else f'Connecting to {after} again.'}")
        if after != before:
            self._resume_token = None

    async def _return(self) -> bool:
        """Waits for the candidate within the grace; False when it passed."""
        left_at = self._clock()
        self._enter(Phase.AWAY)
        log.info("candidate away", seconds=round(self.at(), 1))
        if self.begun.is_set():
            self.receive(CandidateLeft())
        while self._served_since(self.heard_until()) < self._rejoin_grace_s:
            if self.heard_until() > left_at:
                self._farewell = False
                self._enter(Phase.RECONNECTING)
                self.receive(CandidateJoined())
                return True
            await asyncio.sleep(POLL_S)
        return False

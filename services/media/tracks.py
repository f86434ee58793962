"""The candidate's two tracks: av frames to PCM16 and back, and a count of what was really handed to the browser.

Everything here runs on the event loop that aiortc uses, except where a docstring says otherwise.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from fractions import Fraction

import av
import structlog
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.stream import Stream

from services.core import audio
from services.core.talk.events import Heard, PlayoutDrained, PlayoutStarted
from services.media.aiortc_mends import RATE_HZ, install_adaptive_jitter_buffer
from services.media.echo import NearEnd
from services.media.frames import frame_of, mono_of, pcm_of

log = structlog.get_logger(__name__)

__all__ = ["Microphone", "Playout", "install_adaptive_jitter_buffer"]

FRAME_S = 0.02
FRAME_SAMPLES = 960
FRAME_BYTES = FRAME_SAMPLES * audio.SAMPLE_BYTES
QUEUED_FRAMES = 100
"""2 s: a burst after a stalled network passes whole, and a new reader is at most this far behind."""
CATCH_UP_S = 0.1
"""A track further behind than this moves its clock instead; less is caught up at double speed."""
FIRST_PACKET_S = 0.06
FADE_BYTES = audio.bytes_of(2.5, RATE_HZ)
SILENT_FRAMES_ENCODED = 25
"""After these the encoder has settled (its high-pass rings for 14) and its last packet can be sent again and again."""
_METER_FALL = 0.85
_TIME_BASE = Fraction(1, RATE_HZ)


class Microphone:
    """A streamlit-webrtc MediaSink for the candidate's voice; takes one track after another.

    What has no underscore may be read, and `stop` may be called, from any thread.
    """

    def __init__(self) -> None:
        self.level = 0.0
        """0..1 for a meter: rises at once, falls slowly."""
        self.first_audio_at: float | None = None
        """time.monotonic() of the first frame that was ever decoded; sets `heard`."""
        self.heard = asyncio.Event()
        self.on_first_audio: Callable[[float], None] | None = None
        """Gets `first_audio_at` in the same breath."""
        self.last_audio_at: float | None = None
        self.last_sound_at: float | None = None
        """The same of the last frame that held more than digital silence."""
        self.near_end: NearEnd | None = None
        """Takes Ema and others out of what is heard; None: all of it is the candidate's."""
        self.left_out_at: float | None = None
        """When somebody could last be heard who was not in front, as last_sound_at."""
        self.on_faded: Callable[[bool], None] | None = None
        """Gets whether only voices quieter than the candidate's go on, whenever that changes."""
        self._faded = False
        self.on_talked_over: Callable[[bool], None] | None = None
        """Gets whether a voice goes on whether Ema speaks or not, whenever that changes."""
        self._unheeding = False
        self.on_leaked: Callable[[], None] | None = None
        """Told when Ema's echo gets through the canceller."""
        self._leaks = False
        self.ended = False
        """The track it had is over, and no other has been added since."""
        self.on_ended: Callable[[], None] | None = None
        self._track: MediaStreamTrack | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._frames: deque[av.AudioFrame] = deque(maxlen=QUEUED_FRAMES)
        self._arrived = asyncio.Event()

    def addTrack(self, track: MediaStreamTrack) -> None:
        """Takes the place of a track it already has: the candidate opened the page a second time."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._track = track

    def hasTrack(self) -> bool:
        return self._track is not None

    def start(self) -> None:
        if self._track is None:
            raise RuntimeError("the microphone has no track")
        self._loop = asyncio.get_running_loop()
        self.ended = False
        self._task = self._loop.create_task(self._read(self._track))
        self._task.add_done_callback(self._over)

    def stop(self) -> None:
        """From any thread. Its reader gets what is still queued, then its iteration ends."""
        task, self._task, self._track = self._task, None, None
        if task is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(task.cancel)

    async def chunks(self, rate_hz: int) -> AsyncIterator[bytes]:
        """PCM16 mono, one chunk per frame of about 20 ms, until the track ends. One reader at a time."""
        resampler = av.AudioResampler("s16", "mono", rate_hz)
        while True:
            while self._frames:
                for resampled in resampler.resample(self._frames.popleft()):
                    yield pcm_of(resampled)
            if self.ended:
                return
            self._arrived.clear()
            await self._arrived.wait()

    async def _read(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.AudioFrame):
                    self._take(frame)
        except MediaStreamError:
            return

    def _over(self, task: asyncio.Task[None]) -> None:
        if self._task is None or self._task is task:
            self.ended, self.level = True, 0.0
            self._arrived.set()
            if self.on_ended is not None:
                self.on_ended()

    def _take(self, frame: av.AudioFrame) -> None:
        frame.pts = None
        if self.near_end is not None and frame.sample_rate == RATE_HZ:
            frame, loudness = self._without_others(frame, self.near_end)
        else:
            loudness = audio.loudness(pcm_of(frame))
        self._frames.append(frame)
        self.last_audio_at = time.monotonic()
        if self.first_audio_at is None:
            self.first_audio_at = self.last_audio_at
            self.heard.set()
            if self.on_first_audio is not None:
                self.on_first_audio(self.first_audio_at)
        if loudness > audio.AUDIBLE_DBFS:
            self.last_sound_at = self.last_audio_at
        self.level = max(audio.level(loudness), self.level * _METER_FALL)
        self._arrived.set()

    def _without_others(self, frame: av.AudioFrame, near_end: NearEnd) -> tuple[av.AudioFrame, float]:
        """The candidate's part of it, mono, and its level in dBFS before anybody further away was left out."""
        pcm = mono_of(frame)
        cleaned, came = near_end.heard(pcm), audio.loudness(pcm)
        # Not more than came in: the canceller fills digital silence with a faint noise.
        loudness = came if cleaned is pcm else min(came, audio.loudness(cleaned))
        if not near_end.in_front(loudness, came):
            cleaned = bytes(len(cleaned))
            if loudness > audio.AUDIBLE_DBFS:
                self.left_out_at = time.monotonic()
        if near_end.leaks and not self._leaks and self.on_leaked is not None:
            self.on_leaked()
        self._leaks = near_end.leaks
        if near_end.faded is not self._faded:
            self._faded = near_end.faded
            if self.on_faded is not None:
                self.on_faded(self._faded)
        if near_end.unheeding is not self._unheeding:
            self._unheeding = near_end.unheeding
            if self.on_talked_over is not None:
                self.on_talked_over(self._unheeding)
        return frame_of(cleaned, RATE_HZ), loudness


class Playout(MediaStreamTrack):
    """Ema's voice on its way to the browser: Opus packets of 20 ms on its own clock, silence while she says nothing.

    They are encoded here and not by aiortc, which would spend a thread hop on each and 4 ms of look-ahead more.
    """

    kind = "audio"

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._clock, self._sleep = clock, sleep
        self.on_event: Callable[[PlayoutStarted | PlayoutDrained], None] | None = None
        self.on_played: Callable[[bytes], None] | None = None
        """Gets the same as `on_frame`: what of it may come back through the microphone is looked for there."""
        self.on_frame: Callable[[bytes], None] | None = None
        """Gets the PCM of every packet as it is handed out, 48 kHz, shorter than a packet where silence follows."""
        self._utterances: deque[_Utterance] = deque()
        """The first is the current one, and stays so, even with nothing left to play, until another follows."""
        self._fading = b""
        self._encoder = _opus_encoder()
        self._silent_frames = 0
        self._silence_packet = b""
        self._samples, self._due, self._sent_at = 0, 0.0, 0.0
        self._pushed = asyncio.Event()

    def push(self, pcm: bytes, rate_hz: int, item: str) -> None:
        """Appends audio of an utterance, PCM16 mono at any rate; it begins to sound with the next frame."""
        last = self._utterances[-1] if self._utterances else None
        if last is None or last.item != item:
            if last is not None:
                last.finish()
            last = _Utterance(item, rate_hz)
            self._utterances.append(last)
        last.append(pcm)
        self._pushed.set()

    def clear(self) -> Heard | None:
        """Falls silent with the next frame. Returns what was heard of the current utterance; None if there is none."""
        if not self._utterances:
            return None
        current = self._current()
        if current.handed_out:
            self._fading = audio.fade_out(bytes(current.samples[:FADE_BYTES]))
        self._utterances.clear()
        return Heard(current.item, current.heard_ms, current.total_ms)

    @property
    def queued_ms(self) -> float:
        return audio.duration_ms(sum(len(utterance.samples) for utterance in self._utterances), RATE_HZ)

    async def recv(self) -> av.Packet[Stream]:
        """The next packet, at its moment: what is pushed or cleared before then counts.

        The first, which starts the browser's clock, waits a little for a voice, so that this begins without a pause.
        """
        if not self._due:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._pushed.wait(), FIRST_PACKET_S)
        await self._tick()
        if self.readyState != "live":
            raise MediaStreamError
        pcm, events = self._take()
        for event in events:
            self._tell(event)
        for listener in (self.on_played, self.on_frame):
            if listener is not None:
                listener(pcm)
        packet = av.Packet(self.encode(pcm))
        packet.pts, packet.time_base = self._samples - FRAME_SAMPLES, _TIME_BASE
        return packet

    async def _tick(self) -> None:
        now = self._clock()
        self._due = max(self._due + FRAME_S, now - CATCH_UP_S) if self._due else now
        await self._sleep(max(0.0, max(self._due, self._sent_at + FRAME_S / 2) - now))
        self._sent_at = self._clock()

    def _take(self) -> tuple[bytes, list[PlayoutStarted | PlayoutDrained]]:
        """At most one frame, less or nothing when there is no more; and what that means."""
        frame, self._fading = bytearray(self._fading), b""
        events: list[PlayoutStarted | PlayoutDrained] = []
        spoken = False
        while len(frame) < FRAME_BYTES and self._utterances and (current := self._current()).samples:
            if not current.handed_out:
                events.append(PlayoutStarted(current.item))
            frame += current.take(FRAME_BYTES - len(frame))
            spoken = True
        if spoken and not any(utterance.samples for utterance in self._utterances):
            events.append(PlayoutDrained(self._utterances[-1].item))
        return bytes(frame), events

    def _current(self) -> _Utterance:
        while len(self._utterances) > 1 and not self._utterances[0].samples:
            self._utterances.popleft()
        return self._utterances[0]

    def _tell(self, event: PlayoutStarted | PlayoutDrained) -> None:
        """At once: told later, an utterance pushed in between would count as drained."""
        if self.on_event is None:
            return
        try:
            self.on_event(event)
        except Exception:  # whatever a listener does wrong, the voice goes on, and the log says where it was
            log.exception("playout listener failed", event_type=type(event).__name__)

    def encode(self, pcm: bytes) -> bytes:
        """The next frame as Opus; less PCM than a frame ends in silence."""
        at, self._samples = self._samples, self._samples + FRAME_SAMPLES
        self._silent_frames = 0 if pcm else self._silent_frames + 1
        if self._silent_frames > SILENT_FRAMES_ENCODED:
            return self._silence_packet
        frame = frame_of(pcm.ljust(FRAME_BYTES, b"\0"), RATE_HZ)
        frame.pts = at
        encoded = b"".join(bytes(packet) for packet in self._encoder.encode(frame))
        if not pcm:
            self._silence_packet = encoded
        return encoded


class _Utterance:
    """One item's audio, resampled as it comes, and how much of it was handed out."""

    def __init__(self, item: str, rate_hz: int) -> None:
        self.item = item
        self.samples = bytearray()
        """48 kHz, not yet handed out."""
        self.handed_out = 0
        self._rate_hz = rate_hz
        self._pushed = 0
        self._resampler = av.AudioResampler("s16", "mono", RATE_HZ) if rate_hz != RATE_HZ else None

    @property
    def total_ms(self) -> int:
        return round(audio.duration_ms(self._pushed, self._rate_hz))

    @property
    def heard_ms(self) -> int:
        if self.handed_out and not self.samples:
            return self.total_ms  # all but the fraction of a millisecond that a resampler holds back
        return min(self.total_ms, round(audio.duration_ms(self.handed_out, RATE_HZ)))

    def append(self, pcm: bytes) -> None:
        self._pushed += len(pcm)
        if self._resampler is None:
            self.samples += pcm
        elif pcm:
            for resampled in self._resampler.resample(frame_of(pcm, self._rate_hz)):
                self.samples += pcm_of(resampled)

    def take(self, size: int) -> bytes:
        part = bytes(self.samples[:size])
        del self.samples[:size]
        self.handed_out += len(part)
        return part

    def finish(self) -> None:
        """Another utterance follows: if without a pause, the samples that the resampler held back join the two."""
        if self._resampler is not None and self.samples:
            for resampled in self._resampler.resample(None):
                self.samples += pcm_of(resampled)
        self._resampler = None


def _opus_encoder() -> av.AudioCodecContext:
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate, encoder.options = 64_000, {"application": "lowdelay"}
    return encoder

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpCodecParameters, RTCRtpReceiver
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from numpy.typing import NDArray

from services.core.talk.events import Heard, PlayoutDrained, PlayoutStarted
from services.media.aiortc_mends import CONCEALED_PACKETS, PacketOrder
from services.media.tracks import QUEUED_FRAMES, Microphone, Playout, install_adaptive_jitter_buffer

pytestmark = pytest.mark.realtime

MS = 0.001
OPUS = RTCRtpCodecParameters("audio/opus", 48_000, 2, 96)
TELEPHONE = RTCRtpCodecParameters("audio/PCMU", 8_000, 1, 96)
Samples = NDArray[np.int16]


def tone(seconds: float, rate_hz: int, hz: float = 440.0) -> bytes:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (10_000 * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


def pitch(samples: Samples, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), rate_hz))
    return float(spectrum.argmax())


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


class Clock:
    """Its time passes only in `sleep`, or by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class Ear:
    """Pulls the playout as a peer would."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.playout = Playout(self.clock, self.clock.sleep)
        self.events: list[PlayoutStarted | PlayoutDrained] = []
        self.playout.on_event = self.events.append
        self.packets: list[bytes] = []
        self.sent_at: list[float] = []
        self._decoder = OpusDecoder()
        self._decoder.codec.layout = "mono"

    async def hear(self, ms: int) -> Samples:
        heard = []
        for _ in range(ms // 20):
            packet = await self.playout.recv()
            self.packets.append(bytes(packet))
            self.sent_at.append(self.clock.now)
            assert packet.pts == (len(self.packets) - 1) * 960
            decoded = self._decoder.decode(JitterFrame(bytes(packet), packet.pts))
            heard += [cast(av.AudioFrame, frame).to_ndarray()[0] for frame in decoded]
        return np.concatenate(heard)


class Voice(MediaStreamTrack):
    """A track that has these frames at once and then, if `ends`, is over."""

    kind = "audio"

    def __init__(self, frames: Sequence[av.AudioFrame], *, ends: bool = True) -> None:
        super().__init__()
        self._frames, self._ends = list(frames), ends

    async def recv(self) -> av.AudioFrame:
        if self._frames:
            return self._frames.pop(0)
        if not self._ends:
            await asyncio.get_running_loop().create_future()
        raise MediaStreamError


def frames(count: int, amplitude: int = 5000) -> list[av.AudioFrame]:
    made = []
    for n in range(count):
        frame = av.AudioFrame.from_ndarray(np.full((1, 960), amplitude, np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = 48_000, n * 960
        made.append(frame)
    return made


def listening(track: MediaStreamTrack) -> Microphone:
    microphone = Microphone()
    microphone.addTrack(track)
    microphone.start()
    return microphone


# --- playout ----------------------------------------------------------------------------------------------


async def test_silence_flows_before_the_first_word() -> None:
    ear = Ear()

    heard = await ear.hear(100)

    assert not heard.any()
    assert np.diff(ear.sent_at) == pytest.approx([20 * MS] * 4)


async def test_first_packet_has_the_voice_in_it_that_comes_at_once() -> None:
    ear = Ear()
    hearing = asyncio.create_task(ear.hear(20))
    await asyncio.sleep(0)

    ear.playout.push(tone(1, 24_000), 24_000, "greeting")

    assert rms(await hearing) > 1000


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 44_100, 48_000])
async def test_any_rate_is_played_whole(rate_hz: int) -> None:
    ear = Ear()

    ear.playout.push(tone(1.0, rate_hz), rate_hz, "a")
    heard = await ear.hear(1060)

    voiced = np.flatnonzero(np.abs(heard) > 300)
    assert (voiced[-1] - voiced[0]) / 48 == pytest.approx(1000, abs=6)
    assert pitch(heard, 48_000) == pytest.approx(440, abs=1)
    assert ear.playout.clear() == Heard("a", 1000, 1000)


async def test_chunks_join_without_a_seam() -> None:
    ear, whole = Ear(), tone(0.5, 24_000)

    for start in range(0, len(whole), 1000):
        ear.playout.push(whole[start : start + 1000], 24_000, "a")
    heard = (await ear.hear(480)).astype(float)[960:]

    assert np.abs(np.diff(heard, 2)).max() < 60
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(7070, rel=0.01)


@pytest.mark.parametrize(("ms", "heard_ms"), [(20, 20), (340, 340), (1000, 1000), (1200, 1000)])
async def test_clear_tells_what_was_heard(ms: int, heard_ms: int) -> None:
    ear = Ear()
    ear.playout.push(tone(1.0, 24_000), 24_000, "a")

    await ear.hear(ms)

    assert ear.playout.clear() == Heard("a", heard_ms, 1000)


async def test_clear_before_the_first_sample_heard_nothing() -> None:
    ear = Ear()
    ear.playout.push(tone(1.0, 24_000), 24_000, "a")

    assert ear.playout.clear() == Heard("a", 0, 1000)
    assert not (await ear.hear(40)).any()


async def test_clear_tells_of_the_utterance_that_is_next() -> None:
    ear = Ear()
    ear.playout.push(tone(0.1, 24_000), 24_000, "a")
    await ear.hear(200)

    ear.playout.push(tone(1.0, 24_000), 24_000, "b")

    assert ear.playout.clear() == Heard("b", 0, 1000)


async def test_nothing_to_clear_is_no_answer() -> None:
    ear = Ear()

    assert ear.playout.clear() is None
    assert await ear.hear(20) is not None


async def test_clear_silences_the_next_frame() -> None:
    ear = Ear()
    ear.playout.push(tone(1.0, 24_000), 24_000, "a")
    await ear.hear(200)

    ear.playout.clear()
    after = await ear.hear(60)

    look_ahead_and_fade = round(5.5 * 48)
    assert np.abs(after[look_ahead_and_fade:]).max() < 300


async def test_clear_makes_no_click() -> None:
    ear = Ear()
    ear.playout.push(tone(1.0, 24_000, hz=112.5), 24_000, "a")
    before = await ear.hear(100)

    ear.playout.clear()
    joined = np.concatenate([before, await ear.hear(40)]).astype(float)

    assert np.abs(np.diff(joined)).max() < 600


async def test_nothing_stale_precedes_the_next_answer() -> None:
    ear = Ear()
    ear.playout.push(tone(0.5, 24_000), 24_000, "a")
    await ear.hear(100)
    ear.playout.clear()
    await ear.hear(60)

    ear.playout.push(bytes(9600), 24_000, "b")

    assert np.abs(await ear.hear(200)).max() < 30


async def test_a_drained_answer_leaves_nothing_for_the_next() -> None:
    ear = Ear()
    ear.playout.push(tone(0.1, 24_000, hz=112.5), 24_000, "a")
    await ear.hear(400)

    ear.playout.push(bytes(9600), 24_000, "b")

    assert np.abs(await ear.hear(200)).max() < 30


async def test_each_utterance_starts_and_the_last_drains() -> None:
    ear = Ear()
    for item in ("a", "b"):
        ear.playout.push(tone(0.03, 24_000), 24_000, item)

    await ear.hear(100)

    assert ear.events == [PlayoutStarted("a"), PlayoutStarted("b"), PlayoutDrained("b")]


async def test_a_mistaken_listener_does_not_stop_the_voice() -> None:
    ear = Ear()
    ear.playout.on_event = lambda event: [][1]
    ear.playout.push(tone(0.1, 24_000), 24_000, "a")

    assert rms(await ear.hear(100)) > 5000


async def test_a_listener_may_clear_the_playout() -> None:
    ear = Ear()
    ear.playout.on_event = lambda event: (ear.playout.clear(), None)[1]
    ear.playout.push(tone(0.5, 24_000), 24_000, "a")

    assert np.abs((await ear.hear(200))[2 * 960 :]).max() < 300


async def test_an_underrun_starts_nothing_twice() -> None:
    ear = Ear()

    for _ in range(2):
        ear.playout.push(tone(0.04, 24_000), 24_000, "a")
        await ear.hear(80)

    assert ear.events == [PlayoutStarted("a"), PlayoutDrained("a"), PlayoutDrained("a")]
    assert ear.playout.clear() == Heard("a", 80, 80)


async def test_the_next_utterance_is_counted_alone() -> None:
    ear = Ear()
    ear.playout.push(tone(0.1, 24_000), 24_000, "a")
    ear.playout.push(tone(0.1, 24_000), 24_000, "b")

    await ear.hear(160)

    assert ear.playout.queued_ms == pytest.approx(40, abs=1)
    assert ear.playout.clear() == Heard("b", 60, 100)


async def test_a_short_stall_is_caught_up_gently() -> None:
    ear = Ear()
    await ear.hear(40)

    ear.clock.now += 0.07
    await ear.hear(200)

    assert np.diff(ear.sent_at).min() == pytest.approx(10 * MS)
    assert ear.sent_at[-1] - ear.sent_at[0] == pytest.approx(220 * MS)


async def test_a_long_stall_makes_no_burst() -> None:
    ear = Ear()
    await ear.hear(40)

    ear.clock.now += 5.0
    await ear.hear(400)

    assert np.diff(ear.sent_at)[2:].min() == pytest.approx(10 * MS)
    assert sum(np.diff(ear.sent_at) < 15 * MS) <= 10


async def test_settled_silence_costs_three_bytes() -> None:
    ear = Ear()
    ear.playout.push(tone(0.1, 24_000), 24_000, "a")

    await ear.hear(1000)

    assert [len(packet) for packet in ear.packets[-10:]] == [3] * 10


async def test_a_stopped_playout_ends_for_its_readers() -> None:
    ear = Ear()
    ear.playout.stop()

    with pytest.raises(MediaStreamError):
        await ear.playout.recv()


# --- microphone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate_hz", "size"), [(16_000, 640), (24_000, 960), (48_000, 1920)])
async def test_every_frame_becomes_one_chunk(rate_hz: int, size: int) -> None:
    microphone = listening(Voice(frames(10)))

    chunks = [chunk async for chunk in microphone.chunks(rate_hz)]

    assert [len(chunk) for chunk in chunks[1:]] == [size] * 9
    assert microphone.ended


async def test_unread_audio_drops_its_oldest() -> None:
    quiet, loud = frames(50, amplitude=100), frames(QUEUED_FRAMES, amplitude=9000)
    microphone = listening(Voice(quiet + loud))
    await asyncio.sleep(0)

    chunks = [chunk async for chunk in microphone.chunks(48_000)]

    assert len(chunks) == QUEUED_FRAMES
    assert np.frombuffer(chunks[0], "<i2")[0] == 9000


async def test_a_second_reader_may_ask_for_another_rate() -> None:
    microphone = listening(Voice(frames(10), ends=False))
    first = microphone.chunks(24_000)
    await anext(first)
    await cast(AsyncGenerator[bytes, None], first).aclose()

    second = microphone.chunks(16_000)
    sizes = [len(await anext(second)) for _ in range(9)]

    assert sizes[1:] == [640] * 8


async def test_first_audio_is_noted_once() -> None:
    microphone = Microphone()
    assert (microphone.first_audio_at, microphone.level, microphone.hasTrack()) == (None, 0.0, False)

    microphone.addTrack(Voice(frames(3), ends=False))
    microphone.start()
    await asyncio.sleep(0)

    assert microphone.first_audio_at is not None
    assert microphone.last_audio_at is not None
    assert microphone.first_audio_at < microphone.last_audio_at


async def test_level_rises_at_once_but_falls_slowly() -> None:
    microphone = listening(Voice([*frames(1, amplitude=8000), *frames(3, amplitude=0)], ends=False))
    await asyncio.sleep(0)

    assert microphone.level == pytest.approx(0.795 * 0.85**3, abs=0.01)


async def test_stop_from_another_thread_ends_the_reader() -> None:
    microphone, playout = listening(Voice(frames(2), ends=False)), Playout()
    microphone.on_ended = playout.stop
    reader = microphone.chunks(24_000)
    await anext(reader)

    thread = threading.Thread(target=microphone.stop)
    thread.start()
    thread.join()

    assert len([chunk async for chunk in reader]) == 1
    assert (microphone.ended, playout.readyState) == (True, "ended")
    assert not microphone.hasTrack()


async def test_a_second_track_takes_over() -> None:
    microphone = listening(Voice(frames(1, amplitude=100), ends=False))
    await asyncio.sleep(0)

    microphone.addTrack(Voice(frames(1, amplitude=900), ends=False))
    microphone.start()
    reader = microphone.chunks(48_000)

    assert [np.frombuffer(await anext(reader), "<i2")[0] for _ in range(2)] == [100, 900]
    assert not microphone.ended


async def test_starting_without_a_track_is_refused() -> None:
    microphone = Microphone()
    microphone.stop()

    with pytest.raises(RuntimeError, match="no track"):
        microphone.start()


# --- both, over the wire ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def line(playout: Playout) -> AsyncIterator[Microphone]:
    """Two peers in memory: what the one plays out is the other's microphone."""
    install_adaptive_jitter_buffer()
    near, far = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    microphone = Microphone()
    far.on("track", microphone.addTrack)
    near.addTrack(playout)
    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(near.localDescription)
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(far.localDescription)
    microphone.start()
    try:
        yield microphone
    finally:
        await asyncio.gather(near.close(), far.close())


async def test_a_second_of_tone_crosses_the_line_whole() -> None:
    playout, drained = Playout(), asyncio.Event()
    playout.on_event = lambda event: drained.set() if isinstance(event, PlayoutDrained) else None
    async with line(playout) as microphone:
        reader = microphone.chunks(24_000)
        chunks = [await anext(reader)]

        playout.push(tone(1.0, 24_000), 24_000, "a")
        while not drained.is_set():
            chunks.append(await anext(reader))
        heard = playout.clear()
    chunks += [chunk async for chunk in reader]

    samples = np.frombuffer(b"".join(chunks), "<i2")
    voiced = np.flatnonzero(np.abs(samples) > 500)
    sound = samples[voiced[0] : voiced[-1]]
    assert len(sound) / 24 == pytest.approx(1000, abs=6)
    assert rms(sound) == pytest.approx(7070, rel=0.02)
    assert pitch(sound, 24_000) == pytest.approx(440, abs=1)
    assert np.diff(voiced).max() < 5
    assert heard == Heard("a", 1000, 1000)


class Arrivals:
    """A receiver of aiortc's as far as `PacketOrder` knows it, and the frames it was given."""

    def __init__(self, codec: RTCRtpCodecParameters) -> None:
        self._RTCRtpReceiver__codecs = {96: codec}
        self._track = self
        self._queue: asyncio.Queue[av.AudioFrame] = asyncio.Queue()
        self.order = PacketOrder(self)

    def receive(self, *packets: tuple[int, bytes]) -> int:
        """Sequence numbers and payloads; returns how many frames came of them."""
        for number, payload in packets:
            packet = RtpPacket(payload_type=96, sequence_number=number, timestamp=number * 960)
            packet.payload = payload
            assert self.order.add(packet) == (False, None)
        return self._queue.qsize()


SILENCE = b"\xf8\xff\xfe"


@pytest.mark.parametrize("bad", [b"", b"\xff\xff\xff\xff"])
async def test_a_bad_packet_does_not_stop_the_voice(bad: bytes) -> None:
    arrivals = Arrivals(OPUS)

    assert arrivals.receive((1, SILENCE), (2, bad), (3, bad), (4, SILENCE)) == 2


async def test_only_opus_fills_in_what_was_lost() -> None:
    opus, telephone = Arrivals(OPUS), Arrivals(TELEPHONE)

    opus.receive((1, SILENCE), (2 + CONCEALED_PACKETS, SILENCE))
    telephone.receive((1, bytes(160)), (3, bytes(160)))

    assert len([await opus._queue.get() for _ in range(2 + CONCEALED_PACKETS)]) == 12
    assert len([await telephone._queue.get() for _ in range(2)]) == 2
    assert opus._queue.empty()
    assert telephone._queue.empty()


async def test_the_private_parts_of_aiortc_are_where_we_reach() -> None:
    install_adaptive_jitter_buffer()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    sound, picture = (peer.addTransceiver(kind).receiver for kind in ("audio", "video"))

    private: dict[str, Any] = vars(sound)
    assert isinstance(private["_RTCRtpReceiver__jitter_buffer"], PacketOrder)
    assert isinstance(vars(picture)["_RTCRtpReceiver__jitter_buffer"], JitterBuffer)
    assert {"_RTCRtpReceiver__codecs", "_track"} <= private.keys()
    assert isinstance(vars(RTCRtpReceiver("audio", sound.transport))["_RTCRtpReceiver__jitter_buffer"], JitterBuffer)
    await peer.close()

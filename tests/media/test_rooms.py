"""Rooms as sound, over a real WebRTC connection: which turns are heard of noise, babble, echo, and poor microphones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

from services.core import audio
from services.core.plan.plan import Pace
from services.core.talk.endpointing import Endpointer
from services.core.talk.events import SpeechStarted, SpeechStopped
from services.media.echo import RATE_HZ, NearEnd
from services.media.frames import frame_of
from services.media.tracks import Microphone
from services.vendors.offline.vad import FRAME_S, VoiceActivity
from services.vendors.offline.vad import RATE_HZ as VAD_HZ
from tests.media.test_echo import Signal, candidate, ema, frames, returned, signal
from tests.speech import spoken
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

PACE_S = 0.003
"""Between two packets of 20 ms: nobody waits for real time."""
ANSWER = "We measured it first, and then we added an index on two columns."
NEXT_DOOR = "In other news the minister said that the new bridge is going to be opened in spring."
ROOM = 15.0


class Room(MediaStreamTrack):
    """A microphone in a room, and beside it what its loudspeaker plays meanwhile."""

    kind = "audio"

    def __init__(self, sound: Signal, near_end: NearEnd, played: Signal) -> None:
        super().__init__()
        self._heard, self._played, self._near_end = frames(sound), frames(played), near_end
        self._number = 0

    async def recv(self) -> object:  # type: ignore[override]
        await asyncio.sleep(PACE_S)
        if self._number == len(self._heard):
            raise MediaStreamError
        frame = frame_of(self._heard[self._number], RATE_HZ)
        frame.pts = self._number * frame.samples
        self._near_end.played(self._played[self._number])
        self._number += 1
        return frame


@asynccontextmanager
async def call(track: Room, near_end: NearEnd) -> AsyncIterator[Microphone]:
    peers = [RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2)]
    microphone = Microphone()
    microphone.near_end = near_end

    def take(remote: MediaStreamTrack) -> None:
        microphone.addTrack(remote)
        microphone.start()

    peers[1].on("track", take)
    peers[0].addTrack(track)
    await peers[0].setLocalDescription(await peers[0].createOffer())
    await peers[1].setRemoteDescription(peers[0].localDescription)
    await peers[1].setLocalDescription(await peers[1].createAnswer())
    await peers[0].setRemoteDescription(peers[1].localDescription)
    try:
        yield microphone
    finally:
        microphone.stop()
        await asyncio.gather(*(peer.close() for peer in peers))


async def turns(sound: Signal, played: Signal | None = None) -> tuple[list[tuple[str, float]], Microphone]:
    """What a server that hears this makes of it: beginnings and ends of turns, at seconds of what it heard."""
    near_end, activity, endpointer = NearEnd(), VoiceActivity(), Endpointer(Pace.NORMAL)
    track, found, at = Room(sound, near_end, np.zeros(sound.size) if played is None else played), [], 0.0
    expected = len(frames(sound)) - 25
    async with call(track, near_end) as microphone, asyncio.timeout(PATIENCE_S):
        heard = 0
        async for pcm in microphone.chunks(VAD_HZ):
            heard += 1
            for frame in activity.frames(pcm):
                at += FRAME_S
                event = endpointer.process(frame.probability, FRAME_S)
                if isinstance(event, SpeechStarted | SpeechStopped):
                    found.append(("on" if isinstance(event, SpeechStarted) else "off", round(at, 1)))
            if heard >= expected:
                break
    return found, microphone


def quiet(seconds: float) -> Signal:
    return np.zeros(round(seconds * RATE_HZ))


def answer() -> Signal:
    """Two seconds of nobody, an answer, and two seconds of nobody."""
    said = signal(spoken(ANSWER, RATE_HZ, before_s=0))
    return np.concatenate([quiet(1), said, quiet(2.5)])


def noise(sound: Signal, level: float = ROOM) -> Signal:
    return np.random.default_rng(2).normal(0, level, sound.size)


def at_8_khz(sound: Signal) -> Signal:
    """As a headset on a telephone profile sends it."""
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(sound.size, 1 / RATE_HZ) > 3400] = 0
    return np.fft.irfft(spectrum, sound.size)


POOR: dict[str, Callable[[Signal], Signal]] = {
    "fan": lambda sound: sound + noise(sound, 150),
    "8 kHz": lambda sound: at_8_khz(sound) + noise(sound),
    "clipped": lambda sound: np.clip(12 * sound, -20_000, 20_000) + noise(sound),
    "faint": lambda sound: sound / 20 + noise(sound, 2),
}


@pytest.mark.parametrize("microphone", POOR)
async def test_one_answer_is_one_turn_through_a_poor_microphone(microphone: str) -> None:
    found, _ = await turns(POOR[microphone](answer()))

    assert [what for what, _ in found] == ["on", "off"]


async def test_a_dead_microphone_has_no_turn_and_no_sound() -> None:
    found, microphone = await turns(quiet(3))

    assert (found, microphone.last_sound_at) == ([], None)


async def test_a_turn_ends_although_somebody_talks_next_door() -> None:
    sound = answer()
    ends_s = sound.size / RATE_HZ - 2.5
    other = signal(spoken(f"{NEXT_DOOR} {NEXT_DOOR}", RATE_HZ)) * 10 ** (-15 / 20)
    sound = np.concatenate([sound, quiet(2)])
    begins = sound.size - round(4.7 * RATE_HZ)
    sound[begins:] += other[: sound.size - begins]

    found, _ = await turns(sound + noise(sound))

    assert 0 < next(at for what, at in found if what == "off") - ends_s < 2.5


async def test_ema_is_no_turn_when_she_comes_back() -> None:
    found, _ = await turns(returned(ema(), -6, 0.18), ema())

    assert [at for what, at in found if what == "on" and at > 4] == []


async def test_a_candidate_is_heard_over_her() -> None:
    heard, begins = returned(ema(), -16, 0.18), ema().size // 2 + RATE_HZ
    heard[begins : begins + candidate().size] += candidate()

    found, _ = await turns(heard, ema())

    assert [what for what, at in found if abs(at - begins / RATE_HZ - 0.5) < 0.8] == ["on"]


def talked_over(sound: Signal, played: Signal) -> list[float]:
    """Seconds at which a voice went on as if Ema had not spoken."""
    near_end, found = NearEnd(), list[float]()
    for number, (out, back) in enumerate(zip(frames(played), frames(sound), strict=True)):
        near_end.played(out)
        near_end.in_front(min(audio.loudness(back), audio.loudness(near_end.heard(back))), audio.loudness(back))
        if near_end.unheeding:
            found.append(number / 50)
    return found


def then(first: Signal, second: Signal, gap_s: float, seconds: float) -> Signal:
    sound = np.concatenate([first, quiet(gap_s), second, quiet(seconds)])
    return sound[: round(seconds * RATE_HZ)]


@pytest.mark.parametrize("echo_db", [-6, -60])
def test_a_television_as_loud_as_the_candidate_outlasts_ema(echo_db: float) -> None:
    seconds = ema().size / RATE_HZ + 4
    television = np.tile(signal(spoken(NEXT_DOOR, RATE_HZ, before_s=0)), 8)[: round(seconds * RATE_HZ)]
    played = then(ema(), quiet(0), 0, seconds)

    found = talked_over(television + returned(played, echo_db, 0.18), played)

    assert found
    assert found[0] < seconds - 2


@pytest.mark.parametrize("gap_s", [0.2, 0.5, 1.2])
def test_an_answer_after_her_echo_outlasts_nobody(gap_s: float) -> None:
    seconds = ema().size / RATE_HZ + 12
    played, answers = then(ema(), quiet(0), 0, seconds), np.tile(answer(), 2)
    sound = returned(played, -6, 0.18) + then(quiet(ema().size / RATE_HZ), answers[RATE_HZ:], gap_s, seconds)

    assert talked_over(sound, played) == []


def test_an_interruption_at_which_she_stops_outlasts_nobody() -> None:
    said = np.tile(signal(spoken(NEXT_DOOR, RATE_HZ, before_s=0)), 3)
    seconds, begins_s = said.size / RATE_HZ + 3, 3.0
    sound = then(quiet(begins_s), said, 0, seconds)
    played = then(ema()[: round((begins_s + 0.4) * RATE_HZ)], quiet(0), 0, seconds)

    assert talked_over(sound + noise(sound), played) == []

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from aiortc import RTCRtpReceiver

from benchmarks.weather import Crossing, Fate, Metronome, Receiver, crossing
from services.media.aiortc_mends import CONCEALED_PACKETS, AudioReceiver
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

MS = 0.001
PACKETS = 40
PACE_S = 5 * MS


async def cross(receiver: Receiver, fate: Fate, frames: int) -> Crossing:
    """Forty packets in this weather, until so many frames were read and no more come."""
    async with crossing(receiver, Metronome(PACKETS, PACE_S), fate) as result, asyncio.timeout(PATIENCE_S):
        while len(result.read) < frames or len(result.sent_at) < PACKETS:
            await asyncio.sleep(PACE_S)
    return result


def losing(*numbers: int) -> Fate:
    return lambda number: None if number in numbers else 0.0


def numbers(result: Crossing) -> list[int]:
    """The packets whose frames were read, in that order; a concealed one counts as the one before it again."""
    places = {timestamp: number for number, timestamp in enumerate(result.sent_at)}
    return [places[timestamp] for timestamp, _ in result.read]


async def test_clear_weather_changes_nothing() -> None:
    result = await cross(AudioReceiver, losing(), PACKETS)

    assert numbers(result) == list(range(PACKETS))


@pytest.mark.parametrize("lost", [(10,), (10, 20), (10, 11, 12, 13, 14)])
async def test_losses_are_concealed_in_their_place(lost: tuple[int, ...]) -> None:
    result = await cross(AudioReceiver, losing(*lost), PACKETS)

    survivors = [number for number in range(PACKETS) if number not in lost]
    assert sorted(set(numbers(result))) == survivors
    assert result.concealed() == len(lost)
    assert numbers(result) == sorted(numbers(result))


async def test_a_long_outage_is_not_filled_whole() -> None:
    result = await cross(AudioReceiver, losing(*range(10, 30)), PACKETS - 20 + CONCEALED_PACKETS)

    assert result.concealed() == CONCEALED_PACKETS


async def test_an_overtaken_packet_takes_its_place() -> None:
    result = await cross(AudioReceiver, lambda number: 1.6 * PACE_S if number in (10, 20) else 0.0, PACKETS)

    assert numbers(result) == list(range(PACKETS))
    assert any(a > b for a, b in pairwise(result.arrived))


async def test_one_loss_holds_nothing_back_for_good() -> None:
    ours = await cross(AudioReceiver, losing(10), PACKETS)
    default = await cross(RTCRtpReceiver, losing(10), PACKETS // 2)

    assert numbers(ours)[-1] == PACKETS - 1
    assert numbers(default)[-1] < PACKETS - 10

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.jitter import CEILING_S, FLOOR_S, MEMORY_S, RESTART_PACKETS, Gap, JitterBuffer

FRAME_S = 0.02
MS = 0.001

Arrivals = list[tuple[int, int]]
"""(milliseconds, sequence number), in order of time."""


def play(arrivals: Arrivals, first: int = 0) -> list[tuple[int, int | Gap]]:
    """What leaves when, in milliseconds: with the packets and on the buffer's own timer."""
    buffer: JitterBuffer[int] = JitterBuffer()
    out: list[tuple[int, int | Gap]] = []
    for ms, number in [*arrivals, (10_000_000, -1)]:
        while (due := buffer.next_at(ms * MS)) is not None and due <= ms * MS:
            out += [(round(due / MS), packet) for packet in buffer.release(due)]
        if number >= 0:
            out += [(ms, packet) for packet in buffer.add((first + number) & 0xFFFF, number, ms * MS)]
    return out


STEADY = [(20 * n, n) for n in range(4)]


@pytest.mark.parametrize(
    ("arrivals", "leaving"),
    [
        pytest.param(STEADY, STEADY, id="in order nothing waits"),
        pytest.param([(0, 0), (70, 1), (71, 2)], [(0, 0), (70, 1), (71, 2)], id="late in order nothing waits"),
        pytest.param([(0, 0), (40, 2), (45, 1)], [(0, 0), (45, 1), (45, 2)], id="swapped neighbours change places"),
        pytest.param([(0, 0), (40, 2), (60, 3)], [(0, 0), (60, Gap(1)), (60, 2), (60, 3)], id="a gap is given up"),
        pytest.param([(0, 0), (40, 2)], [(0, 0), (60, Gap(1)), (60, 2)], id="a gap is given up by the timer"),
        pytest.param([(0, 0), (80, 4)], [(0, 0), (100, Gap(3)), (100, 4)], id="a long gap is given up at once"),
        pytest.param(
            [(0, 0), (20, 2), (50, 4)],
            [(0, 0), (40, Gap(1)), (40, 2), (70, Gap(1)), (70, 4)],
            id="each gap has its own time",
        ),
        pytest.param([(0, 0), (20, 0), (20, 1), (30, 1)], [(0, 0), (20, 1)], id="duplicates are dropped"),
        pytest.param([(0, 0), (20, 2), (21, 2), (30, 1)], [(0, 0), (30, 1), (30, 2)], id="so are held ones"),
        pytest.param(
            [(0, 0), (20, 2), (70, 1), (80, 3)],
            [(0, 0), (40, Gap(1)), (40, 2), (80, 3)],
            id="too late is dropped",
        ),
    ],
)
def test_packets_leave_in_order(arrivals: Arrivals, leaving: list[tuple[int, int | Gap]]) -> None:
    assert play(arrivals) == leaving


def test_sequence_numbers_may_wrap() -> None:
    arrivals = [(0, 0), (40, 2), (45, 1), (60, 3)]

    assert play(arrivals, first=0xFFFE) == [(0, 0), (45, 1), (45, 2), (60, 3)]


def test_a_late_packet_deepens_the_buffer() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()

    for at, number in [(0.0, 0), (0.02, 2), (0.07, 1)]:
        buffer.add(number, number, at)

    assert buffer.depth_s(0.07) == pytest.approx(0.06)
    assert play([(0, 0), (20, 2), (70, 1), (80, 4), (135, 3)])[-2:] == [(135, 3), (135, 4)]


def test_a_lost_packet_leaves_the_depth_alone() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()

    for at, number in [(0.0, 0), (0.04, 2), (0.06, 3)]:
        buffer.add(number, number, at)

    assert buffer.depth_s(0.06) == FLOOR_S


def test_a_packet_beyond_the_ceiling_teaches_nothing() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()

    for at, number in [(0.0, 0), (0.02, 2), (0.02 + CEILING_S + 0.001, 1)]:
        buffer.add(number, number, at)

    assert buffer.depth_s(0.2) == FLOOR_S


def test_depth_stops_at_the_ceiling() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()

    for at, number in [(0.0, 0), (0.02, 2), (0.02 + CEILING_S, 1)]:
        buffer.add(number, number, at)

    assert buffer.depth_s(0.2) == CEILING_S


def test_one_stray_packet_is_no_new_stream() -> None:
    arrivals = [(0, 0), (20, 1), (25, 5000), (40, 2), (60, 3)]

    assert play(arrivals) == [(0, 0), (20, 1), (40, 2), (60, 3)]


@pytest.mark.parametrize("jump", [RESTART_PACKETS + 10, 30_000, 0x10000 - 500])
def test_two_neighbours_begin_a_new_stream(jump: int) -> None:
    arrivals = [(0, 0), (20, 1), (40, 3), (41, jump), (61, jump + 1), (81, jump + 2)]

    leaving = [(0, 0), (20, 1), (60, Gap(1)), (60, 3), (61, jump + 1), (81, jump + 2)]
    assert play(arrivals) == leaving


def test_what_is_held_leaves_before_a_new_stream() -> None:
    arrivals = [(0, 0), (40, 2), (41, 9000), (42, 9001)]

    assert play(arrivals) == [(0, 0), (42, 2), (42, 9001)]


def test_nothing_is_due_before_the_first_packet() -> None:
    buffer: JitterBuffer[int] = JitterBuffer()

    assert buffer.next_at(0.0) is None
    assert buffer.release(0.0) == []


weather = st.lists(
    st.tuples(st.booleans() | st.just(True) | st.just(True), st.integers(0, 300), st.booleans()),
    min_size=1,
    max_size=80,
)
"""For each packet: whether it arrives, its milliseconds under way, whether it is sent twice."""


def arrivals_in(packets: list[tuple[bool, int, bool]]) -> Arrivals:
    there = [(20 * n + ms, n) for n, (arrives, ms, _) in enumerate(packets) if arrives]
    again = [(20 * n + ms + 7, n) for n, (arrives, ms, twice) in enumerate(packets) if arrives and twice]
    return sorted(there + again)


@given(weather)
def test_nothing_leaves_twice_or_out_of_order(packets: list[tuple[bool, int, bool]]) -> None:
    arrivals = arrivals_in(packets)

    numbers = [packet for _, packet in play(arrivals) if not isinstance(packet, Gap)]

    assert numbers == sorted(set(numbers))
    assert set(numbers) <= {number for _, number in arrivals}


@given(weather)
def test_losses_fill_the_gaps_exactly(packets: list[tuple[bool, int, bool]]) -> None:
    leaving = [packet for _, packet in play(arrivals_in(packets))]

    numbers = [packet for packet in leaving if not isinstance(packet, Gap)]
    lost = sum(packet.count for packet in leaving if isinstance(packet, Gap))
    assert lost == (numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0)


@given(weather)
def test_no_packet_waits_beyond_the_ceiling(packets: list[tuple[bool, int, bool]]) -> None:
    arrivals = arrivals_in(packets)
    came = {number: ms for ms, number in reversed(arrivals)}

    waits = [ms - came[packet] for ms, packet in play(arrivals) if not isinstance(packet, Gap)]

    assert max(waits, default=0) <= CEILING_S / MS


@given(weather)
def test_five_seconds_of_calm_make_it_shallow(packets: list[tuple[bool, int, bool]]) -> None:
    buffer: JitterBuffer[int] = JitterBuffer()
    storm = arrivals_in(packets)
    begin = max((ms for ms, _ in storm), default=0) + 20
    calm = [(begin + 20 * n, len(packets) + n) for n in range(250)]

    for ms, number in [*storm, *calm]:
        buffer.add(number, number, ms * MS)

    assert buffer.depth_s(calm[-1][0] * MS) == FLOOR_S
    assert MEMORY_S < 5

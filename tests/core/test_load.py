from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.load import CALM_S, LOOKS, STRAINED_S, STRAINED_VIEW_S, VIEW_S, WINDOW, Load
from services.core.talk.transcript import Caption, Speaker

WHOLE = Caption("t1", Speaker.EMA, "How do you find a slow query?", True)
GROWING = Caption("t2", Speaker.CANDIDATE, "I read the", False)
READ = Caption("t3", Speaker.EMA, "And what did", False)


def after(*late_s: float, max_lag_s: float = 0.06) -> Load:
    load = Load(max_lag_s)
    for seconds in late_s:
        load.woke(seconds)
    return load


LATE, BETWEEN, EARLY = [2 * STRAINED_S], [(STRAINED_S + CALM_S) / 2], [CALM_S / 2]


@pytest.mark.parametrize(
    ("script", "strained"),
    [
        ([], False),
        (EARLY * LOOKS, False),
        ([*EARLY * 30, 5.0, *EARLY], False),  # the process was stopped once
        ([*EARLY * 30, 5.0, *EARLY, *LATE], True),
        (LATE * (LOOKS - 1), False),  # too soon to say
        (LATE * LOOKS, True),
        (BETWEEN * LOOKS, False),
        ([*LATE * LOOKS, *BETWEEN * LOOKS], True),  # no flicker at the edge
        ([*LATE * LOOKS, *EARLY * (WINDOW - 2)], True),  # ten seconds in which it may come back
        ([*LATE * LOOKS, *EARLY * (WINDOW - 1)], False),
        ([*LATE * LOOKS, *EARLY * LOOKS, *BETWEEN * 2, *EARLY * (WINDOW - 2)], True),
        (LATE * 2 + EARLY * (WINDOW + LOOKS), False),
        ([-1.0] * LOOKS, False),
    ],
)
def test_strain_is_two_late_wake_ups(script: list[float], strained: bool) -> None:
    assert after(*script).strained is strained


def test_a_strained_server_shows_less_and_less_often() -> None:
    load = after(*LATE * LOOKS)

    assert (load.shown((WHOLE, GROWING, READ)), load.view_s) == ((WHOLE, READ), STRAINED_VIEW_S)


def test_a_calm_server_shows_every_word_as_it_comes() -> None:
    load = after(*EARLY * LOOKS)

    assert (load.shown((WHOLE, GROWING)), load.view_s) == ((WHOLE, GROWING), VIEW_S)


def test_lag_is_the_second_latest_wake_up() -> None:
    assert after(0.001, 0.002, 0.3).lag_s == 0.002


@pytest.mark.parametrize(
    ("late_s", "behind"),
    [
        ([0.0] * WINDOW, False),
        ([0.0] * (WINDOW - 1) + [5.0], False),
        ([0.0, 0.0, 0.0, 0.1] * 10, True),
        ([0.05] * WINDOW, False),
        ([0.1] * LOOKS, False),  # what is optional has only now given way
        ([0.1] * (LOOKS + 1), True),
        ([*[0.1] * WINDOW, *[0.0] * (WINDOW - 3)], True),
        ([*[0.1] * WINDOW, *[0.0] * (WINDOW - 2)], False),  # though two are left, which strain it
        ([*[0.1] * WINDOW, *[0.0] * (WINDOW - 2), *[0.1] * 4], False),  # and does not fall behind with the next few
        ([*[0.1] * WINDOW, *[0.0] * WINDOW], False),
    ],
)
def test_only_a_loop_that_is_often_late_is_behind(late_s: list[float], behind: bool) -> None:
    assert after(*late_s).behind is behind


@given(st.lists(st.sampled_from([0.0, 0.015, 0.03, 0.055, 0.1, 6.0]), max_size=150), st.sampled_from([0.03, 0.06]))
def test_a_call_is_refused_only_after_the_optional_gave_way(late_s: list[float], max_lag_s: float) -> None:
    load, steps = Load(max_lag_s), [(False, False)]

    for seconds in late_s:
        load.woke(seconds)
        steps.append((load.strained, load.behind))

    assert all(strained for (strained, _), (_, behind) in pairwise(steps) if behind)
    assert all(strained for strained, behind in steps if behind)


@pytest.mark.parametrize("late_of", [(2, 16), (2, 30), (8, 40), (9, 41)])
def test_load_at_the_edge_does_not_flap(late_of: tuple[int, int]) -> None:
    late, of = late_of
    load, seen = Load(0.06), []

    for seconds in ([0.1] * late + [0.0] * (of - late)) * 20:
        load.woke(seconds)
        seen.append((load.strained, load.behind))

    assert sum(before != after for before, after in pairwise(seen)) <= 2


def test_without_a_bound_no_lag_is_too_much() -> None:
    assert not after(*[9.0] * WINDOW, max_lag_s=0).behind

"""The states of an interview, the instant of its charge, and its lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidTransition
from services.core.interview import (
    LEASE_S,
    SETUP_KEPT_S,
    TRANSITIONS,
    Interview,
    Status,
    TurnMetrics,
    advance,
    charge_due_at,
    charge_is_due,
    credits_owed,
    lapsed,
    outlasts_any,
)
from services.core.talk.transcript import Speaker, Turn

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ALLOWED = [
    ("setup", "active"),
    ("setup", "failed"),
    ("active", "analyzing"),
    ("active", "failed"),
    ("analyzing", "complete"),
    ("analyzing", "failed"),
]
FORBIDDEN = sorted(set(product(Status, Status)) - {(Status(before), Status(to)) for before, to in ALLOWED})


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(("before", "to"), ALLOWED)
def test_allowed_move_gives_the_new_state(before: str, to: str) -> None:
    assert advance(Status(before), Status(to)) == to


@pytest.mark.parametrize(("before", "to"), FORBIDDEN)
def test_every_other_move_is_refused(before: Status, to: Status) -> None:
    with pytest.raises(InvalidTransition):
        advance(before, to)


def test_only_setup_can_become_active() -> None:
    assert len(FORBIDDEN) == 25 - len(ALLOWED)
    assert [before for before, to in ALLOWED if to == "active"] == ["setup"]


@pytest.mark.parametrize(
    ("seconds", "connected", "charged", "owed"),
    [
        (0, True, False, 0),
        (119.999, True, False, 0),
        (120, True, False, 15),
        (120.001, True, False, 15),
        (900, True, False, 15),
        (120, False, False, 0),
        (900, False, False, 0),
        (120, True, True, 0),
    ],
)
def test_charge_is_owed_by_this_table(seconds: float, connected: bool, charged: bool, owed: int) -> None:
    due = credits_owed(
        started_at=START, at=after(seconds), connected=connected, charged=charged, cost=15, free_window_s=120
    )

    assert due == owed


def test_interview_never_begun_owes_nothing() -> None:
    assert credits_owed(started_at=None, at=START, connected=True, charged=False, cost=15, free_window_s=0) == 0


@given(st.floats(0, 2000), st.floats(0, 900), st.booleans(), st.booleans())
def test_debt_is_all_or_nothing(seconds: float, window_s: float, connected: bool, charged: bool) -> None:
    owed = credits_owed(
        started_at=START, at=after(seconds), connected=connected, charged=charged, cost=15, free_window_s=window_s
    )

    over = after(seconds) >= charge_due_at(START, window_s)
    assert owed == (15 if over and connected and not charged else 0)


@pytest.mark.parametrize(
    ("status", "age_s", "lease_left_s", "gone"),
    [
        (Status.SETUP, SETUP_KEPT_S - 1, None, False),
        (Status.SETUP, SETUP_KEPT_S, None, True),
        (Status.ACTIVE, 60, 1, False),
        (Status.ACTIVE, 60, 0, True),
        (Status.ACTIVE, 60, -LEASE_S, True),
        (Status.ACTIVE, 60, None, True),
        (Status.ANALYZING, 600, 1, False),
        (Status.ANALYZING, 600, -1, True),
        (Status.COMPLETE, 1e9, -1e9, False),
        (Status.FAILED, 1e9, None, False),
    ],
)
def test_lapses_by_this_table(status: Status, age_s: float, lease_left_s: float | None, gone: bool) -> None:
    lease_until = None if lease_left_s is None else after(age_s + lease_left_s)

    assert lapsed(status, created_at=START, lease_until=lease_until, at=after(age_s)) is gone


def test_metrics_of_a_turn_hold_no_words() -> None:
    turn = Turn("t1", Speaker.CANDIDATE, "an unmistakable sentence", 0, 900, "q1", confidence=0.5, provider="offline")

    metrics = TurnMetrics.of(3, turn, latency_ms=240)

    assert (metrics.number, metrics.words, metrics.latency_ms) == (3, 3, 240)
    assert "unmistakable" not in metrics.model_dump_json()


@pytest.mark.parametrize("status", Status)
def test_an_interview_is_open_while_it_can_go_on(status: Status) -> None:
    interview = Interview.model_construct(status=status)  # type: ignore[call-arg]

    assert interview.is_open is bool(TRANSITIONS[status])


@pytest.mark.parametrize(
    ("served_s", "connected", "heard", "due"),
    [
        (120.0, True, True, True),
        (119.9, True, True, False),
        (500.0, False, True, False),
        (500.0, True, False, False),
        (500.0, True, True, True),
    ],
    ids=["at its instant", "before", "away", "never heard", "at the first sound"],
)
def test_charge_waits_for_somebody_who_is_there_and_heard(
    served_s: float, connected: bool, heard: bool, due: bool
) -> None:
    assert charge_is_due(served_s=served_s, free_window_s=120.0, connected=connected, heard=heard) is due


@pytest.mark.parametrize(
    ("lease_until", "jumped"),
    [(None, False), (after(LEASE_S), False), (after(2 * LEASE_S), False), (after(3600), True)],
)
def test_a_lease_no_clock_gave_outlasts_any(lease_until: datetime | None, jumped: bool) -> None:
    assert outlasts_any(lease_until, START) is jumped

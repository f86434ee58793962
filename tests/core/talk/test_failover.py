"""Who voices the interview after a loss."""

from __future__ import annotations

import pytest

from services.core.talk.events import CloseCause
from services.core.talk.failover import FINAL_CAUSES, Lineup


def test_a_drop_is_tried_again_once_with_the_same_vendor() -> None:
    lineup = Lineup(("openai", "offline"))

    steps = [lineup.next(CloseCause.NETWORK) for _ in range(2)]

    assert steps == ["openai", "offline"]


@pytest.mark.parametrize("cause", sorted(FINAL_CAUSES))
def test_what_cannot_succeed_is_never_retried(cause: CloseCause) -> None:
    assert Lineup(("openai", "offline")).next(cause) == "offline"


def test_a_refusal_is_never_retried() -> None:
    assert Lineup(("openai", "offline")).next(CloseCause.PROVIDER, retryable=False) == "offline"


def test_nobody_left_is_said() -> None:
    lineup = Lineup(("offline",))

    assert [lineup.next(CloseCause.PROVIDER) for _ in range(2)] == ["offline", None]


def test_a_vendor_that_was_heard_gets_another_chance() -> None:
    lineup = Lineup(("openai", "offline"))
    lineup.next(CloseCause.NETWORK)

    lineup.worked()

    assert lineup.next(CloseCause.NETWORK) == "openai"


def test_a_spent_vendor_does_not_return() -> None:
    lineup = Lineup(("elevenlabs", "xai", "offline"))

    steps = [lineup.next(CloseCause.QUOTA), lineup.next(CloseCause.AUTH), lineup.next(CloseCause.QUOTA)]

    assert steps == ["xai", "offline", None]

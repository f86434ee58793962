"""Where a browser belongs: to its call, else where it is used to, else where there is room."""

from __future__ import annotations

import pytest

from services.replicas.placement import DEAD_S, Replica, chosen


def replica(name: str, *, silent_s: float = 0.2, draining: bool = False, calls: int = 0) -> Replica:
    return Replica(name, f"{name}-process", silent_s, draining, calls, lines=4)


IDLE, BUSY, FULL = replica("a"), replica("b", calls=3), replica("c", calls=4)
DRAINING, DEAD = replica("d", draining=True), replica("e", silent_s=DEAD_S)


@pytest.mark.parametrize(
    ("replicas", "cookie", "lease_owner", "home"),
    [
        ([IDLE, BUSY], "a", "b-process", "b"),
        ([IDLE, FULL], "a", "c-process", "c"),
        ([IDLE, DRAINING], None, "d-process", "d"),
        ([IDLE, DEAD], "e", "e-process", "a"),
        ([IDLE, BUSY], "b", None, "b"),
        ([IDLE, BUSY], "forged", None, "a"),
        ([BUSY, IDLE], None, None, "a"),
        ([IDLE, FULL], "c", None, "a"),
        ([IDLE, DRAINING], "d", None, "a"),
        ([FULL, DRAINING], "d", None, "c"),
        ([DRAINING, DEAD], "e", None, "here"),
        ([], "a", "a-process", "here"),
    ],
    ids=[
        "call elsewhere",
        "call on a full one",
        "call on a draining one",
        "call on a dead one",
        "keeps its own",
        "unknown name",
        "least busy",
        "leaves a full one",
        "leaves a draining one",
        "full is better than draining",
        "nobody there",
        "nothing known yet",
    ],
)
def test_browser_comes_to_its_replica(
    replicas: list[Replica], cookie: str | None, lease_owner: str | None, home: str
) -> None:
    assert chosen(replicas, cookie=cookie, lease_owner=lease_owner, here="here") == home


def test_among_equals_the_one_that_answers_is_chosen() -> None:
    assert chosen([replica("a"), replica("b")], cookie=None, lease_owner=None, here="b") == "b"

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.core.usage import Spending
from services.observe.__main__ import table
from services.observe.scoreboard import PastInterview, PastTurn, minute_price, scoreboard
from services.store.store import Store
from services.wiring import board, spent_today

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def past(number: int, provider: str = "gemini", status: str = "complete", days_ago: int = 0) -> PastInterview:
    at = NOW - timedelta(days=days_ago)
    reason = "The voice provider failed." if status == "failed" else None
    return PastInterview(f"i{number}", provider, status, at, at, 600, reason)


def spent(
    number: int, usd: str | None = "0.50", provider: str = "gemini", days_ago: int = 0, purpose: str = "voice"
) -> Spending:
    at = NOW - timedelta(days=days_ago)
    cost = None if usd is None else Decimal(usd)
    return Spending(f"i{number}", purpose, 1, provider, "m", at, at, {"connection_ms": 600_000}, cost)


def answer(ms: int | None, provider: str = "gemini", words: int = 20, *, interrupted: bool = False) -> PastTurn:
    return PastTurn(provider, by_ema=True, words=words, interrupted=interrupted, latency_ms=ms)


def test_a_vendors_line_sums_its_calls() -> None:
    interviews = [past(1), past(2, status="failed"), past(3, "offline")]
    turns = [answer(100 * n, words=n) for n in range(1, 21)] + [answer(None, words=0, interrupted=True)]

    seen = scoreboard(interviews, turns, [spent(1), spent(2, None)], NOW)

    gemini = next(line for line in seen.vendors if line.provider == "gemini")
    assert (gemini.interviews, gemini.failed, gemini.answers, gemini.barge_ins) == (2, 1, 20, 1)
    assert (gemini.p50_ms, gemini.p95_ms, gemini.words_per_answer) == (1000, 1900, 10.0)
    assert (gemini.usd, gemini.minutes, gemini.usd_per_minute) == (Decimal("0.50"), 20.0, Decimal("0.025"))
    assert gemini.unknown == 1


def test_money_is_counted_by_day_and_week() -> None:
    spendings = [spent(1), spent(2, "0.25"), spent(3, "1.00", days_ago=7)]

    seen = scoreboard([], [], spendings, NOW)

    assert seen.usd_today == Decimal("0.75")
    assert seen.weeks == (
        (date(2026, 11, 16), "gemini", Decimal("1.00")),
        (date(2026, 11, 23), "gemini", Decimal("0.75")),
    )


def test_failures_come_newest_first_with_their_cause() -> None:
    seen = scoreboard([past(1, status="failed", days_ago=2), past(2, status="failed"), past(3)], [], [], NOW)

    assert [(failure.interview_id, failure.reason) for failure in seen.failures] == [
        ("i2", "The voice provider failed."),
        ("i1", "The voice provider failed."),
    ]
    assert (seen.running, dict(seen.today)) == ({}, {"failed": 1, "complete": 1})


def test_own_interviews_set_the_price_per_minute() -> None:
    interviews = [past(n) for n in range(1, 5)]
    spendings = [spent(1), spent(2), spent(3, "2.00"), spent(4, None)]

    price = minute_price("gemini", interviews, spendings)

    assert price is not None
    assert (price.usd, price.interviews) == (Decimal("0.100"), 3)


def test_an_interview_carried_on_by_another_vendor_prices_neither() -> None:
    interviews = [past(n) for n in range(1, 4)]

    assert minute_price("gemini", interviews, [spent(1), spent(2), spent(3), spent(3, "0.1", "openai")]) is None


def test_the_terminal_shows_every_vendor() -> None:
    seen = scoreboard([past(1), past(2, "xai", "failed")], [answer(700)], [spent(1), spent(2, None, "xai")], NOW)

    shown = table(seen, 28)

    assert "700 ms" in shown
    assert "1 without a known price" in shown
    assert "The voice provider failed." in shown


def test_an_empty_database_has_an_empty_board(db: Store) -> None:
    seen = board(db, NOW, NOW - timedelta(days=28))

    assert (seen.vendors, seen.usd_today, seen.failures) == ((), Decimal(0), ())


def test_a_spending_is_replaced_by_a_later_one(db: Store) -> None:
    for usd in ("0.10", "0.20", None):
        with db.write() as writing:
            writing.put_spending(spent(1, usd))

    with db.read() as reading:
        assert reading.list_spendings(NOW) == [spent(1, None)]


@pytest.mark.parametrize(("since", "count"), [(0, 1), (1, 2)])
def test_spendings_are_listed_since_an_instant(db: Store, since: int, count: int) -> None:
    with db.write() as writing:
        writing.put_spending(spent(1, "0.123456789"))
        writing.put_spending(spent(2, days_ago=1))

    with db.read() as reading:
        assert len(reading.list_spendings(NOW - timedelta(days=since))) == count
        assert reading.list_spendings(NOW, "i1")[0].usd == Decimal("0.123456789")


def test_only_todays_spending_counts_against_the_day(db: Store) -> None:
    with db.write() as writing:
        writing.put_spending(spent(1, "0.25"))
        writing.put_spending(spent(2, "9.00", days_ago=1))

    assert spent_today(db, NOW) == Decimal("0.25")

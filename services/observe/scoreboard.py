"""How calls went, by vendor: what the admin page draws and `python -m services.observe` prints. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.core.usage import Spending
from services.observe.estimate import MinutePrice, measured
from services.observe.recorder import percentile

LAST_INTERVIEWS = 20
"""Of a vendor's, whose mean is its price per minute."""


@dataclass(frozen=True, slots=True)
class PastInterview:
    """What the board needs of one."""

    id: str
    provider: str
    status: str
    created_at: datetime
    started_at: datetime | None
    duration_s: int | None
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class PastTurn:
    """One of Ema's or of the candidate's."""

    provider: str
    by_ema: bool
    words: int
    interrupted: bool
    latency_ms: int | None


@dataclass(frozen=True, slots=True)
class VendorLine:
    provider: str
    interviews: int
    failed: int
    answers: int
    """Of Ema's, that were measured."""
    p50_ms: int | None
    p95_ms: int | None
    barge_ins: int
    words_per_answer: float
    """Of Ema's."""
    usd: Decimal
    minutes: float
    estimated: bool
    unknown: int
    """Connections without a known price."""

    @property
    def usd_per_minute(self) -> Decimal | None:
        return (self.usd / Decimal(str(self.minutes))).quantize(Decimal("0.001")) if self.minutes else None


@dataclass(frozen=True, slots=True)
class Failure:
    at: datetime
    provider: str
    interview_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scoreboard:
    running: Counter[str]
    """Interviews that are open, by status."""
    today: Counter[str]
    """Interviews made today (UTC), by status."""
    usd_today: Decimal
    weeks: tuple[tuple[date, str, Decimal], ...]
    """(Monday, provider, USD), oldest first."""
    vendors: tuple[VendorLine, ...]
    failures: tuple[Failure, ...]
    """Newest first."""


def scoreboard(
    interviews: Sequence[PastInterview],
    turns: Iterable[PastTurn],
    spendings: Sequence[Spending],
    now: datetime,
) -> Scoreboard:
    """Over whatever is handed in: the caller says since when."""
    by_vendor: dict[str, list[PastTurn]] = defaultdict(list)
    for turn in turns:
        by_vendor[turn.provider].append(turn)
    names = sorted({known.provider for known in interviews} | {spent.provider for spent in spendings if spent.provider})
    weeks: Counter[tuple[date, str]] = Counter()
    for spent in spendings:
        day = spent.updated_at.date()
        weeks[day - timedelta(days=day.weekday()), spent.provider] += spent.usd or Decimal(0)  # type: ignore[assignment]
    open_states = ("setup", "active", "analyzing")
    return Scoreboard(
        running=Counter(known.status for known in interviews if known.status in open_states),
        today=Counter(known.status for known in interviews if known.created_at.date() == now.date()),
        usd_today=spent_on(spendings, now.date()),
        weeks=tuple((*key, Decimal(usd)) for key, usd in sorted(weeks.items())),
        vendors=tuple(_line(name, interviews, by_vendor[name], spendings) for name in names),
        failures=tuple(
            Failure(known.created_at, known.provider, known.id, known.failure_reason or "")
            for known in sorted(interviews, key=lambda known: known.created_at, reverse=True)
            if known.status == "failed"
        ),
    )


def spent_on(spendings: Iterable[Spending], day: date) -> Decimal:
    """Known cost of what was last used on this day (UTC)."""
    return sum((spent.usd or Decimal(0) for spent in spendings if spent.updated_at.date() == day), Decimal(0))


def minute_price(
    provider: str, interviews: Sequence[PastInterview], spendings: Sequence[Spending]
) -> MinutePrice | None:
    """What a minute of our own last interviews with this vendor cost; None while there are too few to say."""
    usd: dict[str, Decimal | None] = {}
    for spent in spendings:
        if spent.purpose == "voice":
            before = usd.get(spent.interview_id, Decimal(0))
            known = before is not None and spent.usd is not None and spent.provider == provider
            usd[spent.interview_id] = (
                before + spent.usd if known and before is not None and spent.usd is not None else None
            )
    ended = [known for known in interviews if known.duration_s and known.provider == provider and known.started_at]
    last = sorted(ended, key=lambda known: known.created_at)[-LAST_INTERVIEWS:]
    return measured(
        [
            (cost, known.duration_s or 0, (known.started_at or known.created_at).date())
            for known in last
            if (cost := usd.get(known.id)) is not None
        ]
    )


def _line(
    name: str, interviews: Sequence[PastInterview], turns: Sequence[PastTurn], spendings: Sequence[Spending]
) -> VendorLine:
    own = [known for known in interviews if known.provider == name]
    voice = [spent for spent in spendings if spent.provider == name and spent.purpose == "voice"]
    answers = [turn for turn in turns if turn.by_ema]
    latencies = sorted(turn.latency_ms for turn in answers if turn.latency_ms is not None)
    seconds = sum(spent.quantities.get("connection_ms", 0) for spent in voice) / 1000
    return VendorLine(
        provider=name,
        interviews=len(own),
        failed=sum(known.status == "failed" for known in own),
        answers=len(latencies),
        p50_ms=percentile(latencies, 50) if latencies else None,
        p95_ms=percentile(latencies, 95) if latencies else None,
        barge_ins=sum(turn.interrupted for turn in answers),
        words_per_answer=round(sum(turn.words for turn in answers) / len(answers), 1) if answers else 0.0,
        usd=sum((spent.usd or Decimal(0) for spent in voice), Decimal(0)),
        minutes=round(seconds / 60, 2),
        estimated=any(spent.estimated for spent in voice),
        unknown=sum(spent.usd is None for spent in voice),
    )

"""How often: limits by action for a guest, a network, all guests together and a user; in memory or on Redis.

They guard what costs money. With Redis away the same limits count in this process alone: degraded, never open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn, TypeVar

import structlog
from limits import RateLimitItem, parse, storage
from limits.errors import StorageError
from limits.strategies import MovingWindowRateLimiter

from services.core.errors import QuotaExceeded
from services.identity.alerts import Alert
from services.identity.visitor import Visitor
from services.settings import Settings

log = structlog.get_logger(__name__)

T = TypeVar("T")

REDIS_TIMEOUT_S = 0.25
REDIS_AGAIN_S = 5.0
"""After a failure Redis is left alone this long, so that a hung one costs one wait and not one for each hit."""
ONCE_AN_HOUR = parse("1/hour")
ALERTS_KEPT = 50
REFUSALS_TO_ALERT = parse("20/hour")


class Action(StrEnum):
    PLAN = "plan"
    BEGIN = "begin"
    SAMPLE = "sample"
    TOKEN = "token"  # noqa: S105 (an action, not a secret)
    LOG = "log"
    GRANT = "grant"
    TALK = "talk"
    READ = "read"


class Scope(StrEnum):
    GUEST = "guest"
    ADDRESS = "address"
    GUESTS = "guests"
    USER = "user"


TABLE: Mapping[Action, Mapping[Scope, str]] = {
    Action.PLAN: {Scope.GUEST: "3/hour", Scope.ADDRESS: "10/hour", Scope.GUESTS: "200/day", Scope.USER: "20/hour"},
    Action.BEGIN: {Scope.GUEST: "1/day", Scope.ADDRESS: "3/day", Scope.GUESTS: "50/day", Scope.USER: "6/hour"},
    Action.SAMPLE: {Scope.GUEST: "2/day", Scope.ADDRESS: "6/day", Scope.GUESTS: "50/day", Scope.USER: "6/hour"},
    Action.TOKEN: {Scope.GUEST: "2/hour", Scope.ADDRESS: "6/hour", Scope.GUESTS: "50/day", Scope.USER: "12/hour"},
    Action.LOG: {Scope.GUEST: "10/hour", Scope.ADDRESS: "30/hour", Scope.USER: "30/hour"},
    Action.GRANT: {Scope.ADDRESS: "3/day", Scope.GUESTS: "50/day"},
    Action.TALK: {Scope.GUEST: "2/hour", Scope.ADDRESS: "6/hour", Scope.GUESTS: "50/day", Scope.USER: "6/hour"},
    Action.READ: {Scope.USER: "600/hour"},
}
"""A plan by a paid text model, a call or a sample by a paid voice, an ephemeral token, a browser's log, welcome
credits, a spoken sentence to each paid voice, a program's request for reports."""
PAID_VOICES = frozenset({Action.BEGIN, Action.SAMPLE})
GUEST_SCOPES = (Scope.GUEST, Scope.ADDRESS, Scope.GUESTS)
"""Narrowest first: what a wider one counted stays counted when a later one refuses."""

_WHO = {
    Scope.GUEST: "Guests",
    Scope.ADDRESS: "Guests of your network",
    Scope.GUESTS: "All guests together",
    Scope.USER: "You",
}
_WHAT = {
    Action.PLAN: ("may have", "plan", " written by a text model"),
    Action.BEGIN: ("may begin", "interview", " with a paid voice"),
    Action.SAMPLE: ("may watch", "sample", " with a paid voice"),
    Action.TOKEN: ("may be given", "session token", ""),
    Action.LOG: ("may send", "log", ""),
    Action.GRANT: ("may be given", "welcome grant", " of credits"),
    Action.TALK: ("may hold", "talk", " with all voices"),
    Action.READ: ("may make", "request", " for reports"),
}
_OFFLINE = "The offline interviewer is never limited."


@dataclass(frozen=True, slots=True)
class Left:
    """How much of a quota is left, and when there is all of it again."""

    left: int
    resets_at: datetime


@dataclass
class Quotas:
    """Thread-safe, and blocking for a quarter of a second at most: call it off the event loop."""

    settings: Settings
    tell: Callable[[Alert], None] = lambda _alert: None
    """Where alerts go besides the log and `alerts`; must not block."""
    monotonic: Callable[[], float] = time.monotonic
    spent_by_guests: Callable[[], Decimal] = Decimal
    """Known cost of the UTC day so far, in USD; may block."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    on_refused: Callable[[], None] = lambda: None
    """Told of each refusal; must not block."""
    alerts: list[Alert] = field(default_factory=list)
    """The latest, newest last."""

    def __post_init__(self) -> None:
        self._limits = _table(self.settings.quotas or {})
        self._own = MovingWindowRateLimiter(storage.MemoryStorage())
        self._shared = _redis(self.settings.redis_url.get_secret_value()) if self.settings.redis_url else None
        self._redis_rests_until = 0.0
        self._lock = threading.Lock()

    @property
    def in_force(self) -> bool:
        """Where nobody can sign in and no operator asked for limits, everybody is a guest of the house."""
        return self.settings.sign_in_configured or self._shared is not None or self.settings.quotas is not None

    @property
    def degraded(self) -> bool:
        """Redis is configured and did not answer a moment ago: each process counts alone."""
        return self._shared is not None and self.monotonic() < self._redis_rests_until

    def take(self, action: Action, visitor: Visitor) -> None:
        """Counts one; raises QuotaExceeded, with who is limited, until when, and what still works."""
        if action in PAID_VOICES and visitor.kind == "guest":
            self._check_budget()
        if not self.in_force:
            return
        for scope, key in self._keys(action, visitor):
            if not self._hit(action, scope, key):
                self._refuse(action, scope, key)
            if scope is Scope.GUESTS:
                self._watch(action, scope, key)

    def _check_budget(self) -> None:
        budget = self.settings.guests_usd_per_day
        if budget is None:
            return
        spent = self.spent_by_guests()
        for percent in (100, 80):
            if spent * 100 >= budget * percent:
                self._alert(f"budget {percent}", f"All guests together have spent {percent} % of ${budget} today.")
                break
        if spent >= budget:
            log.info("quota refused", action="budget", scope=Scope.GUESTS)
            self.on_refused()
            midnight = self.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            sentence = f"What all guests together may cost a day is used up until {_time(midnight)}."
            raise QuotaExceeded(f"{sentence} {self._way_on(Scope.GUESTS)}", midnight)

    def may_grant(self, network: str) -> bool:
        """Whether a newcomer from this network is given welcome credits."""
        try:
            self.take(Action.GRANT, Visitor("", "guest", address=network))
        except QuotaExceeded:
            return False
        return True

    def left(self, action: Action, visitor: Visitor) -> Left | None:
        """The scarcest of the visitor's quotas for this action; None where nothing is limited."""
        if not self.in_force:
            return None
        found = [self._look(action, scope, key) for scope, key in self._keys(action, visitor)]
        return min(found, key=lambda one: one.left, default=None)

    def table(self) -> list[dict[str, str]]:
        """The limits in force, and how much all guests together have used."""
        rows = []
        for action, rules in self._limits.items():
            words = {scope.value: _words(rules[scope]) if scope in rules else "" for scope in Scope}
            everybody = rules.get(Scope.GUESTS)
            used = str(everybody.amount - self._look(action, Scope.GUESTS, "all").left) if everybody else ""
            rows.append({"action": action.value, **words, "used by all guests": used})
        return rows

    # --- which limits ------------------------------------------------------------------------------------------------

    def _keys(self, action: Action, visitor: Visitor) -> list[tuple[Scope, str]]:
        scopes = (Scope.USER,) if visitor.kind == "user" else GUEST_SCOPES
        names = {
            Scope.GUEST: visitor.id,
            Scope.ADDRESS: visitor.address,
            Scope.GUESTS: "all",
            Scope.USER: visitor.id,
        }
        return [(scope, names[scope]) for scope in scopes if scope in self._limits[action] and names[scope]]

    # --- counting ----------------------------------------------------------------------------------------------------

    def _hit(self, action: Action, scope: Scope, key: str) -> bool:
        item = self._limits[action][scope]
        admitted = self._asking(item, lambda limiter, limit: limiter.hit(limit, action, scope, key))
        if admitted and self._shared is not None and not self.degraded:
            # What Redis admitted here is known here, should it go away.
            self._own.hit(item, action, scope, key)
        return admitted

    def _look(self, action: Action, scope: Scope, key: str) -> Left:
        def ask(limiter: MovingWindowRateLimiter, limit: RateLimitItem) -> Left:
            stats = limiter.get_window_stats(limit, action, scope, key)
            return Left(stats.remaining, datetime.fromtimestamp(stats.reset_time, UTC))

        return self._asking(self._limits[action][scope], ask)

    def _asking(self, item: RateLimitItem, ask: Callable[[MovingWindowRateLimiter, RateLimitItem], T]) -> T:
        if self._shared is not None and not self.degraded:
            try:
                return ask(self._shared, item)
            except StorageError as error:
                self._redis_rests_until = self.monotonic() + REDIS_AGAIN_S
                self._alert("degraded", f"Redis is away ({type(error).__name__}): quotas count in each process.")
        share = item.amount if self._shared is None else max(1, item.amount // self.settings.replica_count)
        return ask(self._own, type(item)(share, item.multiples))

    # --- refusals and alerts -----------------------------------------------------------------------------------------

    def _refuse(self, action: Action, scope: Scope, key: str) -> NoReturn:
        log.info("quota refused", action=action, scope=scope)
        self.on_refused()
        item, until = self._limits[action][scope], self._look(action, scope, key).resets_at
        if scope is Scope.ADDRESS and not self._own.hit(REFUSALS_TO_ALERT, "refused", key):
            self._alert("address", f"One network was refused more than {REFUSALS_TO_ALERT.amount} times in an hour.")
        if scope is Scope.GUESTS:
            self._alert(f"{action} 100", f"All guests together have used their quota of “{action}” ({_words(item)}).")
        may, noun, rest = _WHAT[action]
        many = "" if item.amount == 1 else "s"
        what = f"{may} {item.amount} {noun}{many}{rest} {_every(item)}"
        sentence = f"{_WHO[scope]} {what}, and that is used up until {_time(until)}."
        raise QuotaExceeded(f"{sentence} {self._way_on(scope)}", until)

    def _way_on(self, scope: Scope) -> str:
        if scope is Scope.USER or not self.settings.sign_in_configured:
            return _OFFLINE
        return f"Sign in to go on now. {_OFFLINE}"

    def _watch(self, action: Action, scope: Scope, key: str) -> None:
        item = self._limits[action][scope]
        used = item.amount - self._look(action, scope, key).left
        for percent in (100, 80):
            if used * 100 >= item.amount * percent:
                sentence = f"All guests together have used {percent} % of their quota of “{action}” ({_words(item)})."
                self._alert(f"{action} {percent}", sentence)
                return

    def _alert(self, name: str, sentence: str) -> None:
        """Each at most once an hour."""
        if not self._own.hit(ONCE_AN_HOUR, "alert", name):
            return
        log.warning("quota alert", name=name, sentence=sentence)
        alert = Alert(name, sentence, datetime.now(UTC))
        with self._lock:
            self.alerts[:] = [*self.alerts, alert][-ALERTS_KEPT:]
        self.tell(alert)


def _time(moment: datetime) -> str:
    return f"{moment.day} {moment:%b, %H:%M} UTC"


def _words(item: RateLimitItem) -> str:
    return f"{item.amount} {_every(item)}"


def _every(item: RateLimitItem) -> str:
    """ "a day", "an hour", "every 2 hours"."""
    unit = item.GRANULARITY.name
    if item.multiples > 1:
        return f"every {item.multiples} {unit}s"
    return f"{'an' if unit == 'hour' else 'a'} {unit}"


def _redis(url: str) -> MovingWindowRateLimiter:
    options = {"socket_timeout": REDIS_TIMEOUT_S, "socket_connect_timeout": REDIS_TIMEOUT_S}
    return MovingWindowRateLimiter(storage.storage_from_string(url, wrap_exceptions=True, **options))


def _table(overrides: Mapping[str, Mapping[str, str | None]]) -> dict[Action, dict[Scope, RateLimitItem]]:
    """The table with the operator's changes; null takes a limit away. Raises ValueError that names what is wrong."""
    table: dict[Action, dict[Scope, str | None]] = {action: {**rules} for action, rules in TABLE.items()}
    for action, rules in overrides.items():
        if action not in list(Action):
            raise ValueError(f"QUOTAS knows no action “{action}”: use {', '.join(Action)}.")
        for scope, limit in rules.items():
            if scope not in list(Scope):
                raise ValueError(f"QUOTAS knows no “{scope}” of “{action}”: use {', '.join(Scope)}.")
            table[Action(action)][Scope(scope)] = limit
    return {
        action: {scope: _limit(action, limit) for scope, limit in rules.items() if limit}
        for action, rules in table.items()
    }


def _limit(action: Action, limit: str) -> RateLimitItem:
    try:
        return parse(limit)
    except ValueError:
        raise ValueError(f"QUOTAS: “{limit}” of “{action}” is no limit; write it like 3/hour or 1/day.") from None

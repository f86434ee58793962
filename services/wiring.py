"""Joins the parts once per process; pages and routes share what it returns."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.analyst.register import text_model
from services.analyst.rules import Analyst, OfflineAnalyst, utc_now
from services.analyst.screening.screen import LocalScreen
from services.analyst.text import TextAnalyst
from services.calls.call import no_witness
from services.calls.registry import Calls
from services.calls.snapshot import Phase
from services.core.errors import LinesBusy
from services.core.talk.transcript import Speaker
from services.core.usage import Spending
from services.identity.alerts import Webhook
from services.identity.cookies import cookie_secret
from services.identity.quotas import Quotas
from services.identity.tokens import AccessTokens
from services.identity.visitor import Identity
from services.intake.intake import Intake
from services.interviews.interviews import Interviews
from services.interviews.lifecycle import CLOSED
from services.interviews.transcripts import Transcripts
from services.media.turn import TurnServer
from services.observe.estimate import MinutePrice, computed
from services.observe.metrics import Bound
from services.observe.recorder import Recorder
from services.observe.requests import TextRequests
from services.observe.scoreboard import PastInterview, PastTurn, Scoreboard, minute_price, scoreboard, spent_on
from services.observe.traces import Traces
from services.replicas.fleet import Fleet
from services.replicas.placement import Place
from services.samples.sample import Samples
from services.settings import Settings
from services.store.store import Db, Store
from services.tools.servers import configured
from services.tools.toolbox import Toolbox
from services.vendors.base import Listen, Provider, ProviderInfo
from services.vendors.looks import Looks
from services.vendors.offline.voice import OfflineVoice
from services.vendors.register import OFFLINE, is_ready, providers

TALKS_AT_ONCE = 2
PRICED_DAYS = 28
"""Interviews older than this say nothing about today's price per minute."""


@dataclass(frozen=True)
class Syntaxia:
    """Everything a page or a route may call. Thread-safe as far as its parts are, which all are."""

    settings: Settings
    store: Store
    identity: Identity
    tokens: AccessTokens
    quotas: Quotas
    transcripts: Transcripts
    analyst: Analyst
    interviews: Interviews
    providers: Mapping[str, Provider]
    looks: Looks
    calls: Calls
    toolbox: Toolbox
    samples: Samples
    intake: Intake
    fleet: Fleet
    turn: TurnServer | None = None
    _talks: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(TALKS_AT_ONCE))

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Around a talk with each voice, of which there are a few at a time. Raises LinesBusy."""
        if not self._talks.acquire(blocking=False):
            self.calls.recorder.metrics.refused(Bound.TALKS)
            raise LinesBusy
        try:
            yield
        finally:
            self._talks.release()

    def ice_servers(self, name: str) -> list[dict[str, Any]]:
        """What a browser and this server try for one call, or one look: what is set up, and the relay with credentials
        of its own. Ask anew for each."""
        relay = [self.turn.ice_server(name)] if self.turn else []
        return [*relay, *self.settings.ice_servers]

    def minute_price(self, key: str) -> MinutePrice | None:
        """What a minute with this voice costs whoever runs the server. Raises DatabaseAway."""
        return price_per_minute(self.store, self.providers[key].info, utc_now())

    def end_account(self, user_id: str) -> None:
        """Deletes everything of a user: here, in memory and, where they offer it, at the vendors."""
        for interview in self.interviews.accounts.delete(user_id):
            self.transcripts.drop(interview.id)
            self.fleet.tell(CLOSED, interview.id)
            self.calls.forget(interview)


def analyst_for(settings: Settings, requests: TextRequests | None = None) -> Analyst:
    """The text model of the first vendor with a key, else the offline rules. `requests` is told what it is asked."""
    model, requests = text_model(settings), requests or TextRequests()
    return OfflineAnalyst() if model is None else TextAnalyst(model, told=requests.put)


def witness_for(settings: Settings, voices: Mapping[str, Provider]) -> Listen:
    """Who else hears the candidate of a call."""
    offline = voices[OFFLINE]
    return offline.overhear if settings.second_witness and isinstance(offline, OfflineVoice) else no_witness


def turn_for(settings: Settings) -> TurnServer | None:
    if not settings.turn_urls or settings.turn_secret is None:
        return None
    return TurnServer(settings.turn_urls, settings.turn_secret.get_secret_value(), settings.turn_ttl_s)


def recorder_for(settings: Settings, store: Store, requests: TextRequests | None = None) -> Recorder:
    """Keeps what is spent in the database, and traces where Langfuse has a key."""

    def keep(spending: Spending) -> None:
        with store.write() as db:
            db.put_spending(spending)

    public, secret, traces = settings.langfuse_public_key, settings.langfuse_secret_key, None
    if public and secret:
        traces = Traces(public, secret.get_secret_value(), settings.langfuse_host)
    return Recorder(utc_now, keep=keep, traces=traces, requests=requests)


def watch(recorder: Recorder, calls: Calls) -> None:
    """What /metrics reads whenever somebody asks."""
    metrics = recorder.metrics
    for phase in map(str, Phase):
        count = functools.partial(_count, calls, phase)
        metrics.gauge("syntaxia_calls", "Calls by phase.", count, {"phase": phase})
    metrics.gauge("syntaxia_lines", "Calls there may be at this moment.", lambda: calls.lines)
    metrics.gauge("syntaxia_observations_queued", "Told and not dealt with yet.", lambda: recorder.queued)
    metrics.gauge("syntaxia_observations_dropped", "Lost, for the queue was full.", lambda: recorder.dropped)
    strained, lag = (
        "What is optional waits: partial captions, meters, figures.",
        "The second latest of twelve wake-ups.",
    )
    metrics.gauge("syntaxia_strained", strained, lambda: calls.load.strained)
    metrics.gauge("syntaxia_behind", "No call begins beside those that run.", lambda: calls.load.behind)
    metrics.gauge("syntaxia_loop_lag_recent_seconds", lag, lambda: calls.load.lag_s)
    traces = recorder.traces
    if traces is not None:
        metrics.gauge("syntaxia_spans_written", "Spans handed to Langfuse's client.", lambda: traces.written)
        metrics.gauge("syntaxia_spans_sent", "Spans that Langfuse took.", lambda: traces.sent)
        metrics.gauge("syntaxia_spans_waiting", "Spans that wait to be sent.", lambda: traces.waiting)
        metrics.gauge("syntaxia_spans_lost", "Spans that Langfuse did not take, or too late.", lambda: traces.lost)


def _count(calls: Calls, phase: str) -> int:
    return calls.phases()[phase]


def spent_today(store: Store, now: datetime) -> Decimal:
    """Known cost of the UTC day so far, in USD. Raises DatabaseAway."""
    with store.read() as db:
        return spent_on(db.list_spendings(now.replace(hour=0, minute=0, second=0, microsecond=0)), now.date())


def spent_by_guests(store: Store, now: datetime) -> Decimal:
    """The same, of interviews that are not a signed-in user's."""
    with store.read() as db:
        since = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return spent_on(db.list_spendings_besides_users(since), now.date())


def board(store: Store, now: datetime, since: datetime) -> Scoreboard:
    """How interviews went since. Raises DatabaseAway."""
    with store.read() as db:
        interviews = [PastInterview(**row) for row in db.list_past(since)]
        turns = [
            PastTurn(
                row["provider"], row["speaker"] == Speaker.EMA, row["words"], row["interrupted"], row["latency_ms"]
            )
            for row in db.list_past_turns(since)
        ]
        return scoreboard(interviews, turns, db.list_spendings(since), now)


def price_per_minute(store: Store, info: ProviderInfo, now: datetime) -> MinutePrice | None:
    """What our own last interviews with this vendor cost, else what a typical one would; None: not known."""
    since = now - timedelta(days=PRICED_DAYS)
    with store.read() as db:
        interviews = [PastInterview(**row) for row in db.list_past(since)]
        known = minute_price(info.key, interviews, db.list_spendings(since))
    return known or computed(info.key, info.model, now)


def build(settings: Settings) -> Syntaxia:
    """Makes the parts and opens nothing: the first query connects, the first call starts."""
    store = Store(settings.database_url.get_secret_value())
    transcripts = Transcripts()
    requests = TextRequests()
    analyst, screen = analyst_for(settings, requests), LocalScreen()
    webhook, recorder = settings.alert_webhook_url, recorder_for(settings, store, requests)
    quotas = Quotas(
        settings,
        Webhook(webhook.get_secret_value()).tell if webhook else lambda _alert: None,
        spent_by_guests=lambda: spent_by_guests(store, utc_now()),
        on_refused=functools.partial(recorder.metrics.refused, Bound.QUOTA),
    )
    voices = providers(settings)
    fleet = Fleet(store, settings)
    interviews = Interviews(
        store,
        settings,
        analyst,
        utc_now,
        transcripts,
        quotas.may_grant,
        cookie_secret(settings),
        functools.partial(is_ready, voices),
        Db.now,
        lambda owner: fleet.place(owner) is Place.ELSEWHERE,
        screen,
    )
    toolbox = Toolbox(configured(settings), settings.var_dir)
    calls = Calls(
        interviews,
        voices,
        transcripts,
        settings,
        recorder,
        lambda: spent_today(store, utc_now()),
        fleet.owner,
        lambda: fleet.draining,
        toolbox,
        witness_for(settings, voices),
    )
    watch(recorder, calls)
    tokens = AccessTokens(store, utc_now)
    identity = Identity(settings, interviews.accounts, tokens, utc_now)
    samples = Samples(settings, voices, analyst, screen=screen)
    return Syntaxia(
        settings=settings,
        store=store,
        identity=identity,
        tokens=tokens,
        quotas=quotas,
        transcripts=transcripts,
        analyst=analyst,
        interviews=interviews,
        providers=voices,
        looks=Looks(voices),
        calls=calls,
        toolbox=toolbox,
        samples=samples,
        intake=Intake(),
        fleet=fleet,
        turn=turn_for(settings),
    )


@functools.cache
def wire() -> Syntaxia:
    """The process's one set of parts, made from the environment at first use."""
    return build(Settings())

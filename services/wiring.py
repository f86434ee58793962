"""Joins the parts once per process; pages and routes share what it returns."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from services.analyst.register import text_model
from services.analyst.rules import Analyst, OfflineAnalyst, utc_now
from services.analyst.text import TextAnalyst
from services.calls.registry import Calls
from services.calls.transcripts import Transcripts
from services.identity.visitor import Identity, cookie_secret
from services.intake.intake import Intake
from services.interviews.interviews import Interviews
from services.samples.sample import Samples
from services.settings import Settings
from services.store.store import Store
from services.vendors.base import Provider
from services.vendors.register import providers


@dataclass(frozen=True)
class Syntaxia:
    """Everything a page or a route may call. Thread-safe as far as its parts are, which all are."""

    settings: Settings
    store: Store
    identity: Identity
    transcripts: Transcripts
    analyst: Analyst
    interviews: Interviews
    providers: Mapping[str, Provider]
    calls: Calls
    samples: Samples
    intake: Intake


def analyst_for(settings: Settings) -> Analyst:
    """The text model of the first vendor with a key, else the offline rules."""
    model = text_model(settings)
    return OfflineAnalyst() if model is None else TextAnalyst(model)


def build(settings: Settings) -> Syntaxia:
    """Makes the parts and opens nothing: the first query connects, the first call starts."""
    store = Store(settings.database_url.get_secret_value())
    transcripts = Transcripts()
    analyst = analyst_for(settings)
    interviews = Interviews(store, settings, analyst, utc_now, transcripts)
    voices = providers(settings)
    calls = Calls(interviews, voices, transcripts, settings)
    identity = Identity(cookie_secret(settings))
    samples = Samples(settings, voices, analyst)
    return Syntaxia(settings, store, identity, transcripts, analyst, interviews, voices, calls, samples, Intake())


@functools.cache
def wire() -> Syntaxia:
    """The process's one set of parts, made from the environment at first use."""
    return build(Settings())

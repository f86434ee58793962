"""Whole interviews' plans and reports through the official SDKs, over real sockets, with one vendor's key alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stamina

from services.analyst.register import text_model
from services.analyst.rules import OfflineAnalyst
from services.analyst.text import TextAnalyst
from services.core.interview import Interview, Status
from services.core.plan.bank import samples
from services.core.plan.plan import Pace, Plan
from services.core.plan.planning import MADE_BY
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.interviews.interviews import Interviews
from services.settings import Settings
from services.store.store import Store
from services.wiring import analyst_for
from tests.clock import Clock
from tests.conftest import Databases
from tests.said import STRONG
from tests.simulators.text_minds import honest
from tests.simulators.text_models import MODELS, TextModelSimulator
from tests.simulators.text_weather import at, on, until
from tests.stage import OWNER, Stage
from tests.waiting import PATIENCE_S

VENDORS = tuple(MODELS)
LABELS = {"gemini": "Gemini (gemini-3.8-flash)", "openai": "OpenAI (gpt-6.1-terra)", "xai": "xAI (grok-4.6)"}


@pytest.fixture
def db(databases: Databases) -> Iterator[Store]:
    """On SQLite alone: what a model fails at makes no difference between databases."""
    store = Store(databases.sqlite())
    yield store
    store.close()


def spoken(plan: Plan) -> Iterator[Turn]:
    for number, (question, text) in enumerate(zip(plan.questions, STRONG.values(), strict=False)):
        begin = number * 100_000
        yield Turn(f"e{number}", Speaker.EMA, question.text, begin, begin + 5000, question.id)
        yield Turn(f"a{number}", Speaker.CANDIDATE, text, begin + 6000, begin + 60_000, question.id)


def patient(sim: TextModelSimulator) -> TextAnalyst:
    """Waits next to nothing before it asks again, unless the vendor says how long."""
    model = text_model(Settings(**sim.settings))
    assert model is not None
    return TextAnalyst(replace(model, first_wait_s=0.01))


def interview(stage: Stage, sim: TextModelSimulator) -> Interview:
    """From the job description to the report, charged on the way."""
    stage.interviews = Interviews(stage.store, stage.settings, patient(sim), stage.clock.now, stage.transcripts)
    made = stage.interviews.preparation.prepare(
        stage.user, job_description=samples()[1].text, provider="offline", pace=Pace.NORMAL, consent=True
    )
    stage.interviews.lifecycle.begin(made.id, stage.clock.now(), OWNER)
    stage.interviews.lifecycle.charge(made.id, at=stage.clock.advance(120))
    conditions = Conditions(asked_question_ids=tuple(question.id for question in made.plan.questions))
    stage.transcripts.put(made.id, tuple(spoken(made.plan)), conditions)
    stage.interviews.lifecycle.end(made.id, at=stage.clock.advance(600), cause=CloseCause.USER)
    return stage.interviews.analysis.analyze(made.id)


@pytest.mark.parametrize("vendor", VENDORS)
def test_one_key_is_enough_for_plan_and_report(stage: Stage, vendor: str) -> None:
    with TextModelSimulator(vendor) as sim:
        done = interview(stage, sim)

    assert done.report is not None
    assert (done.status, done.plan.made_by, sim.invalid) == (Status.COMPLETE, LABELS[vendor], [])
    assert done.report.made_by.startswith(LABELS[vendor])
    assert [rating.score for rating in done.report.competencies] == [3, 3, 3, 3]
    assert sim.shapes() == ["PlanDraft", *["Verdict"] * 12]
    assert done.report.contract is not None
    assert float(done.report.contract.cost_usd or 0) > 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_readings_reach_the_vendor_side_by_side(stage: Stage, vendor: str) -> None:
    """Each reading is answered only once nine are under way."""
    together = threading.Event()

    def meeting(asked: Any) -> Any:
        if sim.at_once >= 9:
            together.set()
        if asked.shape == "Verdict":
            together.wait(PATIENCE_S)
        return honest(asked)

    with TextModelSimulator(vendor, mind=meeting) as sim:
        interview(stage, sim)

    assert together.is_set()


TROUBLES = ["bad_key", "no_credit", "unknown_model", "down", "long_limit", "no_json", "cut", "safety", "silence"]


@pytest.mark.parametrize("shape", ["PlanDraft", "Verdict"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_failure_at_any_step_is_stated_and_loses_nothing(
    stage: Stage, shape: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble == "silence":
        monkeypatch.setattr("services.analyst.model.REQUEST_S", 0.6)
    with TextModelSimulator("openai", weather=on(shape, trouble)) as sim:
        done = interview(stage, sim)

    assert done.report is not None
    stated = {
        "PlanDraft": (done.plan.made_by == MADE_BY, " ".join(done.plan.notices), "could not write this plan"),
        "Verdict": (done.report.made_by == MADE_BY, " ".join(done.report.conditions), "could not rate these answers"),
    }[shape]
    assert stated[0]
    assert stated[2] in stated[1]
    assert (done.status, done.failure_reason, stage.amounts()) == (Status.COMPLETE, None, [60, -15])
    assert any(rating.score for rating in done.report.competencies) is (shape == "PlanDraft")
    assert any(rating.evidence for rating in done.report.competencies)


@pytest.mark.parametrize("number", range(1, 14))
def test_one_passing_failure_at_any_request_changes_nothing(stage: Stage, number: int) -> None:
    with TextModelSimulator("openai", weather=at(number, "rate_limit")) as sim:
        done = interview(stage, sim)

    assert done.report is not None
    assert done.report.made_by.startswith(LABELS["openai"])
    assert done.plan.made_by == LABELS["openai"]
    assert not [said for said in done.report.conditions if "OpenAI" in said]


@pytest.mark.parametrize("vendor", VENDORS)
def test_wait_the_vendor_asks_for_is_kept(vendor: str) -> None:
    with TextModelSimulator(vendor, weather=until(1, "rate_limit")) as sim:
        waits: list[float] = []
        stamina.instrumentation.set_on_retry_hooks([lambda retried: waits.append(retried.wait_for)])
        try:
            plan = analyst_for(Settings(**sim.settings)).plan(samples()[1].text, lambda _: None)
        finally:
            stamina.instrumentation.set_on_retry_hooks(None)

    assert plan.made_by == LABELS[vendor]
    assert waits
    assert min(waits) >= 0.2


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor_without_text_models_is_asked_once(vendor: str) -> None:
    """A server that knows the voice alone answers 404."""
    with TextModelSimulator(vendor, weather="unknown_model") as sim:
        analyst = analyst_for(Settings(**sim.settings))
        plan = analyst.plan(samples()[1].text, lambda _: None)

    assert (plan.made_by, len(sim.asked)) == (MADE_BY, 1)


def test_only_short_verified_quotes_reach_the_disk(databases: Databases, clock: Clock) -> None:
    store = Store(databases.sqlite())
    with TextModelSimulator("gemini") as sim:
        done = interview(Stage(store, clock), sim)
    store.close()

    assert done.report is not None
    home = Path(store._engine.url.database or "")
    kept = b"".join(path.read_bytes() for path in home.parent.glob(f"{home.name}*")).decode(errors="replace")
    quotes = [item.quote for rating in done.report.competencies for item in rating.evidence]
    assert any(quote in kept for quote in quotes)
    for answer in STRONG.values():
        unquoted = [part for part in answer.split(". ")[-1:] if not any(part[:30] in quote for quote in quotes)]
        assert not [part for part in unquoted if part[:30] in kept]


def test_without_a_key_the_rules_do_it() -> None:
    assert isinstance(analyst_for(Settings()), OfflineAnalyst)
    assert analyst_for(Settings()).label == MADE_BY


def test_with_a_key_the_model_does_it() -> None:
    analyst = analyst_for(Settings(xai_api_key="k"))

    assert isinstance(analyst, TextAnalyst)
    assert analyst.label == LABELS["xai"]

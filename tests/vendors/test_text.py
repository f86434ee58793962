"""Each vendor's official SDK against its simulator: what is sent, what comes back, and every refusal in one word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.analyst.model import TextModel
from services.analyst.register import text_model
from services.analyst.schema import schema_of
from services.core.talk.events import Usage
from services.settings import Settings
from services.vendors.text import Completion, ModelFailed, Prompt, Trouble
from tests.analyst.shapes import Shape
from tests.simulators.text_models import TextModelSimulator

VENDORS = ("gemini", "openai", "xai")
PROMPT = Prompt("Rate.", '<data>\n{"secret": "ledger"}\n</data>', seed=2)


def simulator(vendor: str, weather: str = "") -> TextModelSimulator:
    return TextModelSimulator(vendor, mind=lambda asked: {"level": 3}, weather=weather)


def complete(sim: TextModelSimulator, timeout_s: float = 5.0, **settings: Any) -> Completion:
    model = text_model(Settings(**{**sim.settings, **settings}))
    assert model
    return model.vendor.complete(PROMPT, schema_of(Shape), "Shape", timeout_s)


@pytest.mark.parametrize("vendor", VENDORS)
def test_answer_comes_with_its_usage(vendor: str) -> None:
    with simulator(vendor) as sim:
        reply = complete(sim)

    spent = Usage({"input_tokens": 500, "cached_input_tokens": 400, "output_tokens": 250})
    assert reply == Completion('{"level": 3}', spent)
    assert (sim.invalid, sim.asked[0].system, sim.asked[0].data) == ([], "Rate.", {"secret": "ledger"})


def test_gemini_tells_independent_runs_apart() -> None:
    with simulator("gemini") as sim:
        complete(sim)

    assert sim.asked[0].seed == 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_answer_that_was_stopped_is_marked(vendor: str) -> None:
    with simulator(vendor, "cut") as sim:
        assert complete(sim).cut


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("weather", "trouble", "wait_s"),
    [
        ("permission", Trouble.ACCESS, None),
        ("no_credit", Trouble.CREDIT, None),
        ("unknown_model", Trouble.MODEL, None),
        ("bad_request", Trouble.REQUEST, None),
        ("rate_limit", Trouble.RATE, 0.2),
        ("long_limit", Trouble.RATE, 34),
        ("odd_limit", Trouble.RATE, None),
        ("down", Trouble.VENDOR, None),
        ("safety", Trouble.SAFETY, None),
        ("empty", Trouble.VENDOR, None),
        ("odd", Trouble.VENDOR, None),
        ("odder", Trouble.VENDOR, None),
        ("cut_line", Trouble.NETWORK, None),
    ],
)
def test_every_refusal_has_a_cause(vendor: str, weather: str, trouble: Trouble, wait_s: float | None) -> None:
    with simulator(vendor, weather) as sim, pytest.raises(ModelFailed) as failed:
        complete(sim)

    assert (failed.value.trouble, failed.value.retry_after_s) == (trouble, wait_s)


@pytest.mark.parametrize(
    ("vendor", "weather", "trouble"),
    [
        ("gemini", "blocked", Trouble.SAFETY),
        ("openai", "refusal", Trouble.SAFETY),
        ("xai", "blocked", Trouble.REQUEST),
    ],
)
def test_blocked_prompt_is_named(vendor: str, weather: str, trouble: Trouble) -> None:
    with simulator(vendor, weather) as sim, pytest.raises(ModelFailed) as failed:
        complete(sim)

    assert failed.value.trouble is trouble


@pytest.mark.parametrize("vendor", VENDORS)
def test_wrong_key_is_named_and_never_shown(vendor: str) -> None:
    with simulator(vendor) as sim, pytest.raises(ModelFailed) as failed:
        complete(sim, **dict[str, Any]({f"{vendor}_api_key": "sk-wrong-" + "and-secret"}))

    told = str(failed.getrepr(chain=True, style="short"))
    assert failed.value.trouble is Trouble.KEY
    assert failed.value.__suppress_context__
    assert "wrong-and-secret" not in told + repr(failed.value)


@pytest.mark.parametrize("vendor", VENDORS)
def test_silence_ends_at_the_deadline(vendor: str) -> None:
    with simulator(vendor, "silence") as sim, pytest.raises(ModelFailed) as failed:
        complete(sim, timeout_s=0.3)

    assert failed.value.trouble is Trouble.TIMEOUT


@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_listening_is_a_network_trouble(vendor: str) -> None:
    with simulator(vendor) as sim:
        gone = sim.settings
    model = text_model(Settings(**gone))

    with pytest.raises(ModelFailed) as failed:
        model.vendor.complete(PROMPT, schema_of(Shape), "Shape", 2.0)  # type: ignore[union-attr]

    assert failed.value.trouble is Trouble.NETWORK


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({}, None),
        ({"xai_api_key": "k"}, "xAI (grok-4.6)"),
        ({"xai_api_key": "k", "xai_enabled": "false"}, None),
        ({"xai_api_key": "k", "xai_text_model": "grok-9"}, "xAI (grok-9)"),
        ({"xai_api_key": "k", "openai_api_key": "k"}, "OpenAI (gpt-6.1-terra)"),
        ({"openai_api_key": "k", "openai_text_model": "gpt-9"}, "OpenAI (gpt-9)"),
        ({"xai_api_key": "k", "openai_api_key": "k", "gemini_api_key": "k"}, "Gemini (gemini-3.8-flash)"),
        ({"gemini_api_key": "k", "gemini_text_model": "gemini-9"}, "Gemini (gemini-9)"),
    ],
)
def test_first_key_wins(settings: dict[str, str], label: str | None) -> None:
    model = text_model(Settings.model_validate(settings))

    assert (model and model.label) == label


def test_gemini_without_a_key_is_refused() -> None:
    from services.vendors.gemini.text import GeminiText

    with pytest.raises(ValueError, match="key"):
        GeminiText(Settings())


def test_representation_hides_words_and_keys() -> None:
    model = text_model(Settings(gemini_api_key="sk-secret"))
    shown: Callable[[object], str] = repr

    assert "ledger" not in shown(PROMPT) + shown(Completion("ledger", Usage({})))
    assert isinstance(model, TextModel)
    assert "sk-secret" not in shown(model) + shown(vars(model.vendor))
